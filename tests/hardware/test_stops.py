"""Every reason to stop has an exit status of its own, and the page has them all."""

import re

from paths import ROOT

from playground_amp.hardware.stops import Reason, status_table


def test_every_reason_has_an_exit_status_of_its_own() -> None:
    statuses = [reason.status for reason in Reason if reason.status]
    assert len(set(statuses)) == len(statuses)
    assert not {2, 130} & set(statuses)
    assert all(f"{reason.status:>4}  {reason.word}:" in status_table() for reason in Reason if reason.status > 1)


def test_the_page_lists_them() -> None:
    rows = re.findall(r"^\| (\d+) \| ((?:`\w+`(?:, )?)+) \|", (ROOT / "docs/deployment.md").read_text(), re.MULTILINE)
    listed = {word: int(status) for status, words in rows for word in re.findall(r"`(\w+)`", words)}
    assert listed == {reason.word: reason.status for reason in Reason}
