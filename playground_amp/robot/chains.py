"""Chains of hinges, read from a compiled model: from the base to a site, whatever the axes and frames between."""

import mujoco
import numpy as np

from playground_amp.robot.record import BASE_QPOS_SIZE, Chain

_SWEEPS = 4
_ANGLES = 65  # tried for a joint in a sweep


def chain_to(model: mujoco.MjModel, site_name: str) -> Chain:
    """The chain from the base to a site.

    Raises:
        ValueError: a body on the way has several joints, or none that is a hinge.
    """
    site = model.site(site_name)
    bodies = []
    body = model.body(int(site.bodyid[0]))
    while model.body(int(body.parentid[0])).id != 0:
        bodies.append(body)
        body = model.body(int(body.parentid[0]))
    joints, offsets, rotations, axes = [], [], [], []
    anchor = np.zeros(3)  # of the last hinge, in its body's frame: the hinge's own frame has its origin there
    for body in reversed(bodies):
        if body.jntnum[0] != 1 or model.jnt_type[body.jntadr[0]] != mujoco.mjtJoint.mjJNT_HINGE:
            raise ValueError(f"body {body.name!r} is not carried by one hinge")
        joint = model.joint(int(body.jntadr[0]))
        turned = np.empty(3)
        mujoco.mju_rotVecQuat(turned, joint.pos, body.quat)
        joints.append(int(joint.qposadr[0]) - BASE_QPOS_SIZE)
        offsets.append(body.pos + turned - anchor)
        rotations.append(body.quat.copy())
        axes.append(joint.axis.copy())
        anchor = joint.pos.copy()
    count = len(joints)
    return Chain(
        joints=_constant(joints, int),
        offset=_constant(offsets).reshape(count, 3),
        rotation=_constant(rotations).reshape(count, 4),
        axis=_constant(axes).reshape(count, 3),
        tip=_constant(site.pos - anchor),
        tip_rotation=_constant(site.quat),
    )


def leg_length(leg: Chain, joint_range: np.ndarray) -> float:
    """From the hip to the floor under a stretched leg, m: how far the ankle hangs below the hip, and its own height.

    The hip is the first hinge, the ankle the last. Each joint above the ankle in turn is put where it hangs lowest
    within its range, of all ranges [J, 2] rad, beginning at the zero pose.
    """
    lower, upper = joint_range[leg.joints].T
    angles = np.clip(0.0, lower, upper)
    lowest = _drop(leg, angles)
    for _ in range(_SWEEPS):
        for hinge in range(len(angles) - 1):
            tried = np.append(np.linspace(lower[hinge], upper[hinge], _ANGLES), angles[hinge])
            drops = [_drop(leg, np.concatenate([angles[:hinge], [x], angles[hinge + 1 :]])) for x in tried]
            angles[hinge], lowest = tried[np.argmax(drops)], max(drops)
    in_sole = np.empty(3)
    mujoco.mju_rotVecQuat(in_sole, leg.tip, leg.tip_rotation * (1, -1, -1, -1))
    return float(lowest + abs(in_sole[2]))


def _drop(leg: Chain, angles: np.ndarray) -> float:
    """How far the last hinge lies below the first at joint angles [K] rad, the base upright, m."""
    point, turn = np.zeros(3), np.empty(4)
    for hinge in reversed(range(len(angles))):
        if hinge < len(angles) - 1:
            mujoco.mju_axisAngle2Quat(turn, leg.axis[hinge], angles[hinge])
            mujoco.mju_rotVecQuat(point, point.copy(), turn)
        mujoco.mju_rotVecQuat(point, point.copy(), leg.rotation[hinge])
        point += leg.offset[hinge] * (hinge > 0)
    return float(-point[2])


def _constant(values: object, dtype: type = float) -> np.ndarray:
    array = np.array(values, dtype)
    array.setflags(write=False)
    return array
