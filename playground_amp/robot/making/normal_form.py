"""The MJCF of a robot in normal form: free base, one hinge a body, frames parallel, position servos, soles as bars."""

from collections.abc import Mapping
from xml.etree import ElementTree

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import Anatomy, FootFacts
from playground_amp.robot.making.design import ServoDesign
from playground_amp.robot.making.kinematics import matrix_of
from playground_amp.robot.making.layout import Layout, Rigid
from playground_amp.robot.making.looks import Look, mesh_file

IMU = "imu"
ENDS = ("toe", "heel")
_OPTIONS = {"timestep": "0.002", "integrator": "implicitfast", "solver": "Newton", "cone": "pyramidal"}
_EFFORT = {"iterations": "10", "ls_iterations": "10"}
EDGE_RADIUS = 0.05  # of a sole's half length: of the round edge of its bars
_TOUCHING = {"type": "capsule", "contype": "0", "conaffinity": "1", "condim": "3", "group": "3"}
_FALLEN = {"type": "sphere", "contype": "0", "conaffinity": "1", "condim": "3", "group": "3"}
_HEAVY = 0.05  # of the robot's mass: bodies that a fallen robot lies on
_THICK = (0.15, 0.06)  # of the standing height, radius of what they touch the floor with: the base, others
_LOOKS = {"contype": "0", "conaffinity": "0", "group": "2"}
_ACROSS = np.array([np.sqrt(0.5), np.sqrt(0.5), 0, 0])  # turns z, along a capsule, to y
_NOTE = """
  {name} in normal form, made by robot.py init. Lengths in m, masses in kg, angles in rad. Free base between the hips,
  x forward, y left, z up; all frames are parallel at the zero pose; soles touch the floor with two bars each,
  a fallen robot with a few spheres.
  """


def write_mjcf(
    anatomy: Anatomy,
    layout: Layout,
    servos: Mapping[str, ServoDesign],
    height: float,
    meshes: mujoco.MjModel | None = None,
) -> str:
    """The MJCF as text.

    Args:
        anatomy: the robot's parts.
        layout: its bodies.
        servos: of every acting joint.
        height: of the base over the floor, m.
        meshes: the model whose meshes are shown, as files beside this one; None: nothing is to be seen.
    """
    root = ElementTree.Element("mujoco", model=anatomy.name)
    root.append(ElementTree.Comment(_NOTE.format(name=anatomy.name.replace("--", "-"))))
    _add(root, "compiler", angle="radian", autolimits="true", inertiafromgeom="false")
    _add(_add(root, "option", **_OPTIONS, **_EFFORT), "flag", autoreset="disable", island="disable")
    if meshes is not None:
        _add_meshes(root, layout, meshes)
    placed: dict[int, ElementTree.Element] = {id(None): _add(root, "worldbody")}
    for rigid in layout.bodies:
        placed[id(rigid)] = _add_body(placed[id(rigid.parent)], rigid, servos, height, meshes)
    actuators, sensors = _add(root, "actuator"), _add(root, "sensor")
    for joint in layout.joints:
        _add_servo(actuators, joint.name, servos[joint.name])
    for foot in anatomy.feet:
        carrier = layout.carrier[foot.body]
        _add_sole(placed[id(carrier)], carrier, foot)
        for end in ENDS:
            _add(sensors, "touch", name=f"{foot.side}_{end}", site=f"{foot.side}_{end}")
    for rigid in layout.bodies:
        if rigid not in (layout.carrier[foot.body] for foot in anatomy.feet):
            _add_fall_shape(placed[id(rigid)], rigid, anatomy, height)
    carrier = layout.carrier[anatomy.imu.body]
    place, turn = _text(anatomy.imu.place - carrier.origin), _text(anatomy.imu.quaternion)
    _add(placed[id(carrier)], "site", name=IMU, pos=place, quat=turn, group="4")
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode") + "\n"


def _add_body(
    parent: ElementTree.Element,
    rigid: Rigid,
    servos: Mapping[str, ServoDesign],
    height: float,
    meshes: mujoco.MjModel | None,
) -> ElementTree.Element:
    if rigid.parent is None or rigid.joint is None:
        body = _add(parent, "body", name=rigid.name, pos=_text([0, 0, height]))
        _add(body, "freejoint", name="base_of_the_robot")
    else:
        body = _add(parent, "body", name=rigid.name, pos=_text(rigid.origin - rigid.parent.origin))
        servo, name = servos[rigid.joint.name], rigid.joint.name
        moving = _add(body, "joint", name=name, axis=_text(rigid.axis), range=_text([servo.lower, servo.upper]))
        moving.set("damping", _text([servo.damping]))
        moving.set("frictionloss", _text([servo.friction_loss]))
        moving.set("armature", _text([servo.armature]))
    inertia = rigid.inertia
    full = [*np.diag(inertia), inertia[0, 1], inertia[0, 2], inertia[1, 2]]
    center = _text(rigid.center - rigid.origin)
    _add(body, "inertial", mass=_text([rigid.mass]), pos=center, fullinertia=_text(full))
    for look in rigid.looks if meshes is not None else ():
        _add_look(body, rigid, look, meshes)
    return body


def _add_look(body: ElementTree.Element, rigid: Rigid, look: Look, meshes: mujoco.MjModel | None) -> None:
    geom = _add(body, "geom", type=look.kind, pos=_text(look.position - rigid.origin), quat=_text(look.quaternion))
    geom.attrib.update(_LOOKS, rgba=_text(look.rgba))
    if look.mesh is None:
        geom.set("size", _text(look.size))
    elif meshes is not None:
        geom.set("mesh", mesh_file(meshes, look.mesh).removesuffix(".stl"))


def _add_meshes(root: ElementTree.Element, layout: Layout, model: mujoco.MjModel) -> None:
    shown = {look.mesh for rigid in layout.bodies for look in rigid.looks if look.mesh is not None}
    assets = _add(root, "asset")
    for mesh in sorted(shown):
        file = mesh_file(model, mesh)
        _add(assets, "mesh", name=file.removesuffix(".stl"), file=file, inertia="shell")


def _add_servo(actuators: ElementTree.Element, name: str, servo: ServoDesign) -> None:
    limits = _text([-servo.torque_limit, servo.torque_limit])
    gains = {"kp": _text([servo.kp]), "kv": _text([servo.kv])}
    _add(actuators, "position", name=name, joint=name, forcerange=limits, inheritrange="1", **gains)


def _add_sole(body: ElementTree.Element, carrier: Rigid, foot: FootFacts) -> None:
    """The sole's center, and at toe and heel a bar across the foot with its switch."""
    turn, radius = matrix_of(foot.quaternion), EDGE_RADIUS * foot.half_length
    half_bar = foot.half_width - radius
    _add(body, "site", name=f"{foot.side}_sole", pos=_text(foot.center - carrier.origin), quat=_text(foot.quaternion))
    across = np.empty(4)
    mujoco.mju_mulQuat(across, foot.quaternion, _ACROSS)
    for end, direction in zip(ENDS, (1, -1), strict=True):
        place = foot.center + turn @ [direction * (foot.half_length - radius), 0, radius] - carrier.origin
        name = f"{foot.side}_{end}"
        _add(body, "geom", name=name, size=_text([radius, half_bar]), pos=_text(place), quat=_text(across), **_TOUCHING)
        box = _text([2 * radius, half_bar + 2 * radius, 2 * radius])
        _add(body, "site", name=name, type="box", size=box, pos=_text(place), quat=_text(foot.quaternion), group="4")


def _add_fall_shape(body: ElementTree.Element, rigid: Rigid, anatomy: Anatomy, height: float) -> None:
    """A sphere about a heavy body's center of mass, well clear of the floor while the robot stands."""
    if rigid.mass < _HEAVY * anatomy.mass:
        return
    clear = (rigid.center[2] - anatomy.sole_height) / 3
    radius = min(_THICK[rigid.parent is not None] * height, clear)
    if radius > 0:
        _add(body, "geom", size=_text([radius]), pos=_text(rigid.center - rigid.origin), **_FALLEN)


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _text(numbers: object) -> str:
    """Nine significant digits; what is nothing beside a nanometer is nothing."""
    return " ".join(f"{0.0 if abs(x) < 1e-15 else float(x):.9g}" for x in np.ravel(np.asarray(numbers, float)))
