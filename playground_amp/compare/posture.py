"""A run that was refused: limp joints, a robot that somebody holds. Which fault puts them where they should be?

A robot that is held at the start hangs, or stands at home. Where one or two joints are read elsewhere, a servo in
another's place, one that turns the other way, or a zero that is off may be behind it.
"""

from typing import NamedTuple

import numpy as np

from playground_amp.compare.builds import Build, as_described, reversed_joint, swapped
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.log import RobotLog
from playground_amp.hardware.log_format import PHASES
from playground_amp.physics.hanging import hanging_posture
from playground_amp.robot.record import Robot

_USUAL = 0.12  # rad that a limp joint is off where a robot hangs or is held
_ANY_AMOUNT = 1.0  # of misfit that a free amount must save besides, against faults without one
_CLEAR = 2.0  # of misfit that a fault must save
_AS_GOOD = 0.7  # of what the best saves: not to be told apart


class PostureFault(NamedTuple):
    """A fault that would put the joints where they should be."""

    fault: str
    joints: tuple[str, ...]
    saved: float  # of misfit, as in misfit.py


class Posture(NamedTuple):
    """Limp joints as they were read."""

    position: np.ndarray  # [J] rad
    off: np.ndarray  # [J] rad from home or from hanging, whichever all of them are nearer to
    faults: tuple[PostureFault, ...]  # that explain it about equally well, the best first; empty: nothing to explain


def posture_of(log: RobotLog, robot: Robot, hardware: HardwareFile) -> Posture | None:
    """What the checks' readings say; None: there are none of all joints."""
    rows = (log.phase == PHASES.index("checks")) & np.isfinite(log.joint_position).all(axis=1)
    if not rows.any():
        return None
    position = np.median(log.joint_position[rows], axis=0).astype(float)
    rests = np.stack([robot.home_joint_position, hanging_posture(robot)])
    plain = as_described(robot.num_joints)
    described, names = _misfit(plain, position, rests), robot.joint_names
    found = []
    for joint, name in enumerate(names):
        found.append(("wrong_sign", (name,), _misfit(reversed_joint(hardware, names, joint), position, rests)))
        moved = min(_misfit(_put(plain, joint, rest - position[joint]), position, rests) for rest in rests[:, joint])
        found.append(("zero_off", (name,), moved + _ANY_AMOUNT))
        found += [
            ("swapped_ids", (names[other], name), _misfit(swapped(hardware, names, other, joint), position, rests))
            for other in range(joint)
        ]
    faults = sorted((PostureFault(fault, joints, described - left) for fault, joints, left in found), key=_by_saved)
    clear = [each for each in faults if each.saved >= max(_CLEAR, _AS_GOOD * faults[0].saved)]
    off = position - rests
    return Posture(position, off[np.abs(off).sum(axis=1).argmin()], tuple(clear))


def _misfit(build: Build, position: np.ndarray, rests: np.ndarray) -> float:
    there = build.gain * position[build.source] + build.offset
    return float(np.log1p(np.square((there - rests) / _USUAL)).sum(axis=1).min())


def _put(build: Build, joint: int, angle: float) -> Build:
    offset = build.offset.copy()
    offset[joint] = angle
    return build._replace(offset=offset)


def _by_saved(fault: PostureFault) -> float:
    return -fault.saved
