"""What is kept of an episode, and what it had been asked for."""

import dataclasses
from dataclasses import dataclass

import numpy as np

from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of, times


@dataclass(frozen=True)
class Segment:
    """A velocity asked for during `seconds`. The heading is held unless the robot is to turn."""

    seconds: float
    forward: float = 0.0  # m/s
    sideways: float = 0.0  # m/s, to the left
    yaw_rate: float = 0.0  # rad/s, counter-clockwise

    @property
    def moves(self) -> bool:
        """Whether anything else than standing is asked for."""
        return (self.forward, self.sideways, self.yaw_rate) != (0.0, 0.0, 0.0)

    def scaled(self, scale: Scale) -> "Segment":
        """The same for a robot of other measures."""
        return dataclasses.replace(
            self,
            seconds=times(self.seconds, scale.time),
            forward=times(self.forward, scale.pace),
            sideways=times(self.sideways, scale.pace),
            yaw_rate=times(self.yaw_rate, scale.rate),
        )


@dataclass(frozen=True)
class Recording:
    """One episode, sampled once a control period; row 0 is the start. J joints, left foot before right."""

    control_dt: float  # s
    qpos: np.ndarray  # [T, 7 + J] base position (world, m), base quaternion wxyz, joint positions (rad)
    heading: np.ndarray  # [T] yaw of the base in the world, rad
    foot_position_w: np.ndarray  # [T, 2, 3] center of the sole's underside, m
    sole_height: np.ndarray  # [T, 2] of the sole's lowest point, m
    foot_contact: np.ndarray  # [T, 2] bool, heel or toe switch closed
    joint_velocity: np.ndarray  # [T, J] rad/s
    joint_torque: np.ndarray  # [T, J] N·m
    joint_target: np.ndarray  # [T, J] rad, as the servos last got it
    fell: bool  # the last row is a fall


@dataclass(frozen=True)
class Assignment:
    """What an episode asked for, and of which robot."""

    robot: Robot
    program: tuple[Segment, ...]
    heading: float  # rad, held unless the robot is to turn
    distance: float  # m along the heading; infinite if the episode only lasts a time
    gait_cycle: float  # s, two steps

    @property
    def scale(self) -> Scale:
        """The robot's measures, as ratios to WildRobot's."""
        return scale_of(self.robot)

    @property
    def turns(self) -> bool:
        """Whether a segment asks for a turn, so that no heading is held."""
        return any(segment.yaw_rate != 0 for segment in self.program)

    @property
    def moves(self) -> bool:
        """Whether a segment asks for anything else than standing."""
        return any(segment.moves for segment in self.program)

    @property
    def straight(self) -> bool:
        """Whether the robot is only asked for steps along its heading, and sometimes to stand."""
        return self.moves and not self.turns and all(segment.sideways == 0 for segment in self.program)

    @property
    def speed(self) -> float | None:
        """The one speed along the heading that is asked for from beginning to end, m/s; None if there is none."""
        return self.program[0].forward if self.straight and len(self.program) == 1 else None
