"""A second biped for tests: another build, other names and numbers, nothing parallel to x, y or z.

`load_robot(second_body(folder))` is a robot in normal form: a free base (`trunk`), one hinge a body, a position
actuator for every joint, named like it, in joint order. 13 joints: a neck, and six a leg from a hip yaw down; no
waist. Hinge axes are oblique, the bodies' frames are turned against each other, one hinge lies off its body's origin,
soles are smaller than WildRobot's, the IMU sits on the base. About 0.7 of WildRobot's size, 0.47 of its weight; it
stands in its home pose. Sides are told by `l_` and `r_`, so `robot.yaml` names the pairs that mirror each other.

Everything is laid out at the zero pose in the base's frame, left leg only, and put into the bodies' frames here; the
right leg is the mirror image.
"""

import dataclasses
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import yaml
from scipy.spatial.transform import Rotation

_Vector = tuple[float, ...]
_MIRROR = np.array([1.0, -1.0, 1.0])  # of positions; of rotation vectors it is -_MIRROR


@dataclass(frozen=True)
class _Part:
    """A body and the hinge that carries it, in the base's frame at the zero pose."""

    name: str
    origin: _Vector  # m, of the body's frame
    turn: _Vector  # rotation vector of the body's frame
    axis: _Vector
    anchor: _Vector  # m, where the hinge is
    range: _Vector  # rad
    torque_limit: float  # N·m
    mass: float  # kg
    com: _Vector  # m
    size: _Vector  # m, edges of the box whose inertia it has


_PITCH = (-0.10, 0.99, 0.06)  # of hip, knee and ankle alike: angles that add up to zero leave the sole level
_NECK = _Part(
    "neck", (0.01, 0, 0.10), (0, 0.4, 0), (-0.1, 0, 1), (0.01, 0, 0.10), (-1.2, 0.9), 0.9, 0.12, (0.015, 0, 0.125),
    (0.05, 0.06, 0.05),
)  # fmt: skip
_LEG = (
    _Part("hip_yaw", (0, 0.036, -0.02), (0.3, -0.2, 0.5), (0.17, 0, 0.98), (0, 0.036, -0.02), (-0.6, 0.8), 1.1,
          0.07, (-0.004, 0.038, -0.028), (0.03, 0.03, 0.03)),
    _Part("hip_roll", (-0.010, 0.039, -0.036), (-0.4, 0.1, 0.2), (0.98, 0.10, -0.17), (-0.010, 0.039, -0.036),
          (-0.3, 0.9), 1.5, 0.07, (-0.002, 0.044, -0.040), (0.03, 0.03, 0.03)),
    _Part("hip_pitch", (0.004, 0.047, -0.046), (0.1, 0.2, -0.6), _PITCH, (0.004, 0.047, -0.046), (-1.4, 0.6), 1.5,
          0.14, (0.003, 0.047, -0.105), (0.04, 0.04, 0.10)),
    _Part("knee", (0.012, 0.049, -0.150), (-0.2, 0.5, 0.1), _PITCH, (0.004, 0.047, -0.164), (0.0, 2.0), 1.5,
          0.12, (0.003, 0.047, -0.220), (0.035, 0.035, 0.10)),
    _Part("ankle_pitch", (0.002, 0.047, -0.278), (-0.2, 0.5, 0.1), _PITCH, (0.002, 0.047, -0.278), (-0.9, 0.8), 1.2,
          0.03, (0.003, 0.047, -0.285), (0.02, 0.03, 0.02)),
    _Part("ankle_roll", (0.008, 0.047, -0.294), (0.5, -0.3, 0.2), (0.99, 0.05, 0.12), (0.008, 0.047, -0.294),
          (-0.7, 0.6), 1.1, 0.09, (0.014, 0.048, -0.316), (0.11, 0.05, 0.02)),
)  # fmt: skip
_TRUNK_MASS, _TRUNK_COM, _TRUNK_SIZE = 0.75, (0.004, 0, 0.045), (0.07, 0.11, 0.12)
_SOLE = (0.010, 0.048, -0.327)  # center
_HALF_LENGTH, _HALF_BAR, _EDGE = 0.058, 0.022, 0.003  # m: sole, its bars without their round ends, their radius
_HOME = {"hip_pitch": -0.25, "knee": 0.5, "ankle_pitch": -0.25}
_SERVO = {"kp": "7.2", "kv": "0.15"}
_JOINT = {"damping": "0.024", "frictionloss": "0.008", "armature": "0.006"}
_LOOKS = {"contype": "0", "conaffinity": "0", "group": "2"}
_FALLEN = {"type": "sphere", "contype": "0", "conaffinity": "1", "condim": "3", "group": "3"}
_OPTIONS = {"timestep": "0.002", "integrator": "implicitfast", "iterations": "10", "ls_iterations": "10"}


def second_body(folder: Path) -> str:
    """Writes the robot's folder (made if it is not there) and returns what goes after --robot."""
    folder.mkdir(parents=True, exist_ok=True)
    ElementTree.indent(model := _model())
    (folder / "second.xml").write_text(ElementTree.tostring(model, encoding="unicode"))
    pairs = [[f"l_{part.name}", f"r_{part.name}"] for part in _LEG]
    feet = {
        name: {"sole": f"{side}_sole", "toe": f"{side}_front", "heel": f"{side}_back"}
        for name, side in (("left", "l"), ("right", "r"))
    }
    angles = {f"{side}_{joint}": angle for side in ("l", "r") for joint, angle in _HOME.items()}
    description = {
        "title": "A second body, 13 joints",
        "model": "second.xml",
        "feet": feet,
        "imu": "imu_mount",
        "home": {"height": _home_height(), "joints": angles},
        "servo": {"model": "made up", "speed_limit": 9.0},
        "mirror": pairs,
    }
    (folder / "robot.yaml").write_text(yaml.safe_dump(description, sort_keys=False))
    return str(folder)


def _home_height() -> float:
    """Of the base over the floor, m: the sole's center after the bends at ankle, knee and hip."""
    point = np.array(_SOLE)
    for part in reversed(_LEG):
        bend = Rotation.from_rotvec(_HOME.get(part.name, 0.0) * _unit(part.axis))
        point = np.array(part.anchor) + bend.apply(point - part.anchor)
    return round(float(-point[2]), 6)


def _model() -> ElementTree.Element:
    model = ElementTree.Element("mujoco", model="second")
    _add(model, "compiler", angle="radian", autolimits="true", inertiafromgeom="false")
    option = _add(model, "option", **_OPTIONS)
    _add(option, "flag", autoreset="disable", island="disable")
    trunk = _add(_add(model, "worldbody"), "body", name="trunk")
    trunk.set("pos", _text((0, 0, _home_height())))
    _add(trunk, "freejoint", name="float")
    _add_inertial(trunk, _TRUNK_MASS, np.array(_TRUNK_COM), Rotation.identity(), _TRUNK_SIZE)
    _add(trunk, "camera", name="track", mode="trackcom", pos="0.5 -0.8 0.1", xyaxes="0.86 0.51 0 0 0 1")
    _add(trunk, "geom", type="box", size="0.03 0.05 0.06", pos="0 0 0.04", **_LOOKS)
    _add(trunk, "geom", name="belly", size="0.06", pos="0 0 0.04", **_FALLEN)
    _add(trunk, "site", name="imu_mount", pos="-0.01 0.002 0.05")
    parts = [("l_", _LEG), ("r_", tuple(map(_mirrored, _LEG))), ("", (_NECK,))]
    actuators, sensors = (_add(model, name) for name in ("actuator", "sensor"))
    for side, chain in parts:
        body, place, frame = trunk, np.zeros(3), Rotation.identity()
        for part in chain:
            body, place, frame = _add_part(body, place, frame, side, part)
            limit = _text((-part.torque_limit, part.torque_limit))
            name = side + part.name
            _add(actuators, "position", name=name, joint=name, forcerange=limit, inheritrange="1", **_SERVO)
        if side:
            _add_sole(body, place, frame, side, np.array(_SOLE) * (_MIRROR if side == "r_" else 1.0))
            for end in ("front", "back"):
                _add(sensors, "touch", name=side + end, site=side + end)
    _add(body, "geom", name="head", size="0.035", pos="0 0 0.03", **_FALLEN)
    return model


def _mirrored(part: _Part) -> _Part:
    """The right leg's part. Pitches turn the same way on both sides; the others the opposite way."""
    pitch = part.axis[1] > 0.5
    low, high = part.range
    return dataclasses.replace(
        part,
        origin=_times(_MIRROR, part.origin),
        turn=_times(-_MIRROR, part.turn),
        axis=_times(-_MIRROR if pitch else _MIRROR, part.axis),
        anchor=_times(_MIRROR, part.anchor),
        range=part.range if pitch else (-high, -low),
        com=_times(_MIRROR, part.com),
    )


def _times(signs: np.ndarray, vector: _Vector) -> _Vector:
    return tuple((signs * vector).tolist())


def _add_part(
    parent: ElementTree.Element, place: np.ndarray, frame: Rotation, side: str, part: _Part
) -> tuple[ElementTree.Element, np.ndarray, Rotation]:
    """The body in its parent, whose frame is `frame` at `place`; and the frame of its own."""
    own, origin = Rotation.from_rotvec(part.turn), np.array(part.origin)
    into = own.inv()
    relative = (frame.inv() * own).as_quat(scalar_first=True)
    body = _add(parent, "body", name=f"{side}{part.name}_link", quat=_text(relative))
    body.set("pos", _text(frame.inv().apply(origin - place)))
    joint = _add(body, "joint", name=side + part.name, type="hinge", range=_text(part.range), **_JOINT)
    joint.set("axis", _text(into.apply(_unit(part.axis))))
    joint.set("pos", _text(into.apply(np.array(part.anchor) - origin)))
    _add_inertial(body, part.mass, into.apply(np.array(part.com) - origin), into, part.size)
    look = {"type": "box", "size": _text(np.array(part.size) / 2), "quat": _text(into.as_quat(scalar_first=True))}
    _add(body, "geom", pos=_text(into.apply(np.array(part.com) - origin)), **look, **_LOOKS)
    if part.name == "knee":
        _add(body, "geom", name=f"{side}shin", size="0.018", **_FALLEN)
    return body, origin, own


def _add_inertial(body: ElementTree.Element, mass: float, com: np.ndarray, into: Rotation, size: _Vector) -> None:
    """A box whose edges are parallel to the base's at the zero pose."""
    x, y, z = (edge**2 for edge in size)
    moments = mass / 12 * np.array([y + z, x + z, x + y])
    turn = _text(into.as_quat(scalar_first=True))
    _add(body, "inertial", mass=str(mass), pos=_text(com), quat=turn, diaginertia=_text(moments))


def _add_sole(body: ElementTree.Element, place: np.ndarray, frame: Rotation, side: str, center: np.ndarray) -> None:
    """The sole's center, and at toe and heel a bar across the foot with its switch."""
    into = frame.inv()
    level = _text(into.as_quat(scalar_first=True))
    across = _text((into * Rotation.from_rotvec((np.pi / 2, 0, 0))).as_quat(scalar_first=True))
    touching = {"contype": "0", "conaffinity": "1", "condim": "3", "group": "3"}
    _add(body, "site", name=f"{side}sole", pos=_text(into.apply(center - place)), quat=level)
    for end, direction in (("front", 1), ("back", -1)):
        pos = _text(into.apply(center - place + (direction * (_HALF_LENGTH - _EDGE), 0, _EDGE)))
        bar = {"type": "capsule", "size": _text((_EDGE, _HALF_BAR)), "quat": across}
        _add(body, "geom", name=side + end, pos=pos, **bar, **touching)
        box = _text((2 * _EDGE, _HALF_BAR + 2 * _EDGE, 2 * _EDGE))
        _add(body, "site", name=side + end, type="box", pos=pos, size=box, quat=level)


def _add(parent: ElementTree.Element, tag: str, **attributes: str) -> ElementTree.Element:
    return ElementTree.SubElement(parent, tag, attributes)


def _unit(vector: _Vector) -> np.ndarray:
    return np.array(vector) / np.linalg.norm(vector)


def _text(numbers: object) -> str:
    return " ".join(f"{number:.12g}" for number in np.asarray(numbers, float))
