"""What a check of the doctor says."""

from collections.abc import Iterable, Sequence
from typing import NamedTuple

_NAMED = 3


class Check(NamedTuple):
    """One thing looked at. It passes if it found nothing wrong."""

    area: str
    title: str
    wanted: str
    measured: str
    findings: tuple[str, ...] = ()  # a line each: what is wrong, what it means, how to mend it

    @property
    def passed(self) -> bool:
        return not self.findings


def listed(names: Iterable[str]) -> str:
    """The first few of some names, and how many more there are."""
    names = list(names)
    rest = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {rest} more" if rest > 0 else "")


def findings_of(checks: Sequence[Check]) -> list[str]:
    """All findings, those that several checks share once."""
    return list(dict.fromkeys(finding for check in checks for finding in check.findings))
