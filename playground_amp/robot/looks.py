"""What there is to see of the robot, as plain data: shapes with colors, each fixed to a body."""

from dataclasses import dataclass
from typing import Literal

import mujoco

from playground_amp.robot.models import visual_model_of
from playground_amp.robot.record import Robot

Kind = Literal["sphere", "capsule", "ellipsoid", "cylinder", "box"]

_KINDS: dict[int, Kind] = {
    mujoco.mjtGeom.mjGEOM_SPHERE.value: "sphere",
    mujoco.mjtGeom.mjGEOM_CAPSULE.value: "capsule",
    mujoco.mjtGeom.mjGEOM_ELLIPSOID.value: "ellipsoid",
    mujoco.mjtGeom.mjGEOM_CYLINDER.value: "cylinder",
    mujoco.mjtGeom.mjGEOM_BOX.value: "box",
}
_LOOKS_GROUP = 2  # of geoms that are only there to be looked at (wildrobot.xml)


@dataclass(frozen=True)
class Shape:
    """A primitive in the frame of its body, in MuJoCo's measures."""

    body: int  # index of the body in the model
    kind: Kind
    size: tuple[float, float, float]  # m: radius, half-lengths or half-axes; cylinders and capsules lie along z
    position: tuple[float, float, float]  # m
    quaternion: tuple[float, float, float, float]  # wxyz
    rgb: tuple[float, float, float]  # 0 to 1


def body_names(robot: Robot) -> tuple[str, ...]:
    """The bodies in the order of the model; the first is the world."""
    model = visual_model_of(robot)
    return tuple(model.body(index).name for index in range(model.nbody))


def visible_shapes(robot: Robot) -> tuple[Shape, ...]:
    """Every shape that is drawn of the robot."""
    model = visual_model_of(robot)
    geoms = [model.geom(index) for index in range(model.ngeom) if model.geom_group[index] == _LOOKS_GROUP]
    return tuple(
        Shape(
            body=int(geom.bodyid[0]),
            kind=_KINDS[int(geom.type[0])],
            size=tuple(geom.size.tolist()),
            position=tuple(geom.pos.tolist()),
            quaternion=tuple(geom.quat.tolist()),
            rgb=tuple((model.mat_rgba[geom.matid[0]] if geom.matid[0] >= 0 else geom.rgba)[:3].tolist()),
        )
        for geom in geoms
    )
