"""Left and right that are nearly mirror images become exact ones.

The policy is its own mirror image (learning/symmetry.py). On a body that is not, by a millimeter of a sole's place, it
drifts off the line and cannot learn not to. Such differences come from the CAD export, or are within what a robot is
built to; larger ones stay as they are, and inspection names them.
"""

from dataclasses import replace

import numpy as np

from playground_amp.robot.making.anatomy import Anatomy, FootFacts, JointFacts
from playground_amp.robot.making.joints import MIRRORED
from playground_amp.robot.making.layout import Layout, Rigid, lay_out
from playground_amp.robot.making.skeleton import Skeleton

_MIRRORED_QUATERNION = np.array([1.0, -1.0, 1.0, -1.0])
_NEAR = 0.02  # of the leg length: pairs that differ less are meant to be alike
_NEAR_MASS = 0.005  # of the mass
_ANGLE = 0.05  # rad


def is_nearly_even(anatomy: Anatomy) -> bool:
    """Whether left and right differ by so little that they are meant to be mirror images."""
    symmetry, near = anatomy.symmetry, _NEAR * anatomy.leg_length
    left, right = (foot.center for foot in anatomy.feet)
    return bool(
        symmetry.axis_lines.amount < near
        and symmetry.axis_angles.amount < _ANGLE
        and symmetry.masses.amount < _NEAR_MASS * anatomy.mass
        and np.linalg.norm(left - MIRRORED * right) < near
    )


def evened(anatomy: Anatomy) -> Anatomy:
    """The anatomy with joints and soles halfway between each other's mirror images, if these are near."""
    if not is_nearly_even(anatomy):
        return anatomy
    left, right = anatomy.feet
    joints = tuple(_evened_joint(joint, anatomy) for joint in anatomy.joints)
    return replace(anatomy, joints=joints, feet=(_evened_foot(left, right), _evened_foot(right, left)))


def even_layout(skeleton: Skeleton, anatomy: Anatomy, acting: tuple[str, ...], held: dict[str, float]) -> Layout:
    """`lay_out`, with the bodies of both sides of the same mass, mirrored, if left and right are near."""
    layout = lay_out(skeleton, anatomy, acting, held)
    if is_nearly_even(anatomy):
        _even_out(layout)
    return layout


def _even_out(layout: Layout) -> None:
    by_joint = {rigid.joint.name: rigid for rigid in layout.bodies if rigid.joint}
    pairs = [(rigid, _partner(rigid, by_joint)) for rigid in layout.bodies]
    means = [None if other is None else _halfway(rigid, other) for rigid, other in pairs]
    for rigid, mean in zip(layout.bodies, means, strict=True):
        if mean is not None:
            rigid.mass, rigid.center, rigid.inertia = mean


def _partner(rigid: Rigid, by_joint: dict[str, Rigid]) -> Rigid | None:
    """The body that mirrors it; itself in the middle."""
    if rigid.joint is None:
        return rigid
    return by_joint.get(rigid.joint.mirror or "")


def _halfway(rigid: Rigid, other: Rigid) -> tuple[float, np.ndarray, np.ndarray]:
    inertia = np.outer(MIRRORED, MIRRORED) * other.inertia
    return (
        (rigid.mass + other.mass) / 2,
        (rigid.center + MIRRORED * other.center) / 2,
        (rigid.inertia + inertia) / 2,
    )


def _evened_joint(joint: JointFacts, anatomy: Anatomy) -> JointFacts:
    if joint.mirror is None:
        return joint
    other = anatomy.joint(joint.mirror)
    axis = joint.axis + joint.mirror_sign * -MIRRORED * other.axis
    return replace(joint, axis=axis / np.linalg.norm(axis), anchor=(joint.anchor + MIRRORED * other.anchor) / 2)


def _evened_foot(foot: FootFacts, other: FootFacts) -> FootFacts:
    quaternion = _MIRRORED_QUATERNION * other.quaternion
    turn = foot.quaternion + np.sign(foot.quaternion @ quaternion) * quaternion
    return replace(foot, center=(foot.center + MIRRORED * other.center) / 2, quaternion=turn / np.linalg.norm(turn))
