"""What a gate is made of: cells (what the robot is asked to do and what it must show), and how they are run."""

import dataclasses
import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

from playground_amp.configs.keys import nearest
from playground_amp.errors import UserError
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of, times
from playground_amp.rollouts.criteria import Criterion
from playground_amp.rollouts.recording import Segment

# How joints are read and ordered: over the robot's own bus; all at once and exactly; over a worse bus (judged_bus.py).
Sensors = Literal["bus", "ideal", "bench"]


@dataclass(frozen=True)
class Shove:
    """One horizontal push an episode on the base, from one of eight directions, drawn like its moment."""

    force: float  # N
    earliest: float = 4.0  # s
    latest: float = 6.0  # s; the window is longer than a gait cycle, so that every phase is met

    def scaled(self, scale: Scale) -> "Shove":
        """The same for a robot of other measures."""
        return Shove(times(self.force, scale.force), times(self.earliest, scale.time), times(self.latest, scale.time))


@dataclass(frozen=True)
class Handicap:
    """What every robot of a cell has to bear, whatever else it differs in; of nothing, nothing."""

    payload: float = 0.0  # kg on the heaviest link
    weak_leg: float = 0.0  # share of gains and torque that the motors of one leg, drawn, have lost

    def scaled(self, scale: Scale) -> "Handicap":
        """The same for a robot of other measures."""
        return dataclasses.replace(self, payload=times(self.payload, scale.mass))


@dataclass(frozen=True)
class CellPhysics:
    """How a cell is simulated."""

    engine: str = "native"  # one that judges
    timestep: float = 0.002  # s
    solver_iterations: int = 50  # converged: training gets by with a few
    cone: Literal["pyramidal", "elliptic"] = "pyramidal"  # of friction


@dataclass(frozen=True)
class Cell:
    """One thing the robot is asked to do, `episodes` times from rest: a program of segments."""

    label: str  # of the name, which tells `speed` or `push`, where it does, in this robot's numbers
    program: tuple[Segment, ...]
    episodes: int
    criteria: tuple[Criterion, ...]
    distance: float = math.inf  # m along the heading, where an episode ends before its time is over
    shove: Shove | None = None
    scene: str = "flat"
    handicap: Handicap = field(default_factory=Handicap)
    physics: CellPhysics = field(default_factory=CellPhysics)
    first_seed: int = 0  # of its episodes, which have one each

    @property
    def name(self) -> str:
        """Unique in its gate."""
        return self.label.format(speed=self.speed, push=self.push)

    @property
    def push(self) -> float:
        """Force of the shove, N; 0 without one."""
        return self.shove.force if self.shove else 0.0

    @property
    def time_limit(self) -> float:
        """Seconds after which an episode ends."""
        return sum(segment.seconds for segment in self.program)

    @property
    def speed(self) -> float:
        """Forward speed that the first segment asks for, m/s."""
        return self.program[0].forward

    def scaled_for(self, robot: Robot) -> "Cell":
        """The same cell for a robot of other measures."""
        scale = scale_of(robot)
        program = tuple(segment.scaled(scale) for segment in self.program)
        if math.isfinite(self.distance) and scale.pace != scale.speed:  # as far, at another speed
            slower = scale.speed / scale.pace
            program = tuple(dataclasses.replace(segment, seconds=segment.seconds * slower) for segment in program)
        return dataclasses.replace(
            self,
            program=program,
            criteria=tuple(criterion.scaled_for(robot) for criterion in self.criteria),
            distance=times(self.distance, scale.length),
            shove=self.shove and self.shove.scaled(scale),
            handicap=self.handicap.scaled(scale),
        )

    def over(self, distance: float) -> "Cell":
        """The same cell over another distance, in proportionate time."""
        share = distance / self.distance
        program = tuple(dataclasses.replace(segment, seconds=segment.seconds * share) for segment in self.program)
        return dataclasses.replace(self, program=program, distance=distance)


@dataclass(frozen=True)
class Gate:
    """Cells and how they are run, fixed so that figures can be compared."""

    name: str
    cells: tuple[Cell, ...]
    ranked_by: str | None = None  # figure, less is better, that ranks policies with as many failures; None: no ranks
    columns: tuple[str, ...] = ()  # figures shown of every cell; none: every criterion has a line of its own
    randomized: bool = False  # every episode has a robot and a floor of its own
    seed: int = 0
    heading: float = 0.0  # rad, world; held by command
    fall_height: float = 0.25  # m, of the base; WildRobot stands at 0.46
    fall_tilt: float = 0.785  # rad
    push_duration: float = 0.2  # s
    sensors: Sensors = "bus"  # of a robot that has one

    @property
    def criteria(self) -> tuple[Criterion, ...]:
        """The criteria of all cells, each once."""
        return tuple(dict.fromkeys(criterion for cell in self.cells for criterion in cell.criteria))

    def scaled_for(self, robot: Robot) -> "Gate":
        """The same gate for a robot of other measures: what is asked, pushed, called a fall and allowed.

        Raises UserError for a gate on a worse bus than the robot's, if the robot says nothing of its bus.
        """
        scale = scale_of(robot)
        if robot.hardware is None and self.sensors == "bench":
            raise UserError(
                f"gate {self.name} judges on a worse bus than the robot's own, and robot {robot.name} has none: "
                "describe its boards and servos under hardware: in its robot.yaml"
            )
        return dataclasses.replace(
            self,
            cells=tuple(cell.scaled_for(robot) for cell in self.cells),
            fall_height=times(self.fall_height, scale.height),
            push_duration=times(self.push_duration, scale.time),
            sensors="ideal" if robot.hardware is None else self.sensors,
        )

    def with_ideal_sensors(self) -> "Gate":
        """The same gate with all joints read and ordered at once and exactly. Raises UserError for one about a bus."""
        if self.sensors == "bench":
            raise UserError(f"gate {self.name} is about a bus: it does not go with --ideal-sensors")
        return dataclasses.replace(self, sensors="ideal")

    def reduced(
        self,
        distance: float | None = None,
        episodes: int | None = None,
        cells: Sequence[str] | None = None,
        engine: str | None = None,
    ) -> "Gate":
        """The same gate over fewer meters, episodes or cells, or in another engine, for tests and quick looks.

        Raises:
          UserError: a cell that the gate does not have, or a distance for a gate without distances.
        """
        chosen = self.cells if cells is None else tuple(self.cell(name) for name in dict.fromkeys(cells))
        if distance is not None and all(math.isinf(cell.distance) for cell in chosen):
            raise UserError(f"--distance: the cells of gate {self.name} last a time, not a distance")
        return dataclasses.replace(self, cells=tuple(_reduced(cell, distance, episodes, engine) for cell in chosen))

    def cell(self, name: str) -> Cell:
        """The cell of that name. Raises UserError, naming the nearest one, if there is none."""
        by_name = {cell.name: cell for cell in self.cells}
        if name not in by_name:
            near = nearest(name, by_name)
            hint = f"; did you mean '{near}'?" if near else ""
            raise UserError(f"gate {self.name} has no cell '{name}'; its cells are: {', '.join(by_name)}{hint}")
        return by_name[name]


def seeded(cells: Sequence[Cell]) -> tuple[Cell, ...]:
    """The cells with seeds of their own, so that a cell's episodes are the same with and without the others."""
    first, numbered = 0, []
    for cell in cells:
        numbered.append(dataclasses.replace(cell, first_seed=first))
        first += cell.episodes
    return tuple(numbered)


def _reduced(cell: Cell, distance: float | None, episodes: int | None, engine: str | None) -> Cell:
    if distance is not None and math.isfinite(cell.distance):
        cell = cell.over(distance)
    if episodes is not None:
        cell = dataclasses.replace(cell, episodes=episodes)
    if engine is not None:
        cell = dataclasses.replace(cell, physics=dataclasses.replace(cell.physics, engine=engine))
    return cell
