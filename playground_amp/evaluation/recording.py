"""What is kept of an episode, and what it had been asked for."""

from dataclasses import dataclass

import numpy as np

from playground_amp.evaluation.cells import Leg


@dataclass(frozen=True)
class Recording:
    """One episode, sampled once a control period; row 0 is the start. Left foot before right."""

    control_dt: float  # s
    qpos: np.ndarray  # [T, 18] base position (world, m), base quaternion wxyz, joint positions (rad)
    heading: np.ndarray  # [T] yaw of the base in the world, rad
    foot_position_w: np.ndarray  # [T, 2, 3] centre of the sole's underside, m
    sole_height: np.ndarray  # [T, 2] of the sole's lowest point, m
    foot_contact: np.ndarray  # [T, 2] bool, heel or toe switch closed
    joint_velocity: np.ndarray  # [T, 11] rad/s
    joint_torque: np.ndarray  # [T, 11] N·m
    joint_target: np.ndarray  # [T, 11] rad, as the servos last got it
    fell: bool  # the last row is a fall


@dataclass(frozen=True)
class Task:
    """What an episode asked for, and of which robot."""

    program: tuple[Leg, ...]
    heading: float  # rad, held unless the robot is to turn
    distance: float  # m along the heading; infinite if the episode only lasts a time
    gait_cycle: float  # s, two steps
    torque_limit: np.ndarray  # [11] N·m
    weight: float  # N

    @property
    def turns(self) -> bool:
        """Whether a leg asks for a turn, so that no heading is held."""
        return any(leg.yaw_rate != 0 for leg in self.program)

    @property
    def moves(self) -> bool:
        """Whether a leg asks for anything else than standing."""
        return any(leg.moves for leg in self.program)

    @property
    def straight(self) -> bool:
        """Whether the robot is only asked for steps along its heading, and sometimes to stand."""
        return self.moves and not self.turns and all(leg.sideways == 0 for leg in self.program)

    @property
    def speed(self) -> float | None:
        """The one speed along the heading that is asked for from beginning to end, m/s; None if there is none."""
        return self.program[0].forward if self.straight and len(self.program) == 1 else None
