"""Transitions that hold difference quotients of positions instead of velocities, to recognize them by."""

import numpy as np

from playground_amp import rotations
from playground_amp.amp.features import FRAME_NAMES, FRAME_SIZE
from playground_amp.motion.quotients import state_quotients


def velocity_quotients(qpos: np.ndarray, qvel: np.ndarray, rate: float) -> dict[str, np.ndarray]:
    """kind: [T - 1, 74] transitions that hold only such velocities, NaN elsewhere; `qvel` [T, 17] gives the shape."""
    found = {}
    attitude = qpos[:, 3:7]
    heading = rotations.heading_of(attitude)
    for kind, velocity in state_quotients(qpos, rate)._asdict().items():
        frames = np.full((len(qvel), FRAME_SIZE), np.nan)
        frames[:, _columns("joint_velocity")] = velocity[:, 6:]
        frames[:, _columns("linear_velocity_h")] = rotations.to_heading_frame(velocity[:, :3], heading)
        spin_w = rotations.rotate(velocity[:, 3:6], attitude)
        frames[:, _columns("angular_velocity_h")] = rotations.to_heading_frame(spin_w, heading)
        found[kind] = np.hstack([frames[:-1], frames[1:]])
    return found


def _columns(part: str) -> list[int]:
    return [index for index, name in enumerate(FRAME_NAMES) if name.startswith(f"{part}/")]
