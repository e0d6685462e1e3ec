"""What there is to see of a model, for the pictures of its normal form: primitives and meshes."""

import re
import struct
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import Shape
from playground_amp.robot.making.joints import Bearings
from playground_amp.robot.making.shapes import kind_of, shapes_of
from playground_amp.robot.making.skeleton import Skeleton

_SEEN_GROUPS = 3  # MuJoCo's viewers show groups 0 to 2
_STL = np.dtype([("normal", "<f4", 3), ("corners", "<f4", (3, 3)), ("attribute", "<u2")])


class Look(NamedTuple):
    """A shape to look at, in the robot's frame at the zero pose."""

    kind: Shape
    size: np.ndarray  # as MuJoCo has it
    position: np.ndarray  # [3] m
    quaternion: np.ndarray  # [4] wxyz
    rgba: np.ndarray  # [4]
    mesh: int | None  # of the model


def looks_of(skeleton: Skeleton, bearings: Bearings, bodies: list[int]) -> list[Look]:
    """What is seen of bodies at the pose of the skeleton: their visual shapes, or those they collide with."""
    model, data = skeleton.model, skeleton.data
    found = []
    for body in bodies:
        geoms = shapes_of(skeleton, {body})
        visual = [g for g in geoms if not model.geom_contype[g] and not model.geom_conaffinity[g]]
        seen = [g for g in visual if model.geom_group[g] < _SEEN_GROUPS] or [g for g in geoms if g not in visual]
        for geom in seen:
            kind = kind_of(model, geom)
            assert kind is not None
            quaternion = np.empty(4)
            mujoco.mju_mat2Quat(quaternion, (bearings.axes @ data.geom_xmat[geom].reshape(3, 3)).ravel())
            material = int(model.geom_matid[geom])
            rgba = model.mat_rgba[material] if material >= 0 else model.geom_rgba[geom]
            mesh = int(model.geom_dataid[geom]) if kind == "mesh" else None
            place = bearings.point(data.geom_xpos[geom])
            found.append(Look(kind, model.geom_size[geom].copy(), place, quaternion, rgba.copy(), mesh))
    return found


def mesh_file(model: mujoco.MjModel, mesh: int) -> str:
    """The name of a mesh's file in the robot's folder."""
    plain = re.sub(r"[^A-Za-z0-9_-]+", "_", model.mesh(mesh).name.removesuffix(".stl"))
    return f"{mesh:03d}_{plain[:60]}.stl"


def mesh_content(model: mujoco.MjModel, mesh: int) -> bytes:
    """A mesh as binary STL, in the frame of its shape."""
    first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
    face, faces = int(model.mesh_faceadr[mesh]), int(model.mesh_facenum[mesh])
    points = model.mesh_vert[first : first + count]
    triangles = np.zeros(faces, _STL)
    triangles["corners"] = points[model.mesh_face[face : face + faces]]
    return bytes(80) + struct.pack("<I", faces) + triangles.tobytes()
