"""Transitions that hold difference quotients of positions instead of velocities, to recognize them by."""

import numpy as np

from playground_amp import rotations
from playground_amp.amp.features import frame_names
from playground_amp.motion.quotients import state_quotients
from playground_amp.robot.record import Robot


def velocity_quotients(robot: Robot, qpos: np.ndarray, qvel: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """kind: [T - 1, 2 F] transitions that hold only such velocities, NaN elsewhere; `qvel` [T, 6 + J] for its size."""
    found = {}
    attitude = qpos[:, 3:7]
    heading = rotations.heading_of(attitude)
    for kind, velocity in state_quotients(qpos, rate)._asdict().items():
        frames = np.full((len(qvel), len(frame_names(robot))), np.nan)
        frames[:, _columns(robot, "joint_velocity")] = velocity[:, 6:]
        frames[:, _columns(robot, "linear_velocity_h")] = rotations.to_heading_frame(velocity[:, :3], heading)
        spin_w = rotations.rotate(velocity[:, 3:6], attitude)
        frames[:, _columns(robot, "angular_velocity_h")] = rotations.to_heading_frame(spin_w, heading)
        found[kind] = np.hstack([frames[:-1], frames[1:]])
    return found


def _columns(robot: Robot, part: str) -> list[int]:
    return [index for index, name in enumerate(frame_names(robot)) if name.startswith(f"{part}/")]
