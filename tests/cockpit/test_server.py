"""The web server of the page."""

from playground_amp.cockpit.server import page_address


def test_the_address_of_the_page_can_be_typed_into_a_browser() -> None:
    assert page_address("127.0.0.1", 8080) == "http://127.0.0.1:8080"
    assert page_address("::1", 8099) == "http://[::1]:8099"
