"""What is wrong with the joints that act: drives, ranges, torque limits, gains, armature, speed."""

import math
from collections.abc import Iterator, Sequence

from playground_amp.robot.inspection.finding import Finding, counted, listed
from playground_amp.robot.making.anatomy import Anatomy, JointFacts
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.gains import NARROWEST
from playground_amp.robot.making.skeleton import Skeleton
from playground_amp.robot.making.source import Source

_WIDEST = 2 * math.pi + 0.1  # rad each way: beyond it, degrees were taken for radians
_STRONG = 3.0  # mgL: no joint needs more; real robots have 0.2 to 1.2
_WEAK = 0.02  # mgL
_UNDAMPED = 0.05  # of critical damping
_SLOW = 4.0  # √(g/L): the servos of small toys reach 3.2, those of WildRobot 6
_FAST_SERVO = 0.6  # √(g/L), no-load speed that stepping needs: a knee swings by 0.4 rad in a slow cycle of 4 √(L/g)


def joint_findings(source: Source, anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    """Findings on the joints that act, and on those of the legs that should."""
    yield from _idle(source, anatomy)
    acting = [anatomy.joint(name) for name in design.acts]
    moment = anatomy.mass * design.gravity * anatomy.leg_length
    yield from _drives(acting, design)
    yield from _ranges(acting, design)
    yield from _limits(acting, design, moment)
    yield from _gains(acting)
    yield from _armature(acting, design)
    yield from _speeds(anatomy, design)


def _idle(source: Source, anatomy: Anatomy) -> Iterator[Finding]:
    """Hinges of the legs that nothing drives, and that are neither a spring nor the play of gears."""
    idle = [j for j in anatomy.passive if j.part == "leg" and j.play_of is None and j.stiffness <= 0]
    if idle:
        skeleton = Skeleton(source)
        why = {joint.name: skeleton.idle(source.model.joint(joint.name).id) for joint in idle}
        reasons = ", ".join(f"{name} {reason}" for name, reason in why.items())
        yield Finding(
            "mend",
            "drives",
            f"{counted(list(why), 'joint')} in the legs that no servo moves: {reasons}",
            "init holds them stiff at zero; give each an actuator of its own, or a spring, if it is one",
            tuple(why),
            len(why),
            "joints",
        )


def _drives(joints: list[JointFacts], design: Design) -> Iterator[Finding]:
    sentences = {
        "motor": "torque motors instead of position servos",
        "velocity": "velocity servos, of kp 0, instead of position servos",
        "other": "actuators of a kind of their own instead of position servos",
        "none": "no actuator in the model",
    }
    for drive, sentence in sentences.items():
        names = [joint.name for joint in joints if joint.drive == drive]
        if names:
            gains = span([design.servos[name].kp for name in names])
            origin = design.servos[names[0]].origin
            yield Finding(
                "mend",
                "drives",
                f"{counted(names, 'joint')}: {sentence}",
                f"init makes position servos of kp {gains} N·m/rad ({origin}); name the real ones with --servo, or "
                "put their gains into robot.yaml",
                tuple(names),
                len(names),
                "joints",
            )


def _ranges(joints: list[JointFacts], design: Design) -> Iterator[Finding]:
    absent = [joint.name for joint in joints if joint.lower is None or joint.upper is None]
    turns = [joint.name for joint in joints if 0.99 * 2 * math.pi <= _width(joint) <= 2 * _WIDEST]
    for names, what in ((absent, "without a range"), (turns, "of a range of a whole turn")):
        if names:
            ranges = [(design.servos[name].lower, design.servos[name].upper) for name in names]
            low, high = min(low for low, _ in ranges), max(high for _, high in ranges)
            yield Finding(
                "mend",
                "ranges",
                f"{counted(names, 'joint')} {what}",
                f"init takes {low:.2g} to {high:.2g} rad; give range= in the model as the hardware stops",
                tuple(names),
                len(names),
                "joints",
            )
    wide = [j for j in joints if j.lower is not None and j.upper is not None and max(-j.lower, j.upper) > _WIDEST]
    if wide:
        widest = max(max(-(j.lower or 0), j.upper or 0) for j in wide)
        yield Finding(
            "mend",
            "ranges",
            f"{counted([j.name for j in wide], 'joint')} of a range up to {widest:g} rad, more than a turn",
            'say <compiler angle="degree"/> if these are degrees; else give the range that the hardware has',
            tuple(j.name for j in wide),
            widest,
            "rad",
        )
    narrow = [j for j in joints if j.lower is not None and j.upper is not None and j.upper - j.lower <= NARROWEST]
    if narrow:
        least = min((j.upper or 0) - (j.lower or 0) for j in narrow)
        yield Finding(
            "mend",
            "ranges",
            f"{counted([j.name for j in narrow], 'joint')} can hardly move: {least:.3g} rad from end to end",
            'say <compiler angle="radian"/> if these are radians; else hold the joint instead of driving it',
            tuple(j.name for j in narrow),
            least,
            "rad",
        )


def _width(joint: JointFacts) -> float:
    """Of a joint's range, rad; 0 if it has none."""
    return 0.0 if joint.lower is None or joint.upper is None else joint.upper - joint.lower


def _limits(joints: list[JointFacts], design: Design, moment: float) -> Iterator[Finding]:
    absent = [j.name for j in joints if j.torque_limit is None and j.drive != "none"]
    if absent:
        yield Finding(
            "mend",
            "torque limits",
            f"{counted(absent, 'joint')} without a torque limit",
            f"init takes {span([design.servos[name].torque_limit for name in absent])} N·m; give forcerange= as the "
            "servo's stall torque",
            tuple(absent),
            len(absent),
            "joints",
        )
    for bound, absurd, word, how in (
        (_STRONG, lambda limit: limit > _STRONG * moment, "more than the robot's own weight at", "stronger"),
        (_WEAK, lambda limit: limit < _WEAK * moment, "less than it takes to move the robot's own weight at", "weaker"),
    ):
        odd = [j for j in joints if j.torque_limit is not None and absurd(j.torque_limit)]
        if odd:
            limits = [j.torque_limit or 0.0 for j in odd]
            limit = (max if how == "stronger" else min)(limits)
            yield Finding(
                "mend",
                "torque limits",
                f"{counted([j.name for j in odd], 'joint')} of ±{span(limits)} N·m: {word} {bound:g} leg lengths "
                f"({bound * moment:.3g} N·m)",
                f"init takes {span([design.servos[j.name].torque_limit for j in odd])} N·m; give forcerange= as the "
                "servo's stall torque",
                tuple(j.name for j in odd),
                limit,
                "N·m",
            )


def _gains(joints: list[JointFacts]) -> Iterator[Finding]:
    servos = [joint for joint in joints if joint.drive == "position" and joint.kp]
    loose = [(_damping_share(joint), joint.name) for joint in servos if _damping_share(joint) < _UNDAMPED]
    if loose:
        least, _ = min(loose)
        names = [name for _, name in loose]
        yield Finding(
            "mend",
            "gains",
            f"{counted(names, 'position servo')} that swing: {100 * least:.1f} % of critical damping",
            "give kv= of the servos or damping= of the joints",
            tuple(names),
            100 * least,
            "%",
        )


def _damping_share(joint: JointFacts) -> float:
    """Of a servo that moves all that hangs on its joint, as a share of critical damping."""
    inertia = joint.inertia + joint.armature
    return ((joint.kv or 0.0) + joint.damping) / (2 * math.sqrt(max((joint.kp or 0.0) * inertia, 1e-12)))


def _armature(joints: list[JointFacts], design: Design) -> Iterator[Finding]:
    bare = [joint.name for joint in joints if joint.armature <= 0.0]
    if bare:
        taken = [design.servos[name].armature for name in bare]
        does = f"init takes {span(taken)} kg·m²; " if min(taken) > 0 else ""
        yield Finding(
            "mend",
            "armature",
            f"{counted(bare, 'joint')} of armature 0: the rotors behind their gears are missing",
            f"{does}give armature= (rotor inertia times gear ratio squared), or name the servo with --servo",
            tuple(bare),
            0.0,
            "kg·m²",
        )


def _speeds(anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    rate = math.sqrt(design.gravity / anatomy.leg_length)
    if design.froude_bandwidth.value < _SLOW:
        legs = [name for leg in anatomy.legs for name in leg]
        yield Finding(
            "note",
            "servo speed",
            f"the legs' servos follow up to {design.bandwidth.value:.3g} rad/s, slow for the cadence that a leg of "
            f"{anatomy.leg_length:.2f} m asks for: {design.froude_bandwidth.value:.1f} √(g/L); {_SLOW:g} is enough",
            "speeds and cadence are bounded by what the servos can follow; stiffer or lighter servos would lift that",
            tuple(legs),
            design.froude_bandwidth.value,
            "√(g/L)",
        )
    fast = [name for name in design.acts if design.servos[name].is_too_fast]
    if fast:
        servo = design.servos[fast[0]]
        yield Finding(
            "mend",
            "servo speed",
            f"{counted(fast, 'joint')} of a speed that no servo has: {servo.speed_origin.rpartition(' ')[2]} rad/s",
            f"init takes {servo.speed_limit:.4g} rad/s; give its no-load speed in robot.yaml, or name it (--servo)",
            tuple(fast),
            servo.speed_limit,
            "rad/s",
        )
    slow = [name for leg in anatomy.legs for name in leg if design.servos[name].speed_limit < _FAST_SERVO * rate]
    if slow:
        speeds = [design.servos[name].speed_limit for name in slow]
        yield Finding(
            "mend",
            "servo speed",
            f"{listed(slow)} turn at {span(speeds)} rad/s without load, too slow to step: "
            f"{_FAST_SERVO * rate:.3g} rad/s is what a leg of {anatomy.leg_length:.2f} m asks for",
            "give the servo's no-load speed in robot.yaml, or take faster servos",
            tuple(slow),
            min(speeds),
            "rad/s",
        )


def span(values: Sequence[float]) -> str:
    """The least and the largest of some numbers."""
    low, high = f"{min(values):.4g}", f"{max(values):.4g}"
    return low if low == high else f"{low} to {high}"
