"""What a gate wrote about a policy (`evaluate.py --json`), read back for the report."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, Field


class _Part(BaseModel):
    """A part of the file; fields that the report does not show are passed over."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class Limit(_Part):
    """What a figure is held against."""

    figure: str
    bound: str  # "at least" or "at most"
    limit: float
    unit: str = ""
    meaning: str = ""


class JudgedCheck(_Part):
    """One figure over the episodes of a cell."""

    figure: str
    limit: float | None = None  # where the cell has its own
    worst: float | None
    mean: float | None
    passed: bool
    failed_episodes: list[int] = []


class JudgedCell(_Part):
    """One thing the robot was asked to do."""

    name: str
    passed: bool
    checks: list[JudgedCheck]
    episodes: list[dict] = []

    @property
    def failed(self) -> str:
        """The checks that did not pass, in words."""
        return ", ".join(check.figure.replace("_", " ") for check in self.checks if not check.passed)


class JudgedCheckpoint(_Part):
    """Which file was judged."""

    path: str
    sha256: str


class JudgedGate(_Part):
    """A gate's verdict on a policy."""

    gate: str
    passed: bool
    reduced: list[str] = []
    checkpoint: JudgedCheckpoint
    limits: list[Limit] = Field(alias="checks", default=[])
    cells: list[JudgedCell]

    def limit_of(self, check: JudgedCheck) -> Limit | None:
        """The limit of a check: the gate's, with the cell's own number where it has one."""
        limit = next((limit for limit in self.limits if limit.figure == check.figure), None)
        if limit is None or check.limit is None:
            return limit
        return limit.model_copy(update={"limit": check.limit})

    def same_subject(self, other: "JudgedGate") -> bool:
        """Whether the same gate judged the same policy."""
        return (self.gate, self.checkpoint.sha256) == (other.gate, other.checkpoint.sha256)


def latest_of_each_gate(gates: Sequence[JudgedGate]) -> list[JudgedGate]:
    """Without those that a later one judged anew, in the order in which they came."""
    return [gate for index, gate in enumerate(gates) if not any(map(gate.same_subject, gates[index + 1 :]))]
