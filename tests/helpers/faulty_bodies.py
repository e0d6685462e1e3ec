"""Faults that makers' files have, as changes of a body of our own making."""

from pathlib import Path
from xml.etree import ElementTree

from bodies import DUCK
from made_up_bodies import MadeUpBody, add, named, text, write_plan

_LENGTHS = {
    "body": ("pos",),
    "joint": ("pos",),
    "geom": ("pos", "size", "fromto"),
    "site": ("pos",),
    "inertial": ("pos",),
}


def _times(element: ElementTree.Element, attribute: str, factor: float) -> None:
    value = element.get(attribute)
    if value:
        element.set(attribute, text([factor * float(number) for number in value.split()]))


def grams(tree: ElementTree.Element) -> None:
    """Masses in grams, inertias in g·m²."""
    for inertial in tree.iter("inertial"):
        _times(inertial, "mass", 1000)
        _times(inertial, "diaginertia", 1000)


def millimeters(tree: ElementTree.Element) -> None:
    """All lengths in mm."""
    for tag, attributes in _LENGTHS.items():
        for element in tree.iter(tag):
            for attribute in attributes:
                _times(element, attribute, 1000)


def gram_square_millimeters(tree: ElementTree.Element) -> None:
    """Moments of inertia in kg·mm², as some CAD programs export them."""
    for inertial in tree.iter("inertial"):
        _times(inertial, "diaginertia", 1e6)


def no_ranges(tree: ElementTree.Element) -> None:
    """Hinges that turn without end."""
    for joint in tree.iter("joint"):
        joint.attrib.pop("range", None)
    for servo in tree.iter("position"):
        servo.attrib.pop("inheritrange", None)


def degrees(tree: ElementTree.Element) -> None:
    """Ranges in degrees that are read as radians."""
    for joint in tree.iter("joint"):
        _times(joint, "range", 57.29578)


def radians(tree: ElementTree.Element) -> None:
    """Ranges in radians that are read as degrees."""
    for joint in tree.iter("joint"):
        _times(joint, "range", 1 / 57.29578)


def whole_turns(tree: ElementTree.Element) -> None:
    """Ranges that say nothing."""
    for joint in tree.iter("joint"):
        if joint.get("range"):
            joint.set("range", "-3.1416 3.1416")


def one_range(tree: ElementTree.Element) -> None:
    """A left knee that turns without end."""
    del named(tree, "joint", "left_knee").attrib["range"]
    for servo in tree.iter("position"):
        if servo.get("joint") == "left_knee":
            servo.attrib.pop("inheritrange", None)


def _undriven(tree: ElementTree.Element, *joints: str) -> None:
    for actuator in tree.iter("actuator"):
        for servo in [servo for servo in actuator if servo.get("joint") in joints]:
            actuator.remove(servo)
    for keyframe in tree.findall("keyframe"):
        tree.remove(keyframe)


def forgotten_ankles(tree: ElementTree.Element) -> None:
    """Ankles without servos."""
    _undriven(tree, "left_ankle_pitch", "right_ankle_pitch")


def forgotten_knee(tree: ElementTree.Element) -> None:
    """One knee without its servo."""
    _undriven(tree, "right_knee")


def one_leg(tree: ElementTree.Element) -> None:
    """Servos in the left leg alone."""
    _undriven(
        tree, *(servo.get("joint", "") for servo in list(tree.iter("position")) if "right" in servo.get("joint", ""))
    )


def tied_ankles(tree: ElementTree.Element) -> None:
    """Ankles that follow the knees."""
    forgotten_ankles(tree)
    for side in ("left", "right"):
        add(add(tree, "equality"), "joint", joint1=f"{side}_ankle_pitch", joint2=f"{side}_knee", polycoef="0 -1 0 0 0")


def shapeless_feet(tree: ElementTree.Element) -> None:
    """Feet that are a mass alone."""
    for side in ("left", "right"):
        foot = named(tree, "body", f"{side}_ankle_pitch_link")
        for geom in foot.findall("geom"):
            foot.remove(geom)


def _turned(tree: ElementTree.Element, euler: str) -> None:
    named(tree, "body", "trunk").set("euler", euler)
    for keyframe in tree.findall("keyframe"):
        tree.remove(keyframe)


def lying(tree: ElementTree.Element) -> None:
    """On its belly or back: another axis is up."""
    _turned(tree, "0 1.5708 0")


def on_its_head(tree: ElementTree.Element) -> None:
    """Turned upside down."""
    _turned(tree, "3.14159 0 0")


def no_limits(tree: ElementTree.Element) -> None:
    """Servos of endless torque."""
    for servo in tree.iter("position"):
        servo.attrib.pop("forcerange", None)


def giant_limits(tree: ElementTree.Element) -> None:
    """±200 N·m at 2 kg."""
    for servo in tree.iter("position"):
        servo.set("forcerange", "-200 200")


def one_limit(tree: ElementTree.Element) -> None:
    """One knee is weaker than the other."""
    named(tree, "position", "right_knee").set("forcerange", "-2 2")


def soft(tree: ElementTree.Element) -> None:
    """Ankles that give way."""
    for side in ("left", "right"):
        named(tree, "position", f"{side}_ankle_pitch").set("kp", "0.5")


def barely_soft(tree: ElementTree.Element) -> None:
    """Ankles that give way slowly, wherever the weight is."""
    for side in ("left", "right"):
        named(tree, "position", f"{side}_ankle_pitch").set("kp", "1.6")


def just_soft(tree: ElementTree.Element) -> None:
    """Ankles that give way under a center of mass over the soles' middle, and hold one that is nearer to them."""
    for side in ("left", "right"):
        named(tree, "position", f"{side}_ankle_pitch").set("kp", "1.8")


def crouching(tree: ElementTree.Element) -> None:
    """A keyframe with deep knees."""
    key = tree.find("keyframe/key")
    assert key is not None
    leg = (0.0, 0.0, 0.85, -1.55, 0.7)
    key.set("qpos", text((0, 0, 0.16, 1, 0, 0, 0, *leg, *leg)))
    key.set("ctrl", text((*leg, *leg)))


def one_bar(tree: ElementTree.Element) -> None:
    """Feet that are a capsule along them."""
    shapeless_feet(tree)
    for side, sign in (("left", 1), ("right", -1)):
        foot = named(tree, "body", f"{side}_ankle_pitch_link")
        add(foot, "geom", type="capsule", size="0.008", fromto=f"-0.04 0 -0.02 0.06 {sign * 1e-5} -0.02")


def finer_toe(tree: ElementTree.Element) -> None:
    """A left sole with many more corners at its toe than the right one has: the same outline."""
    foot = named(tree, "body", "left_ankle_pitch_link")
    sole = foot.find("geom")
    assert sole is not None
    x, y, z = (float(value) for value in sole.get("pos", "").split())
    length, width, thick = (float(value) for value in sole.get("size", "").split())
    for share in range(-8, 9):
        place = text((x + length - 0.002, y + share / 8 * (width - 0.002), z - thick + 0.002))
        add(foot, "geom", type="sphere", size="0.002", pos=place)


def undamped(tree: ElementTree.Element) -> None:
    """Servos that swing."""
    for servo in tree.iter("position"):
        servo.set("kv", "0")
    for joint in tree.iter("joint"):
        joint.set("damping", "0")


def dead(tree: ElementTree.Element) -> None:
    """A servo that holds nothing."""
    named(tree, "position", "left_knee").set("kp", "0")


def bare(tree: ElementTree.Element) -> None:
    """Rotors without inertia."""
    for joint in tree.iter("joint"):
        joint.set("armature", "0")


def slides_and_hinges(tree: ElementTree.Element) -> None:
    """A root of three slides and three hinges."""
    trunk = named(tree, "body", "trunk")
    free = trunk.find("freejoint")
    assert free is not None
    trunk.remove(free)
    kinds = [("slide", axis) for axis in ("1 0 0", "0 1 0", "0 0 1")] + [
        ("hinge", axis) for axis in ("0 0 1", "0 1 0", "1 0 0")
    ]
    for place, (kind, axis) in enumerate(kinds):
        trunk.insert(place, ElementTree.Element("joint", name=f"root_{place}", type=kind, axis=axis))
    _without_keyframe(tree)


def bolted(tree: ElementTree.Element) -> None:
    """A trunk fixed to the world, as CAD exports it."""
    trunk = named(tree, "body", "trunk")
    free = trunk.find("freejoint")
    assert free is not None
    trunk.remove(free)
    _without_keyframe(tree)


def loose_ball(tree: ElementTree.Element) -> None:
    """Something else that moves in the world."""
    world = tree.find("worldbody")
    assert world is not None
    ball = add(world, "body", name="ball", pos="1 0 0.1")
    add(ball, "freejoint")
    add(ball, "geom", type="sphere", size="0.05", mass="0.1")
    _without_keyframe(tree)


def leaning(tree: ElementTree.Element) -> None:
    """A keyframe in which it leans far forward."""
    key = tree.find("keyframe/key")
    assert key is not None
    numbers = [float(number) for number in key.get("qpos", "").split()]
    for ankle in (11, 16):
        numbers[ankle] += 0.45
    key.set("qpos", text(numbers))


def crowded(tree: ElementTree.Element) -> None:
    """Thighs so thick that they are inside each other, and collide."""
    for side in ("left", "right"):
        thigh = named(tree, "body", f"{side}_hip_pitch_link")
        add(thigh, "geom", type="sphere", size="0.06", pos="0 0 -0.03", mass="0")


def no_solid(tree: ElementTree.Element) -> None:
    """A moment of inertia that exceeds the two others together."""
    _inertial(tree).set("diaginertia", "1e-4 1e-5 1e-5")


def massless(tree: ElementTree.Element) -> None:
    """A shank that weighs nothing."""
    _inertial(tree).set("mass", "0")


def weightless(tree: ElementTree.Element) -> None:
    """Gravity switched off, as for tuning."""
    add(tree, "option", gravity="0 0 0")


def nameless(tree: ElementTree.Element) -> None:
    """Bodies without names."""
    for body in tree.iter("body"):
        body.attrib.pop("name", None)


def _inertial(tree: ElementTree.Element) -> ElementTree.Element:
    inertial = named(tree, "body", "left_knee_link").find("inertial")
    assert inertial is not None
    return inertial


def _without_keyframe(tree: ElementTree.Element) -> None:
    keyframe = tree.find("keyframe")
    if keyframe is not None:
        tree.remove(keyframe)


def lost_soles(folder: Path) -> MadeUpBody:
    """The feet's only shapes are meshes of which there are Git-LFS pointers."""
    made = write_plan(DUCK._replace(foot="mesh"), folder)
    for mesh in folder.glob("*.obj"):
        mesh.write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 684\n")
    return made
