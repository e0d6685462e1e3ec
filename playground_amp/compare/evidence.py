"""What causes are judged by, and what a judgement is."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground_amp.compare.posture import Posture
from playground_amp.compare.search import Search
from playground_amp.compare.signals import Signals
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.log_format import Json


class Evidence(NamedTuple):
    """All that the causes are judged by."""

    names: tuple[str, ...]  # of the joints
    boards: tuple[str, ...]
    hardware: HardwareFile
    control_dt: float  # s
    signals: Signals
    search: Search | None  # None: too little was logged
    posture: Posture | None  # of the checks
    events: tuple[dict[str, Json], ...]

    def told(self, *names: str) -> str:
        """What run.py said for one of these checks that failed, or when it stopped for one of these reasons; or ''."""
        for event in self.events:
            failed = event["name"] == "check" and not event.get("passed", True) and event.get("check") in names
            if failed or (event["name"] == "stop" and event.get("reason") in names):
                return str(event.get("text", ""))
        return ""

    def on_board(self, board: str) -> np.ndarray:
        """[J] bool."""
        return np.array([self.hardware.servos[name].board == board for name in self.names])


class Verdict(NamedTuple):
    """What one cause has for it."""

    share: float  # of the threshold; named from 1 on
    where: str  # the joint, joints or line; empty: nowhere in particular
    found: str  # the evidence, one sentence
    others: tuple[str, ...] = ()  # what explains it about as well


class Cause(NamedTuple):
    """A row of the table."""

    name: str
    words: str
    remedy: str
    judge: Callable[[Evidence], Verdict]
