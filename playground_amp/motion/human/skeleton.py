"""A skeleton in motion, as a file of motion capture gives it: any joints, any units, any axes."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True, eq=False)
class SkeletonMotion:
    """Where every joint was. Parents come before their children; the first joint is the root."""

    joints: tuple[str, ...]
    parents: tuple[int, ...]  # index of each joint's parent; -1: the root
    time: np.ndarray  # [T] s, increasing
    position: np.ndarray  # [T, J, 3] of the joints, in the file's unit and axes
    rotation: np.ndarray  # [T, J, 3, 3] of the joints against the file's axes
    loops: bool  # the last frame is the first one, moved on
    unit: float | None  # m a unit of length; None: the format does not say
    source: str  # format


def place_joints(
    parents: Sequence[int], offset: np.ndarray, local: np.ndarray, root: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Forward kinematics of a skeleton.

    Args:
      parents: index of each joint's parent; -1: the root.
      offset: [T or 1, J, 3] of each joint from its parent, in the parent's frame.
      local: [T, J, 3, 3] rotation of each joint against its parent.
      root: [T, 3] position of the root.

    Returns:
      positions [T, J, 3] and rotations [T, J, 3, 3] in the world.
    """
    position, rotation = np.zeros((len(local), len(parents), 3)), np.zeros(local.shape)
    offset = np.broadcast_to(offset, position.shape)
    for joint, parent in enumerate(parents):
        if parent < 0:
            position[:, joint], rotation[:, joint] = root, local[:, joint]
        else:
            rotation[:, joint] = rotation[:, parent] @ local[:, joint]
            arm = np.einsum("tij,tj->ti", rotation[:, parent], offset[:, joint])
            position[:, joint] = position[:, parent] + arm
    return position, rotation
