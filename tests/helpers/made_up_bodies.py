"""Bodies of our own making, as their makers' files would be: MJCF or URDF, not in normal form, with the truth known.

`bodies.py` holds the bodies; here is how a plan becomes files. Each is laid out at its zero pose in the base's frame
(x forward, y left, z up), left leg only; the right leg is the mirror image. At the zero pose the legs hang straight.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree import ElementTree

import numpy as np

Vector = tuple[float, float, float]
Foot = Literal["box", "mesh", "spheres", "capsules", "pair", "point", "wheel"]
SIDES = ("left", "right")
_BACKLASH = 0.009  # rad each way
_THICKNESS = 0.006  # m, of a sole's plate
_CUBE = ((0, 1, 3), (0, 3, 2), (4, 7, 5), (4, 6, 7), (0, 4, 5), (0, 5, 1), (2, 7, 6), (2, 3, 7), (0, 2, 6), (0, 6, 4),
         (1, 7, 3), (1, 5, 7))  # fmt: skip


class Link(NamedTuple):
    """A body and the hinge that carries it, in the base's frame at the zero pose."""

    joint: str
    anchor: Vector  # m; the body's origin too
    axis: Vector
    range: tuple[float, float] | None  # rad
    torque: float  # N·m
    mass: float  # kg
    com: Vector  # m
    size: Vector  # m, edges of the box whose inertia it has


class Plate(NamedTuple):
    """A sole: the rectangle that touches the floor."""

    center: Vector  # m, of its underside, left foot
    half_length: float  # m
    half_width: float  # m


class Servos(NamedTuple):
    """What drives the hinges."""

    kind: Literal["position", "motor", "none"]
    kp: float = 0.0  # N·m/rad
    kv: float = 0.0  # N·m·s/rad
    armature: float = 0.01  # kg·m²
    damping: float = 0.02  # N·m·s/rad


class Plan(NamedTuple):
    """A biped on paper."""

    name: str
    trunk: Link
    leg: tuple[Link, ...]  # from the hip to the foot
    plate: Plate
    servos: Servos
    base_height: float  # m, of the base's origin over the floor at the zero pose
    home: dict[str, float]  # angles of one leg's joints in which it stands, rad; the others are at 0
    prefixes: tuple[str, str] = ("left_", "right_")
    foot: Foot = "box"
    backlash: bool = False
    keyframe: bool = False


class MadeUpBody(NamedTuple):
    """A body's file, and what is true of it."""

    path: Path
    base: str
    legs: tuple[tuple[str, ...], tuple[str, ...]]  # joints that act, left and right, from the hip to the foot
    passive: tuple[str, ...]
    mass: float  # kg
    leg_length: float  # m, from the hip's pitch to the floor under the stretched leg
    soles: tuple[Plate, Plate]  # in the base's frame at the zero pose
    home: dict[str, float]  # rad, by joint: feet flat, the sum of pitches zero
    plan: Plan


def write_plan(plan: Plan, folder: Path, change: Callable[[ElementTree.Element], None] | None = None) -> MadeUpBody:
    """Writes the MJCF of a plan, which `change` may have edited, and what belongs to it."""
    folder.mkdir(parents=True, exist_ok=True)
    tree = mjcf(plan)
    if plan.foot == "mesh":
        for side, sign in zip(SIDES, (1, -1), strict=True):
            (folder / f"sole_{side}.obj").write_text(_box_mesh(plan.plate, sign))
    if change:
        change(tree)
    ElementTree.indent(tree)
    path = folder / f"{plan.name}.xml"
    path.write_text(ElementTree.tostring(tree, encoding="unicode"))
    return truth(plan, path)


def truth(plan: Plan, path: Path) -> MadeUpBody:
    """What is true of a plan."""
    legs = tuple(tuple(prefix + link.joint for link in plan.leg) for prefix in plan.prefixes)
    left, right = legs
    x, y, z = plan.plate.center
    return MadeUpBody(
        path=path,
        base=plan.trunk.joint,
        legs=(left, right),
        passive=tuple(f"{joint}_backlash" for leg in legs for joint in leg) if plan.backlash else (),
        mass=plan.trunk.mass + 2 * sum(link.mass for link in plan.leg),
        leg_length=next(link.anchor[2] for link in plan.leg if link.axis[1]) - z,
        soles=(plan.plate, plan.plate._replace(center=(x, -y, z))),
        home={prefix + joint: angle for prefix in plan.prefixes for joint, angle in plan.home.items()},
        plan=plan,
    )


def mjcf(plan: Plan) -> ElementTree.Element:
    """A maker's MJCF: frames parallel to the base's, a free joint, a floor of its own."""
    model = ElementTree.Element("mujoco", model=plan.name)
    add(model, "compiler", angle="radian", autolimits="true")
    world, asset = add(model, "worldbody"), add(model, "asset")
    add(world, "geom", name="ground", type="plane", size="5 5 0.1")
    trunk = add(world, "body", name=plan.trunk.joint, pos=text((0, 0, plan.base_height)))
    add(trunk, "freejoint", name="root")
    _add_inertial(trunk, plan.trunk, (0, 0, 0))
    add(trunk, "geom", name="trunk_box", type="box", size=text(np.array(plan.trunk.size) / 2), pos=text(plan.trunk.com))
    add(trunk, "site", name="imu", pos=text(plan.trunk.com))
    actuators = add(model, "actuator")
    for prefix, sign in zip(plan.prefixes, (1, -1), strict=True):
        body, origin = trunk, (0.0, 0.0, 0.0)
        for link in (mirrored(link) for link in plan.leg) if sign < 0 else plan.leg:
            body = _add_link(body, origin, prefix, link, plan)
            origin = link.anchor
            _add_actuator(actuators, prefix + link.joint, link, plan.servos)
        _add_foot(body, origin, prefix, sign, plan, model)
    if plan.foot == "mesh":
        for side in SIDES:
            add(asset, "mesh", name=f"sole_{side}", file=f"sole_{side}.obj")
    sensor = add(model, "sensor")
    add(sensor, "gyro", name="gyro", site="imu")
    if plan.keyframe:
        _add_keyframe(model, plan)
    return model


def mirrored(link: Link) -> Link:
    """The right leg's link. Pitches turn the same way on both sides; the others the opposite way."""
    pitch = abs(link.axis[1]) > 0.5
    turned = (-link.range[1], -link.range[0]) if link.range and not pitch else link.range
    return link._replace(anchor=_other_side(link.anchor), com=_other_side(link.com), range=turned)


def add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def text(numbers: object) -> str:
    return " ".join(f"{number:.12g}" for number in np.asarray(numbers, float))


def box_moments(mass: float, size: Vector) -> np.ndarray:
    """Moments of inertia of a solid box about its center [3], kg·m²."""
    x, y, z = (edge**2 for edge in size)
    return mass / 12 * np.array([y + z, x + z, x + y])


def named(tree: ElementTree.Element, tag: str, name: str) -> ElementTree.Element:
    """The element of a model that has a name."""
    (found,) = (element for element in tree.iter(tag) if element.get("name") == name)
    return found


def _other_side(vector: Vector) -> Vector:
    return vector[0], -vector[1], vector[2]


def _add_link(parent: ElementTree.Element, origin: Vector, prefix: str, link: Link, plan: Plan) -> ElementTree.Element:
    body = add(parent, "body", name=f"{prefix}{link.joint}_link", pos=text(np.subtract(link.anchor, origin)))
    shared = {"type": "hinge", "axis": text(link.axis)}
    joint = add(body, "joint", name=prefix + link.joint, damping=str(plan.servos.damping), **shared)
    joint.set("armature", str(plan.servos.armature))
    if link.range:
        joint.set("range", text(link.range))
    if plan.backlash:
        add(body, "joint", name=f"{prefix}{link.joint}_backlash", range=text((-_BACKLASH, _BACKLASH)), **shared)
    _add_inertial(body, link, link.anchor)
    looks = {"contype": "0", "conaffinity": "0", "group": "2"}
    pos = text(np.subtract(link.com, link.anchor))
    add(body, "geom", type="box", size=text(np.array(link.size) / 2), pos=pos, mass="0", **looks)
    return body


def _add_inertial(body: ElementTree.Element, link: Link, origin: Vector) -> None:
    moments = text(box_moments(link.mass, link.size))
    add(body, "inertial", mass=str(link.mass), pos=text(np.subtract(link.com, origin)), diaginertia=moments)


def _add_actuator(actuators: ElementTree.Element, name: str, link: Link, servos: Servos) -> None:
    limit = text((-link.torque, link.torque))
    if servos.kind == "position":
        gains = {"kp": str(servos.kp), "kv": str(servos.kv)}
        actuator = add(actuators, "position", name=name, joint=name, forcerange=limit, **gains)
        if link.range:
            actuator.set("inheritrange", "1")
    elif servos.kind == "motor":
        add(actuators, "motor", name=name, joint=name, ctrlrange=limit)


def _add_foot(
    body: ElementTree.Element, origin: Vector, prefix: str, sign: int, plan: Plan, model: ElementTree.Element
) -> None:
    center = np.array(plan.plate.center) * (1, sign, 1) - origin
    length, width, half = plan.plate.half_length, plan.plate.half_width, _THICKNESS / 2
    name = f"{prefix}foot"
    if plan.foot in ("box", "pair"):
        size = text((length, width, half))
        geom = add(body, "geom", name=name, type="box", size=size, pos=text(np.add(center, (0, 0, half))))
        if plan.foot == "pair":
            geom.attrib.update(contype="0", conaffinity="0")
            contact = model.find("contact")
            add(add(model, "contact") if contact is None else contact, "pair", geom1="ground", geom2=name)
    elif plan.foot == "mesh":
        side = SIDES[0] if sign > 0 else SIDES[1]
        add(body, "geom", name=name, type="mesh", mesh=f"sole_{side}", pos=text(-np.array(origin)))
    elif plan.foot == "spheres":
        for index, (along, across) in enumerate(((1, 1), (1, -1), (-1, 1), (-1, -1))):
            place = np.add(center, (along * (length - half), across * (width - half), half))
            add(body, "geom", name=f"{name}_{index}", type="sphere", size=str(half), pos=text(place))
    elif plan.foot == "capsules":
        for end, along in (("toe", 1), ("heel", -1)):
            middle = np.add(center, (along * (length - half), 0, half))
            ends = np.concatenate([np.subtract(middle, (0, width - half, 0)), np.add(middle, (0, width - half, 0))])
            add(body, "geom", name=f"{name}_{end}", type="capsule", size=str(half), fromto=text(ends))
    elif plan.foot == "point":
        add(body, "geom", name=name, type="sphere", size="0.02", pos=text(np.add(center, (0, 0, 0.02))))
    else:
        radius = -center[2]
        ends = text((0, center[1] - width, 0, 0, center[1] + width, 0))
        add(body, "geom", name=name, type="cylinder", size=str(radius), fromto=ends)


def _add_keyframe(model: ElementTree.Element, plan: Plan) -> None:
    angles = [plan.home.get(link.joint, 0.0) for link in plan.leg] * 2
    coordinates = [value for angle in angles for value in ((angle, 0.0) if plan.backlash else (angle,))]
    key = add(
        add(model, "keyframe"), "key", name="home", qpos=text((0, 0, home_height(plan), 1, 0, 0, 0, *coordinates))
    )
    if plan.servos.kind == "position":
        key.set("ctrl", text(angles))


def home_height(plan: Plan) -> float:
    """Of the base over the floor in the home pose, m: pitches bend the leg in its plane."""
    point = np.array(plan.plate.center)
    for link in reversed(plan.leg):
        if abs(link.axis[1]) > 0.5:
            angle = plan.home.get(link.joint, 0.0) * np.sign(link.axis[1])
            x, _, z = point - link.anchor
            turned = (x * np.cos(angle) + z * np.sin(angle), 0, z * np.cos(angle) - x * np.sin(angle))
            point = np.array(link.anchor) * (1, 0, 1) + turned
    return float(-point[2])


def _box_mesh(plate: Plate, sign: int) -> str:
    """The sole's plate as a Wavefront mesh in the base's frame."""
    corners = [
        np.array(plate.center) * (1, sign, 1) + (along * plate.half_length, across * plate.half_width, up)
        for along in (-1, 1)
        for across in (-1, 1)
        for up in (0, _THICKNESS)
    ]
    lines = [f"v {text(corner)}" for corner in corners]
    return "\n".join([*lines, *(f"f {a + 1} {b + 1} {c + 1}" for a, b, c in _CUBE)]) + "\n"
