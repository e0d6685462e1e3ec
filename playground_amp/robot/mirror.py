"""Left-right mirror images of arrays, as signed permutations: image[i] = sign[i] * array[index[i]].

The robot is its own mirror image in the x-z plane, so what holds for a motion holds for its image.
"""

from typing import NamedTuple

import numpy as np

from playground_amp.robot.record import Robot


class Mirror(NamedTuple):
    """A mirror of arrays of one length. Applied twice it changes nothing."""

    index: np.ndarray  # [n] int
    sign: np.ndarray  # [n] +1 or -1

    @property
    def size(self) -> int:
        return len(self.index)


def signs(*sign: float) -> Mirror:
    """Numbers that stay in their places: +1 unchanged, -1 turned round."""
    return Mirror(np.arange(len(sign)), np.array(sign, np.float32))


POLAR = signs(1, -1, 1)  # velocities, forces, positions (x, y, z)
AXIAL = signs(-1, 1, -1)  # angular velocities
PLANAR_VELOCITY = signs(1, -1, -1)  # forward, sideways, yaw rate


def joints(robot: Robot) -> Mirror:
    """The mirror of a joint vector [J]."""
    return Mirror(robot.joint_mirror_index, robot.joint_mirror_sign.astype(np.float32))


def both_sides(one: Mirror) -> Mirror:
    """A block for the left and one for the right, which change places."""
    n = one.size
    return Mirror(np.concatenate([one.index + n, one.index]), np.tile(one.sign, 2))


def stack(*parts: Mirror) -> Mirror:
    """The mirror of concatenated arrays."""
    offsets = np.cumsum([0, *(part.size for part in parts)])
    index = np.concatenate([part.index + offset for part, offset in zip(parts, offsets[:-1], strict=True)])
    return Mirror(index, np.concatenate([part.sign for part in parts]))
