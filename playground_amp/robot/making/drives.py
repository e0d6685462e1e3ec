"""What a model says of the servo of a joint."""

from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import Drive
from playground_amp.robot.making.skeleton import Skeleton, Transmission

_AFFINE = mujoco.mjtBias.mjBIAS_AFFINE.value
_FIXED = mujoco.mjtGain.mjGAIN_FIXED.value


class DriveFacts(NamedTuple):
    """The servo or motor of a joint, at the joint."""

    drive: Drive
    kp: float | None  # N·m/rad
    kv: float | None  # N·m·s/rad
    torque_limit: float | None  # N·m


def drive_of(skeleton: Skeleton, joint: int) -> DriveFacts:
    """What drives a hinge, seen from the hinge: gears are worked in."""
    model = skeleton.model
    transmissions = skeleton.driven.get(joint, [])
    limits = [limit for each in transmissions if (limit := _limit(model, each)) is not None]
    limit = sum(limits) if limits and len(limits) == len(transmissions) else None
    if model.jnt_actfrclimited[joint]:
        own = float(np.abs(model.jnt_actfrcrange[joint]).max())
        limit = own if limit is None else min(limit, own)
    limit = limit if limit is None or (limit > 0 and np.isfinite(limit)) else None
    if not transmissions:
        return DriveFacts("none", None, None, limit)
    gains = [_gains(model, each) for each in transmissions]
    kp, kv = sum(gain[0] for gain in gains), sum(gain[1] for gain in gains)
    if kp > 0:
        return DriveFacts("position", kp, kv, limit)
    return DriveFacts("velocity" if kv > 0 else _plain(model, transmissions[0]), None, None, limit)


def command_range(skeleton: Skeleton, joint: int) -> tuple[float, float] | None:
    """The range of a position servo's commands, rad at the joint; None: it has none."""
    model = skeleton.model
    for each in skeleton.driven.get(joint, []):
        if model.actuator_ctrllimited[each.actuator] and _gains(model, each)[0] > 0:
            ends = sorted(model.actuator_ctrlrange[each.actuator] / each.gear)
            return float(ends[0]), float(ends[1])
    return None


def _gains(model: mujoco.MjModel, each: Transmission) -> tuple[float, float]:
    """Position and velocity gain at the joint, 0 where there is none."""
    gain, bias = model.actuator_gainprm[each.actuator], model.actuator_biasprm[each.actuator]
    affine = model.actuator_biastype[each.actuator] == _AFFINE
    if not affine or model.actuator_gaintype[each.actuator] != _FIXED:
        return 0.0, 0.0
    return max(0.0, -float(bias[1])) * each.gear**2 * (gain[0] > 0), max(0.0, -float(bias[2])) * each.gear**2


def _limit(model: mujoco.MjModel, each: Transmission) -> float | None:
    """The torque limit at the joint, N·m."""
    index, gear = each.actuator, abs(each.gear)
    if model.actuator_forcelimited[index]:
        return float(np.abs(model.actuator_forcerange[index]).max()) * gear
    if model.actuator_biastype[index] != _AFFINE and model.actuator_ctrllimited[index]:
        return float(np.abs(model.actuator_ctrlrange[index]).max() * abs(model.actuator_gainprm[index, 0])) * gear
    return None


def _plain(model: mujoco.MjModel, each: Transmission) -> Drive:
    is_motor = model.actuator_gaintype[each.actuator] == _FIXED and model.actuator_biastype[each.actuator] != _AFFINE
    return "motor" if is_motor else "other"
