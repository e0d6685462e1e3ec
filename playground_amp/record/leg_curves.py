"""What a robot keeps of a person's walk: hips, knees and ankles over the cycle, of the person and of what came of it.

Person, clip, demonstration and policy are told alike: pitch of the leg's joints over a cycle that begins with the leg
furthest back, both legs averaged. The gait clock is of no use here: a person has none, and a policy may run ahead of
its own or lag behind it. A person's hip is the thigh against the vertical: few recordings tell the pelvis's tilt.
"""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.motion.clip import Clip
from playground_amp.motion.human.retarget import froude_scale, froude_speed
from playground_amp.motion.human.strides import PHASES, Stride
from playground_amp.motion.leg_roles import require_leg_roles
from playground_amp.motion.posture import mean_cycle
from playground_amp.robot.record import SIDES, Robot

JOINTS = ("hip", "knee", "ankle")
CYCLE = np.arange(PHASES) / PHASES  # phases that curves are given at; at 0 the leg is furthest back


class LegCurves(NamedTuple):
    """The pitch of hip, knee and ankle over a cycle."""

    source: str
    speed: float  # m/s forwards, of the robot's size
    cycle_time: float  # s, likewise
    angles: np.ndarray  # [PHASES, 3] rad, in the order of JOINTS; positive: leg back, knee bent, toe down


class Kept(NamedTuple):
    """How a joint's curve is like another one."""

    correlation: float
    swing: float  # its range over the other's
    offset: float  # rad, between the means

    def __str__(self) -> str:
        correlation, offset = (round(x, 2) + 0.0 for x in (self.correlation, self.offset))  # no minus before a zero
        return f"{correlation:.2f}, ×{self.swing:.2f}, {offset:+.2f}"


def person_curves(robot: Robot, stride: Stride) -> LegCurves:
    """Of a person's straight walk, in proportion to the robot."""
    legs = stride.legs
    sides = np.stack([-legs.thigh, legs.knee, legs.ankle()], axis=2)
    duration = stride.duration * float(np.sqrt(froude_scale(robot, stride)))
    return LegCurves("person", froude_speed(robot, stride), duration, _from_furthest_back(_both_legs(sides)))


def clip_curves(robot: Robot, clip: Clip, source: str) -> LegCurves:
    """Of a clip of the robot, the mean of its cycles."""
    joints = mean_cycle([clip], CYCLE)
    sides = []
    for side in range(len(SIDES)):
        roles = require_leg_roles(robot, side)
        chain = robot.legs[side].joints[[roles.hip_pitch, roles.knee, roles.ankle_pitch]]
        sides.append(joints[:, chain] * np.sign(robot.joint_axis_b[chain, 1]))
    phase = np.unwrap(clip.gait_phase, period=1.0)
    cycle_time = (len(phase) - 1) / clip.rate / (phase[-1] - phase[0])
    angles = _from_furthest_back(_both_legs(np.stack(sides, axis=1)))
    return LegCurves(source, float(clip.command[0]), float(cycle_time), angles)


def kept(curves: LegCurves, person: LegCurves) -> tuple[Kept, ...]:
    """What curves have of the person's, for each of JOINTS."""
    return tuple(
        Kept(float(np.corrcoef(own, other)[0, 1]), float(np.ptp(own) / np.ptp(other)), float(np.mean(own - other)))
        for own, other in zip(curves.angles.T, person.angles.T, strict=True)
    )


def straight(clips: Sequence[Clip]) -> list[Clip]:
    """Those that go straight ahead, by their speed."""
    ahead = [clip for clip in clips if clip.command[0] > 0 and not np.any(np.abs(clip.command[1:]) > 1e-6)]
    return sorted(ahead, key=lambda clip: clip.command[0])


def nearest(clips: Sequence[Clip], speed: float, within: float) -> Clip | None:
    """The clip whose forward speed is nearest; None if that is not within so many m/s."""
    found = min(clips, key=lambda clip: abs(clip.command[0] - speed), default=None)
    return found if found is not None and abs(found.command[0] - speed) <= within else None


def _both_legs(sides: np.ndarray) -> np.ndarray:
    """The mean [PHASES, 3] of the left leg and of the right one half a cycle later, of angles [PHASES, 2, 3]."""
    return 0.5 * (sides[:, 0] + np.roll(sides[:, 1], PHASES // 2, axis=0))


def _from_furthest_back(angles: np.ndarray) -> np.ndarray:
    """The same curves [PHASES, 3], begun where the hip's first harmonic is largest."""
    spectrum = np.fft.rfft(angles, axis=0)
    turned = np.arange(len(spectrum)) * np.angle(spectrum[1, 0])
    return np.fft.irfft(spectrum * np.exp(-1j * turned)[:, None], PHASES, axis=0)
