"""From a robot's anatomy to what `robot.py init` makes of it."""

import math
from collections.abc import Sequence

import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Derived, Design, HomePose, ServoDesign
from playground_amp.robot.making.evenness import even_layout
from playground_amp.robot.making.gains import servo_designs
from playground_amp.robot.making.homes import Homes
from playground_amp.robot.making.normal_form import write_mjcf
from playground_amp.robot.making.roles import role_of
from playground_amp.robot.making.skeleton import Skeleton
from playground_amp.robot.making.source import Source
from playground_amp.robot.making.trial import STANDING_TIME, Trial

_DEFLECTION = 0.47  # of mgL/kp: how far an action moves the targets of servos that give way so far under the weight
_STIFFER = (1.0, 1.5, 2.0)  # times the usual gains: joints in series give way together
_BACK = (0.08, 0.16)  # of a sole's length: nearer to the ankles, which have less to hold, where they give way else
_ACTION_SCALES = (0.3, 0.6)  # rad: with less, stiff servos do not come to lift a foot by chance, and stand


def design_of(
    source: Source,
    anatomy: Anatomy,
    *,
    servo: str | None = None,
    derived: bool = False,
    acting: Sequence[str] = (),
    found: bool = False,
) -> Design:
    """What is made of a robot.

    Args:
        source, anatomy: its model and its parts.
        servo: the name of a servo of `servos.yaml` that drives every joint; None: as the model says.
        derived: whether gains are derived where the model has some.
        acting: joints that act beside those of legs and waist; `arms` and `head` are all of those.
        found: whether its home is found whatever keyframes the model has.

    Raises:
        UserError: there is no such servo or joint.
    """
    acts = _acting(anatomy, acting)
    gravity = float(np.linalg.norm(source.model.opt.gravity)) or math.nan
    servos, home, trial = _standing(source, anatomy, acts, gravity, servo, derived, found)
    legs = [servos[name] for name in anatomy.legs[0]]
    weight = anatomy.mass * gravity
    center = trial.center_of_mass(home.angles)
    pitches = [servos[name] for name in anatomy.legs[0] if role_of(anatomy, anatomy.joint(name)).endswith("pitch")]
    rates = (math.sqrt(each.kp / each.armature) for each in pitches or legs if each.armature > 0)
    slowest = min(rates, default=math.inf)
    ankle = (pitches or legs)[-1]
    raw = _DEFLECTION * weight * anatomy.leg_length / float(np.mean([each.kp for each in legs]))
    rate = math.sqrt(gravity / anatomy.leg_length)
    return Design(
        acts=acts,
        servos=servos,
        home=home,
        ankle_gain=Derived(2 * ankle.kp / (weight * (center[2] + home.height)), "2 kp / (m g h) of the ankles' pitch"),
        bandwidth=Derived(slowest, "√(kp/armature) of the slowest pitch joint of the legs"),
        froude_bandwidth=Derived(slowest / rate, "the same over √(g/L)"),
        action_scale=_clipped(raw),
        center_of_mass=center,
        gravity=gravity,
    )


def _clipped(raw: float) -> Derived:
    value = float(np.clip(raw, *_ACTION_SCALES))
    origin = f"{_DEFLECTION} m g L / kp, the legs' mean"
    return Derived(value, origin if value == raw else f"{origin}: {raw:.3g}, bounded to {_ACTION_SCALES}")


def _acting(anatomy: Anatomy, asked: Sequence[str]) -> tuple[str, ...]:
    """The joints of legs and waist, and those asked for, in the model's order."""
    driven = [joint for joint in anatomy.joints if not joint.passive]
    groups = {"arms": "arm", "head": "head"}
    known = [*groups, *(joint.name for joint in driven)]
    if unknown := [name for name in asked if name not in known]:
        raise UserError(f"no joint {', '.join(unknown)} to act: known are {', '.join(known)}")
    parts = {"leg", "waist", *(groups[name] for name in asked if name in groups)}
    chosen = {joint.name for joint in driven if joint.part in parts or joint.name in asked}
    chosen |= {joint.mirror for joint in driven if joint.name in chosen and joint.mirror}
    if alone := [joint.name for joint in driven if joint.name in chosen and joint.mirror is None]:
        chosen -= set(alone)
    return tuple(joint.name for joint in driven if joint.name in chosen)


def _standing(
    source: Source,
    anatomy: Anatomy,
    acts: tuple[str, ...],
    gravity: float,
    servo: str | None,
    derived: bool,
    found: bool,
) -> tuple[dict[str, ServoDesign], HomePose, Trial]:
    """Servos and the pose to stand in: derived gains as soft as a robot that stands needs."""
    tries: list[tuple[dict[str, ServoDesign], HomePose, Trial]] = []
    for stiffer in _STIFFER:
        servos = servo_designs(source, anatomy, gravity, servo, derived, stiffer)
        tries.append((servos, *_home(source, anatomy, acts, servos, found)))
        if tries[-1][1].stands or not any(each.is_derived for each in servos.values()):
            break
    return next((each for each in tries if each[1].stands), tries[0])


def _home(
    source: Source, anatomy: Anatomy, acts: tuple[str, ...], servos: dict[str, ServoDesign], found: bool
) -> tuple[HomePose, Trial]:
    """The first pose that the robot stands in by itself, keyframes (unless `found`) before those that are found; if
    none, the first of these."""
    homes = Homes(anatomy, {name: (servo.lower, servo.upper) for name, servo in servos.items()})
    for name, angles in () if found else homes.from_keyframes():
        trial = _trial(source, anatomy, acts, servos, angles)
        home = _tried(anatomy, homes, trial, angles, f"keyframe {name!r}: it stands for {STANDING_TIME:g} s")
        if home.stands:
            return home, trial
    trial = _trial(source, anatomy, acts, servos, homes.resting())
    tried = []
    for share in (0.0, *_BACK):
        tried.append(_found(anatomy, homes, trial, share * 2 * anatomy.feet[0].half_length))
        if tried[-1].stands:
            return tried[-1], trial
    return tried[0], trial


def _found(anatomy: Anatomy, homes: Homes, trial: Trial, behind: float) -> HomePose:
    """The pose that is found with the center of mass so far behind the soles' middle, m, and tried."""
    angles = homes.found(trial.center_of_mass, behind)
    level = "soles level under the center of mass, knees bent"
    if behind:
        level = f"soles level, the center of mass {1000 * behind:.0f} mm behind their middle, knees bent"
    found = f"found: {level if homes.is_level(angles) else 'the nearest to level soles that the ranges allow'}"
    return _tried(anatomy, homes, trial, angles, f"{found}; it stands for {STANDING_TIME:g} s")


def _tried(anatomy: Anatomy, homes: Homes, trial: Trial, angles: dict[str, float], origin: str) -> HomePose:
    """A pose after the robot was put down in it. `origin` says that it stands."""
    height = homes.height(angles)
    stands, load, joint = trial.stands(angles, height)
    if not stands:
        origin = f"{origin.replace('stands for', 'FALLS within')} under these servos"
    return HomePose(angles, height, origin, load, joint, _margin(anatomy, homes, trial, angles), stands)


def _trial(
    source: Source,
    anatomy: Anatomy,
    acts: tuple[str, ...],
    servos: dict[str, ServoDesign],
    angles: dict[str, float],
) -> Trial:
    held = {name: angle for name, angle in angles.items() if name not in acts}
    layout = even_layout(Skeleton(source), anatomy, acts, held)
    return Trial(write_mjcf(anatomy, layout, servos, 0.0))


def _margin(anatomy: Anatomy, homes: Homes, trial: Trial, angles: dict[str, float]) -> float:
    """From the center of mass to the nearer end of the soles, m."""
    ahead = float(trial.center_of_mass(angles)[0])
    return anatomy.feet[0].half_length - abs(ahead - homes.sole_center(angles)[0])
