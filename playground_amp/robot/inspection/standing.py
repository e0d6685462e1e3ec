"""Whether a robot stands: its home pose, what overlaps in it, how stiff its ankles are."""

from collections.abc import Iterator

import mujoco

from playground_amp.robot.inspection.bodies import is_lost, robot_bodies
from playground_amp.robot.inspection.finding import Finding, listed, more_pairs
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Design, HomePose
from playground_amp.robot.making.source import Source
from playground_amp.robot.making.trial import STANDING_TIME

STIFF_ENOUGH = 1.1  # 2·kp_ankle / (m·g·h): below it, an inverted pendulum on two springs topples
_FOUND = "found"  # how the origin of a pose begins that is no keyframe
_CROUCHED = 0.88  # leg lengths: hips that are lower load the knees until a gate says so
_LOADED = 0.8  # of its torque limit, of a servo that only stands
_DEEP = 2e-3  # m: shapes overlap
_MARGIN = 0.01  # leg lengths, from the center of mass to the edge of the soles


def home_findings(source: Source, anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    """Findings on the home pose and the servos that hold it."""
    yield from _pose(anatomy, design)
    gain = design.ankle_gain.value
    if gain < STIFF_ENOUGH:
        ankles = [design.servos[name] for name in anatomy.legs[0][-2:]]
        weakest = min(servo.torque_limit for servo in ankles)
        bounded = all(servo.is_derived for servo in ankles)
        yield Finding(
            "mend",
            "gains",
            f"the ankles are soft: 2·kp/(m·g·h) is {gain:.2f}; below about {STIFF_ENOUGH:g} they do not hold it up",
            f"their torque limit, {weakest:.3g} N·m, bounds how stiff they can be: name stronger servos (--servo)"
            if bounded
            else f"raise the ankles' kp by a factor of {STIFF_ENOUGH / gain:.2g}, name others (--servo), or have init "
            "derive them from the weight (--gains derived)",
            figure=gain,
            unit="m·g·h",
        )
    yield from _overlaps(source, anatomy, design)


def _pose(anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    home = design.home
    fallen = [keyframe.name for keyframe in anatomy.keyframes] if home.origin.startswith(_FOUND) else []
    if not home.stands:
        yield Finding(
            "mend",
            "standing",
            f"it does not stand by itself: put down in its home pose ({_short(home.origin)}) it falls within "
            f"{STANDING_TIME:g} s",
            f"{_stiffened(anatomy, design)}give a home pose with level soles and the center of mass over their middle",
        )
    elif fallen:
        yield Finding(
            "note",
            "home",
            f"none of its keyframes ({listed(fallen)}) is a home to walk from: both legs alike, soles level, knees "
            f"bent, standing for {STANDING_TIME:g} s",
            "init has found a pose that is; name another one in robot.yaml if that is not what you want",
            tuple(fallen),
        )
    if home.support_margin < _MARGIN * anatomy.leg_length:
        beside = home.support_margin < 0
        yield Finding(
            "mend",
            "home",
            f"in its home pose ({_short(home.origin)}) the center of mass is {abs(1000 * home.support_margin):.0f} mm "
            f"{'beside' if beside else 'inside'} the edge of the soles",
            "give a keyframe in which it stands, or home: in robot.yaml",
            figure=1000 * home.support_margin,
            unit="mm",
        )
    if home.stands:
        yield from _load(anatomy, home)


def _load(anatomy: Anatomy, home: HomePose) -> Iterator[Finding]:
    """What it takes to stand at home, and hence to walk."""
    takes, share = f"{100 * home.load_share:.0f} % of the torque limit of {home.loaded_joint}", 100 * home.load_share
    if home.load_share > _LOADED:
        yield Finding(
            "mend",
            "home",
            f"standing in its home pose takes {takes}",
            "straighten the knees, bring the center of mass nearer to the ankles, or take stronger servos",
            (home.loaded_joint,),
            figure=share,
            unit="%",
        )
    height = home.height / anatomy.leg_length
    if height < _CROUCHED and not home.origin.startswith(_FOUND):
        yield Finding(
            "mend",
            "home",
            f"it crouches at home ({_short(home.origin)}), hips at {100 * height:.0f} % of the leg's length: standing "
            f"takes {takes}, walking on one leg at a time more than twice that",
            "have init find a pose with straighter knees (--home found)",
            figure=100 * height,
            unit="%",
        )


def _stiffened(anatomy: Anatomy, design: Design) -> str:
    """What makes legs hold, where they do not: stronger servos for gains that are as stiff as torque limits allow."""
    if design.home.load_share < _LOADED and design.ankle_gain.value > STIFF_ENOUGH:
        return ""
    derived = all(design.servos[name].is_derived for name in anatomy.legs[0])
    return "name stronger servos (--servo), or " if derived else "stiffen the ankles' gains, or "


def _short(origin: str) -> str:
    """The origin of a pose without what it says of standing."""
    return origin.partition(";")[0].partition(": it ")[0]


def _overlaps(source: Source, anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    """Shapes of the robot that are inside each other at home, as the model has them collide."""
    model, data = source.model, at_home(source, anatomy, design)
    own = set(robot_bodies(source, anatomy))
    mujoco.mj_collision(model, data)
    found: dict[tuple[str, str], float] = {}
    for contact in data.contact[: data.ncon]:
        first, second = (int(model.geom_bodyid[geom]) for geom in contact.geom)
        lost = any(is_lost(source, int(geom)) for geom in contact.geom)
        if first in own and second in own and contact.dist < -_DEEP and not lost:
            pair = model.body(first).name, model.body(second).name
            found[pair] = max(found.get(pair, 0.0), -float(contact.dist))
    if found:
        (one, other), depth = max(found.items(), key=lambda item: item[1])
        more = f", and {more_pairs(len(found) - 1)}" if len(found) > 1 else ""
        yield Finding(
            "note",
            "collision",
            f"at home {one} and {other} overlap by {1000 * depth:.0f} mm{more}",
            "init drops collisions of the robot with itself; if the parts really touch, change the home pose",
            tuple(dict.fromkeys(name for pair in found for name in pair)),
            1000 * depth,
            "mm",
        )


def at_home(source: Source, anatomy: Anatomy, design: Design) -> mujoco.MjData:
    """The maker's own model with its joints at home, poses worked out; its base is where the model has it."""
    data = mujoco.MjData(source.model)
    for joint in anatomy.joints:
        address = source.model.joint(joint.name).qposadr[0]
        data.qpos[address] = design.home.angles.get(joint.name, 0.0)
    mujoco.mj_kinematics(source.model, data)
    mujoco.mj_comPos(source.model, data)
    return data
