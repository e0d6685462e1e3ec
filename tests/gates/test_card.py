"""Policy cards: what chance explains is reproduced, what it does not is named; a card that is none is refused."""

from pathlib import Path

import pytest

from playground_amp.errors import UserError
from playground_amp.gates.card import (
    CellClaim,
    CheckClaim,
    FigureClaim,
    PolicyCard,
    card_bytes,
    card_page,
    read_card,
    shortfalls,
)


def card(survivors: int = 20, late: int = 0, power: float = 9.0, cell: str = "walk 0.5 m/s") -> PolicyCard:
    """Of 20 episodes, in some of which the robot fell or came too late."""
    checks = {"speed_error": CheckClaim(bound="at most", limit=0.1, failed=late)}
    figures = {"speed_error": FigureClaim(mean=0.03, error=0.002), "power": FigureClaim(mean=power, error=0.05)}
    return PolicyCard(
        format=1,
        policy_sha256="ab" * 32,
        robot="wildrobot",
        robot_sha256="cd" * 32,
        code="e" * 40,
        command="wildrobot verify bundle --seed 3",
        gate="walk",
        passed=survivors == 20 and late == 0,
        reduced=[],
        seed=3,
        commands=[(-0.25, 0.88), (-0.2, 0.2), (-0.8, 0.8)],
        cells=[CellClaim(name=cell, episodes=20, survivors=survivors, checks=checks, figures=figures)],
    )


def test_a_card_comes_back_and_can_be_read_by_people(tmp_path: Path) -> None:
    (tmp_path / "card.json").write_bytes(card_bytes(card()))
    assert read_card(tmp_path / "card.json") == card()
    page = card_page(card(survivors=19))
    assert "**failed** on seed 3" in page
    assert "| walk 0.5 m/s | 20 | 95% (76% to 99%) | power 9 W |" in page  # Wilson's interval of 19 of 20


@pytest.mark.parametrize(
    ("claimed", "found", "words"),
    [
        (card(), card(), None),
        (card(), card(survivors=19, late=1), None),  # 19 of 20 happen where the truth is 98 %
        (card(), card(power=9.2), None),
        (card(survivors=15), card(), None),  # better than it says
        (card(), card(survivors=12), "walk 0.5 m/s: 60% of the episodes without a fall, not 100%"),
        (card(), card(late=9), "speed_error within its limit in 55% of the episodes, not 100%"),
        (card(power=4.0), card(), "walk 0.5 m/s: power 9, not 4"),  # an altered card
        (card(cell="fly 9 m/s"), card(), "the card tells of gate walk with other cells than were judged"),
        (card(power=4.0), card().model_copy(update={"reduced": ["1 m of 50 m"]}), None),  # half of it is the start
        (card().model_copy(update={"cells": []}), card(), None),
        (card().model_copy(update={"cells": []}), card(late=1), "the card does not tell of walk 0.5 m/s"),
        (card(late=2).model_copy(update={"passed": True}), card(late=2), "its own figures do not"),
        (card().model_copy(update={"commands": [(-1, 9)] * 3}), card(), "other commands than the policy was trained"),
    ],
)
def test_what_chance_explains_is_reproduced(claimed: PolicyCard, found: PolicyCard, words: str | None) -> None:
    said = list(shortfalls(claimed, found))
    assert said == [] if words is None else words in said[0]


def test_what_is_no_card_is_named(tmp_path: Path) -> None:
    path = tmp_path / "card.json"
    for content, words in (
        (b"", "the file: invalid json"),
        (b"[" * 10**5, "the file: invalid json"),
        (b"x" * (2 << 20), "no card: it holds 2,097,152 bytes"),
        (card_bytes(card()).replace(b"0.03", b"NaN"), "finite number"),
        (card_bytes(card()).replace(b'"episodes": 20', b'"episodes": -1'), "episodes"),
        (card_bytes(card()).replace(b'"format": 1', b'"format": 7'), "format 7; this version reads 1"),
    ):
        path.write_bytes(content)
        with pytest.raises(UserError) as error:
            read_card(path)
        assert words in str(error.value)


def test_a_card_tells_its_sensors_and_none_is_held_against_others(tmp_path: Path) -> None:
    on_the_bus = card().model_copy(update={"sensors": "bus"})
    assert "Gate `walk` on the robot's bus: **passed**" in card_page(on_the_bus)
    assert list(shortfalls(card(), on_the_bus)) == [
        "the card tells of a judgement with ideal sensors, this one is on the robot's bus"
    ]
    (tmp_path / "old.json").write_bytes(card_bytes(card()).replace(b' "sensors": "ideal",\n', b""))
    assert read_card(tmp_path / "old.json") == card()  # as all were, while cards did not say so
