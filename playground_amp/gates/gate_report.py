"""What a gate found, for programs: records of everything that is needed to repeat and to compare the run."""

import dataclasses
import hashlib
import math
import os
from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

import numpy as np

from playground_amp.gates.cells import CellPhysics, Handicap, Sensors
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.judgement import CellResult, CriterionResult, Survival
from playground_amp.gates.overheating import Overheating, overheating
from playground_amp.robot.record import Robot
from playground_amp.rollouts.criteria import Criterion
from playground_amp.rollouts.effort import JointTorques
from playground_amp.rollouts.figures import EpisodeFigures
from playground_amp.rollouts.recording import Segment

_SCALARS = tuple(field.name for field in dataclasses.fields(EpisodeFigures) if field.name != "joints")
_LIBRARIES = ("jax", "mujoco", "mujoco-mjx")

Figures = dict[str, float | None]  # fields of EpisodeFigures; None: not asked for, or not measured


@dataclass(frozen=True)
class FileIdentity:
    """The file that was judged."""

    path: str
    sha256: str


@dataclass(frozen=True)
class RobotIdentity:
    """The robot that was judged, and in whose numbers the gate is."""

    name: str
    sha256: str


@dataclass(frozen=True)
class LimitEntry:
    """A criterion; fields as in `Criterion`."""

    figure: str
    bound: Literal["at least", "at most"]
    limit: float
    unit: str
    meaning: str
    source: str
    over: Literal["each episode", "mean"]
    required_share: float


@dataclass(frozen=True)
class CheckEntry:
    """What came of a criterion in a cell; fields as in `CriterionResult`."""

    figure: str
    worst: float | None
    mean: float | None
    failed_episodes: tuple[int, ...]
    passed: bool


@dataclass(frozen=True)
class JointEntry:
    """Of a joint, means over all episodes; fields as in `JointTorques`."""

    rms: float
    p99: float
    saturation: float
    square: float


@dataclass(frozen=True)
class CellEntry:
    """What a cell asked for, and what came of it."""

    name: str
    speed_m_s: float
    program: tuple[Segment, ...]
    distance_m: float | None
    time_limit_s: float
    push_N: float
    scene: str
    handicap: Handicap
    physics: CellPhysics
    gait_cycle_s: float
    passed: bool
    survival: Survival
    checks: list[CheckEntry]
    limits: list[LimitEntry]
    means: Figures
    heat: Overheating
    joints: dict[str, JointEntry]
    episodes: list[Figures]


@dataclass(frozen=True)
class GateReport:
    """A run of a gate; quantities are in SI units of the robot that was judged."""

    gate: str
    passed: bool
    full_gate: bool
    reduced: list[str]
    checkpoint: FileIdentity
    robot: RobotIdentity
    control_dt_s: float
    randomized: bool
    sensors: Sensors
    seed: int
    wall_clock_s: float
    libraries: dict[str, str]
    checks: list[LimitEntry]
    cells: list[CellEntry]

    def named_from(self, folder: Path) -> "GateReport":
        """The same for a file in that folder: where the policy lies in it too, by its name there, as both may move."""
        path, top = (os.path.realpath(each) for each in (self.checkpoint.path, folder))
        if os.path.commonpath([path, top]) != top:
            return self
        named = dataclasses.replace(self.checkpoint, path=os.path.relpath(path, top))
        return dataclasses.replace(self, checkpoint=named)

    def as_json(self) -> dict[str, object]:
        """Plain values without NaN. Of a cell whose robots bear nothing besides, nothing is said of it."""
        plain = dataclasses.asdict(self)
        for cell, entry in zip(self.cells, plain["cells"], strict=True):
            if cell.handicap == Handicap():
                del entry["handicap"]
        return plain


def report_of(run: GateRun, judged: Path, seconds: float) -> GateReport:
    """The report of a run that took so many seconds of wall clock; `judged`: the file with the policy."""
    return GateReport(
        gate=run.gate.name,
        passed=run.passed,
        full_gate=run.gate == run.full_gate,
        reduced=run.reductions,
        checkpoint=FileIdentity(str(judged), hashlib.sha256(judged.read_bytes()).hexdigest()),
        robot=RobotIdentity(run.robot.name, run.robot.sha256),
        control_dt_s=run.config.env.control_dt,
        randomized=run.gate.randomized,
        sensors=run.sensors,
        seed=run.gate.seed,
        wall_clock_s=seconds,
        libraries={library: version(library) for library in _LIBRARIES},
        checks=[_limit_entry(criterion) for criterion in run.gate.criteria],
        cells=[_cell_entry(cell, run.robot) for cell in run.cells],
    )


def _cell_entry(result: CellResult, robot: Robot) -> CellEntry:
    cell = result.cell
    return CellEntry(
        name=cell.name,
        speed_m_s=cell.speed,
        program=cell.program,
        distance_m=cell.distance if math.isfinite(cell.distance) else None,
        time_limit_s=cell.time_limit,
        push_N=cell.push,
        scene=cell.scene,
        handicap=cell.handicap,
        physics=cell.physics,
        gait_cycle_s=result.gait_cycle,
        passed=result.passed,
        survival=result.survival,
        checks=[_check_entry(each) for each in result.results],
        limits=[_limit_entry(criterion) for criterion in cell.criteria],
        means={name: result.mean(name) for name in _SCALARS},
        heat=overheating(result, robot),
        joints=_joint_entries(result, robot.joint_names),
        episodes=[{name: getattr(figures, name) for name in _SCALARS} for figures in result.episodes],
    )


def _limit_entry(criterion: Criterion) -> LimitEntry:
    return LimitEntry(**{field.name: getattr(criterion, field.name) for field in dataclasses.fields(LimitEntry)})


def _check_entry(result: CriterionResult) -> CheckEntry:
    return CheckEntry(result.criterion.figure, result.worst, result.mean, result.failed_episodes, result.passed)


def _joint_entries(cell: CellResult, joint_names: Sequence[str]) -> dict[str, JointEntry]:
    columns = {
        field.name: np.mean([getattr(figures.joints, field.name) for figures in cell.episodes], axis=0)
        for field in dataclasses.fields(JointTorques)
    }
    return {
        joint: JointEntry(**{name: float(values[index]) for name, values in columns.items()})
        for index, joint in enumerate(joint_names)
    }
