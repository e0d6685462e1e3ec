"""What came of a gate."""

import dataclasses
import math
from collections.abc import Iterable
from dataclasses import dataclass

from playground_amp.configs.schema import Config
from playground_amp.gates.cells import Gate, Sensors
from playground_amp.gates.gates import GATES
from playground_amp.gates.judged_bus import IN_WORDS, sensors_of
from playground_amp.gates.judgement import CellResult
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.recording import Recording


@dataclass(frozen=True)
class GateRun:
    """The judgement, and the recordings of each cell's episodes."""

    gate: Gate  # in the robot's numbers
    config: Config  # of the policy
    cells: tuple[CellResult, ...]
    recordings: tuple[tuple[Recording, ...], ...]

    @property
    def passed(self) -> bool:
        """Whether every cell passed."""
        return all(cell.passed for cell in self.cells)

    @property
    def robot(self) -> Robot:
        """Whose policy was judged."""
        return load_robot(self.config.robot, "flat")

    @property
    def sensors(self) -> Sensors:
        """What the policy got to know the joints by."""
        return sensors_of(self.gate, self.config)

    @property
    def full_gate(self) -> Gate:
        """The gate of that name in the robot's numbers, with nothing left out, on the same seed."""
        return dataclasses.replace(GATES[self.gate.name].scaled_for(self.robot), seed=self.gate.seed)

    @property
    def reductions(self) -> list[str]:
        """In words, what of the full gate was left out or changed; empty for the full gate."""
        full = self.full_gate
        usual = sensors_of(full, self.config)
        other = [] if usual == self.sensors else [f"{IN_WORDS[self.sensors]} instead of {IN_WORDS[usual]}"]
        return reductions(self.gate, full) + other


def reductions(gate: Gate, full: Gate) -> list[str]:
    """In words, what of a full gate was left out or changed; empty for an equal one."""
    changes = []
    if missing := len(full.cells) - len(gate.cells):
        changes.append(f"{len(gate.cells)} of {len(full.cells)} cells" if missing > 0 else "other cells")
    for name, unit in (("distance", "m"), ("episodes", "episodes")):
        now, then = (sorted(_finite(getattr(cell, name) for cell in each.cells)) for each in (gate, full))
        if not set(now) <= set(then):
            changes.append(f"{_join(now)} {unit} of {_join(then)} {unit}")
    engines = {cell.name: cell.physics.engine for cell in full.cells}
    changed = dict.fromkeys(
        f"engine {cell.physics.engine} instead of {engines[cell.name]}"
        for cell in gate.cells
        if cell.physics.engine != engines[cell.name]
    )
    return [*changes, *changed]


def _finite(values: Iterable[float]) -> set[float]:
    return {value for value in values if math.isfinite(value)}


def _join(values: Iterable[float]) -> str:
    return " and ".join(f"{value:g}" for value in values)
