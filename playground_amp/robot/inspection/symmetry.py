"""How exactly the right side is the left one's mirror image, joint by joint; and whether both are driven alike."""

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from playground_amp.robot.inspection.finding import Finding, counted, more_pairs
from playground_amp.robot.making.anatomy import Anatomy, JointFacts
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.joints import mirror_image
from playground_amp.robot.making.sagittal import Line, line_distance
from playground_amp.robot.making.source import Source

_OFF_PLANE = 0.02  # leg lengths, of the mirror plane from the base's origin
_ALIKE = 0.02  # relative, between the servos of left and right
_CORRECT = "correct the side that is wrong: the policy is its own mirror image"


class _Measure(NamedTuple):
    """One way in which a pair may fail to mirror."""

    words: str  # with a place for the amount
    amount: Callable[[JointFacts, JointFacts], float]
    unit: str
    factor: float  # from the amount's SI unit to `unit`
    told: float  # amounts from which it is said, and from which it is to be mended
    bound: float


def symmetry_findings(source: Source, anatomy: Anatomy, design: Design) -> Iterator[Finding]:
    """Findings on left and right."""
    acting = set(design.acts)
    for measure in _measures(source, anatomy):
        yield from _unlike(measure, [pair for pair in _pairs(anatomy) if pair[0].name in acting], acts=True)
        yield from _unlike(measure, [pair for pair in _pairs(anatomy) if pair[0].name not in acting], acts=False)
    yield from _drives(anatomy, acting)
    offset = abs(anatomy.symmetry.plane_offset)
    if offset > _OFF_PLANE * anatomy.leg_length:
        yield Finding(
            "note",
            "symmetry",
            f"the plane between left and right lies {1000 * offset:.0f} mm beside the origin of {anatomy.base}",
            "init moves the origin into it",
            (anatomy.base,),
            1000 * offset,
            "mm",
        )
    lonely = [joint.name for leg in anatomy.legs for joint in map(anatomy.joint, leg) if joint.mirror is None]
    if lonely:
        what = f"{counted(lonely, 'joint')} of the legs without a mirror image"
        yield Finding("mend", "symmetry", what, "correct the model, or name the pairs in robot.yaml", tuple(lonely))


def _pairs(anatomy: Anatomy) -> list[tuple[JointFacts, JointFacts]]:
    return [(anatomy.joint(left), anatomy.joint(right)) for left, right in anatomy.mirror_pairs]


def _measures(source: Source, anatomy: Anatomy) -> tuple[_Measure, ...]:
    leg, mass, model = anatomy.leg_length, anatomy.mass, source.model

    def lines(left: JointFacts, right: JointFacts) -> float:
        return line_distance(mirror_image(Line(left.anchor, left.axis)), Line(right.anchor, right.axis))

    def angles(left: JointFacts, right: JointFacts) -> float:
        along = abs(float(mirror_image(Line(left.anchor, left.axis)).direction @ right.axis))
        return math.acos(min(1.0, along))

    def masses(left: JointFacts, right: JointFacts) -> float:
        one, other = (float(model.body(joint.body).mass[0]) for joint in (left, right))
        return abs(one - other)

    return (
        _Measure("axes lie {} apart", lines, "mm", 1e3, 1e-3 * leg, 0.009 * leg),
        _Measure("axes point {} apart", angles, "°", math.degrees(1.0), math.radians(0.2), math.radians(2.0)),
        _Measure("masses differ by {}", masses, "g", 1e3, 1e-3 * mass, 0.01 * mass),
        _Measure("ranges differ by {}", _range_difference, "rad", 1.0, 0.01, 0.1),
    )


def _range_difference(left: JointFacts, right: JointFacts) -> float:
    if left.lower is None or left.upper is None or right.lower is None or right.upper is None:
        return 0.0
    lower, upper = sorted((left.mirror_sign * left.lower, left.mirror_sign * left.upper))
    return max(abs(lower - right.lower), abs(upper - right.upper))


def _unlike(measure: _Measure, pairs: list[tuple[JointFacts, JointFacts]], *, acts: bool) -> Iterator[Finding]:
    """The worst pair by a measure, and how many others are unlike too."""
    found = [(measure.amount(*pair), pair) for pair in pairs]
    unlike = [(amount, pair) for amount, pair in found if amount > measure.told]
    if not unlike:
        return
    amount, (left, right) = max(unlike, key=lambda each: each[0])
    shown = f"{measure.factor * amount:.3g} {measure.unit}".replace(" °", "°")
    more = f", and {counted([one.name for _, (one, _) in unlike if one is not left], 'more pair')}"
    grave = acts and amount > measure.bound
    small = (
        "small enough: the policy takes both sides as alike" if acts else "these joints are held, so it matters little"
    )
    yield Finding(
        "mend" if grave else "note",
        "symmetry",
        f"left and right are not mirror images: {measure.words.format(shown)} ({left.name} and {right.name}"
        f"{more if len(unlike) > 1 else ''})",
        _CORRECT if grave else small,
        tuple(name for _, pair in unlike for name in (pair[0].name, pair[1].name)),
        measure.factor * amount,
        measure.unit,
    )


def _drives(anatomy: Anatomy, acting: set[str]) -> Iterator[Finding]:
    """Left and right are to be driven alike."""
    figures: tuple[tuple[str, str, Callable[[JointFacts], float | None]], ...] = (
        ("torque limit", "N·m", lambda joint: joint.torque_limit),
        ("kp", "N·m/rad", lambda joint: joint.kp),
        ("armature", "kg·m²", lambda joint: joint.armature),
    )
    for word, unit, figure in figures:
        unlike = []
        for joint, other in _pairs(anatomy):
            left, right = figure(joint) or 0.0, figure(other) or 0.0
            if joint.name in acting and abs(left - right) > _ALIKE * max(abs(left), abs(right)):
                unlike.append((abs(left - right), joint.name, other.name, left, right))
        if unlike:
            most, name, mirror, left, right = max(unlike)
            more = f", and of {more_pairs(len(unlike) - 1)} they differ too" if len(unlike) > 1 else ""
            yield Finding(
                "mend",
                "symmetry",
                f"{word} of {name} is {left:.3g} {unit}, of {mirror} {right:.3g}{more}",
                "give both sides the same: the policy is its own mirror image",
                tuple(each for _, *names, _, _ in unlike for each in names),
                most,
                unit,
            )
