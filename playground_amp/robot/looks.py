"""What there is to see of the robot, as plain data: shapes with colors, each fixed to a body."""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.models import visual_model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.stick_figure import LAST_SHOWN_GROUP

Kind = Literal["sphere", "capsule", "ellipsoid", "cylinder", "box", "mesh"]

_KINDS: dict[int, Kind] = {
    mujoco.mjtGeom.mjGEOM_SPHERE.value: "sphere",
    mujoco.mjtGeom.mjGEOM_CAPSULE.value: "capsule",
    mujoco.mjtGeom.mjGEOM_ELLIPSOID.value: "ellipsoid",
    mujoco.mjtGeom.mjGEOM_CYLINDER.value: "cylinder",
    mujoco.mjtGeom.mjGEOM_BOX.value: "box",
    mujoco.mjtGeom.mjGEOM_MESH.value: "mesh",
}


class Surface(NamedTuple):
    """The triangles of a mesh, in the shape's frame."""

    vertices: np.ndarray  # [V, 3] m
    faces: np.ndarray  # [F, 3] int


@dataclass(frozen=True, eq=False)
class Shape:
    """A primitive or a mesh in the frame of its body, in MuJoCo's measures."""

    body: int  # index of the body in the model
    kind: Kind
    size: tuple[float, float, float]  # m: radius, half-lengths or half-axes; cylinders and capsules lie along z
    position: tuple[float, float, float]  # m
    quaternion: tuple[float, float, float, float]  # wxyz
    rgb: tuple[float, float, float]  # 0 to 1
    surface: Surface | None = None  # of a mesh


def body_names(robot: Robot) -> tuple[str, ...]:
    """The bodies in the order of the model; the first is the world."""
    model = visual_model_of(robot)
    return tuple(model.body(index).name for index in range(model.nbody))


def visible_shapes(robot: Robot) -> tuple[Shape, ...]:
    """Every shape that is drawn of the robot."""
    model = visual_model_of(robot)
    return tuple(
        _shape(model, index)
        for index in range(model.ngeom)
        if model.geom_bodyid[index] > 0
        and model.geom_group[index] <= LAST_SHOWN_GROUP
        and int(model.geom_type[index]) in _KINDS
        and _color(model, index)[3] > 0
    )


def _shape(model: mujoco.MjModel, index: int) -> Shape:
    geom = model.geom(index)
    return Shape(
        body=int(geom.bodyid[0]),
        kind=_KINDS[int(geom.type[0])],
        size=tuple(geom.size.tolist()),
        position=tuple(geom.pos.tolist()),
        quaternion=tuple(geom.quat.tolist()),
        rgb=tuple(_color(model, index)[:3].tolist()),
        surface=_surface(model, int(geom.dataid[0])),
    )


def _color(model: mujoco.MjModel, index: int) -> np.ndarray:
    """Red, green, blue, opacity [4]: of the material if there is one."""
    material = model.geom_matid[index]
    return model.mat_rgba[material] if material >= 0 else model.geom_rgba[index]


def _surface(model: mujoco.MjModel, mesh: int) -> Surface | None:
    if mesh < 0:
        return None
    first, corner = model.mesh_faceadr[mesh], model.mesh_vertadr[mesh]
    faces = model.mesh_face[first : first + model.mesh_facenum[mesh]]
    return Surface(model.mesh_vert[corner : corner + model.mesh_vertnum[mesh]].copy(), faces.copy())
