"""What a gate wrote about a policy (`evaluate.py --json`), read back for the report."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict

from playground_amp.gates.cells import Sensors
from playground_amp.gates.judged_bus import IN_WORDS


class _JudgedPart(BaseModel):
    """A part of the file; fields that the report does not show are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class JudgedLimit(_JudgedPart):
    """What a figure was held against in a cell."""

    figure: str
    bound: str  # "at least" or "at most"
    limit: float
    unit: str
    meaning: str
    over: str  # "each episode" or "mean"
    required_share: float  # of the cell's episodes

    @property
    def sign(self) -> str:
        """≥ or ≤."""
        return "≥" if self.bound == "at least" else "≤"

    @property
    def held_by(self) -> str:
        """Which episodes had to stay within the limit, in words; empty where all had to."""
        if self.over == "mean":
            return "mean of the episodes without a fall"
        return "" if self.required_share == 1 else f"in {100 * self.required_share:g} % of the episodes"


class JudgedCheck(_JudgedPart):
    """One figure over the episodes of a cell."""

    figure: str
    worst: float | None
    mean: float | None
    passed: bool
    failed_episodes: list[int]

    @property
    def words(self) -> str:
        """The figure's name for people."""
        return self.figure.replace("_", " ")


class JudgedEpisode(_JudgedPart):
    """One episode of a cell."""

    survived: float  # 1: no fall, 0: fell


class JudgedHeat(_JudgedPart):
    """The servo that is too hot first, if it went on so."""

    joint: str
    minutes: float | None  # None: never
    ends_at: float | None  # °C; None: without end
    limit: float  # °C


class JudgedCell(_JudgedPart):
    """One thing the robot was asked to do."""

    name: str
    passed: bool
    checks: list[JudgedCheck]
    limits: list[JudgedLimit]
    episodes: list[JudgedEpisode]
    heat: JudgedHeat | None = None  # None, while results did not tell

    @property
    def failed(self) -> str:
        """The checks that did not pass, in words."""
        return ", ".join(check.words for check in self.checks if not check.passed)

    def limit_of(self, check: JudgedCheck) -> JudgedLimit | None:
        """What a check of this cell was held against; another cell may hold the same figure against another limit."""
        return next((limit for limit in self.limits if limit.figure == check.figure), None)


class JudgedCheckpoint(_JudgedPart):
    """Which file was judged."""

    path: str
    sha256: str


class JudgedGate(_JudgedPart):
    """A gate's verdict on a policy."""

    gate: str
    passed: bool
    reduced: list[str]
    sensors: Sensors = "ideal"  # as all were, while results did not say so
    checkpoint: JudgedCheckpoint
    cells: list[JudgedCell]

    @property
    def where(self) -> str:
        """By which sensors, in words."""
        return IN_WORDS[self.sensors]

    def same_subject(self, other: "JudgedGate") -> bool:
        """Whether the same gate judged the same policy by the same sensors."""
        subjects = [(each.gate, each.sensors, each.checkpoint.sha256) for each in (self, other)]
        return subjects[0] == subjects[1]


def latest_of_each_gate(gates: Sequence[JudgedGate]) -> list[JudgedGate]:
    """Without those that a later one judged anew, in the order in which they came."""
    return [gate for index, gate in enumerate(gates) if not any(map(gate.same_subject, gates[index + 1 :]))]
