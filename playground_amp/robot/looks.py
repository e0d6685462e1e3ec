"""What there is to see of the robot, as plain data: shapes with colors, each fixed to a body."""

from dataclasses import dataclass
from typing import Literal

import mujoco
import numpy as np

from playground_amp.robot.robot import load_visual_model

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


@dataclass(frozen=True)
class Ground:
    """A floor that is not flat: heights over a rectangle around the origin."""

    height: np.ndarray  # [rows along y, columns along x] m
    half_length: float  # m, along x
    half_width: float  # m, along y


def uneven_ground(scene: str = "flat") -> Ground | None:
    """The scene's height field, if it has one. Raises UserError if there is no such scene."""
    model = load_visual_model(scene)
    if not model.nhfield:
        return None
    half_length, half_width, top, _ = (float(measure) for measure in model.hfield_size[0])
    shape = int(model.hfield_nrow[0]), int(model.hfield_ncol[0])
    lowest = float(model.geom("floor").pos[2])
    return Ground(lowest + top * np.reshape(model.hfield_data, shape), half_length, half_width)


def body_names(scene: str = "flat") -> tuple[str, ...]:
    """The bodies in the order of the model; the first is the world. Raises UserError if there is no such scene."""
    model = load_visual_model(scene)
    return tuple(model.body(index).name for index in range(model.nbody))


def visible_shapes(scene: str = "flat") -> tuple[Shape, ...]:
    """Every shape that is drawn of the robot. Raises UserError if there is no such scene."""
    model = load_visual_model(scene)
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
