"""Points of a model's shapes: corners, or samples of what is round."""

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import Shape
from playground_amp.robot.making.skeleton import Skeleton

_AROUND = 24  # samples about a round shape
_RINGS = 7  # of a sphere, from pole to pole
_KINDS: dict[int, Shape] = {
    mujoco.mjtGeom.mjGEOM_BOX.value: "box",
    mujoco.mjtGeom.mjGEOM_CAPSULE.value: "capsule",
    mujoco.mjtGeom.mjGEOM_CYLINDER.value: "cylinder",
    mujoco.mjtGeom.mjGEOM_SPHERE.value: "sphere",
    mujoco.mjtGeom.mjGEOM_ELLIPSOID.value: "ellipsoid",
    mujoco.mjtGeom.mjGEOM_MESH.value: "mesh",
}


def kind_of(model: mujoco.MjModel, geom: int) -> Shape | None:
    """The kind of a shape; None for planes and what has no hull."""
    return _KINDS.get(int(model.geom_type[geom]))


def shapes_of(skeleton: Skeleton, bodies: set[int]) -> list[int]:
    """The shapes of bodies whose form is known: no planes, no stand-ins."""
    model = skeleton.model
    found = []
    for geom in range(model.ngeom):
        if int(model.geom_bodyid[geom]) not in bodies or kind_of(model, geom) is None:
            continue
        mesh = int(model.geom_dataid[geom])
        lost = kind_of(model, geom) == "mesh" and model.mesh(mesh).name in skeleton.source.lost_meshes
        if not lost:
            found.append(geom)
    return found


def colliding(skeleton: Skeleton, geoms: list[int]) -> list[int]:
    """Those of the shapes that can touch something, also if only a contact pair says so."""
    model = skeleton.model
    paired = {int(geom) for geom in np.concatenate([model.pair_geom1, model.pair_geom2])}
    return [g for g in geoms if model.geom_contype[g] or model.geom_conaffinity[g] or g in paired]


def points_of(skeleton: Skeleton, geom: int) -> np.ndarray:
    """Points [n, 3] whose hull is the shape, in the world's frame at the pose of the skeleton's data."""
    model, data = skeleton.model, skeleton.data
    turn, size = data.geom_xmat[geom].reshape(3, 3), model.geom_size[geom]
    kind = kind_of(model, geom)
    if kind == "mesh":
        mesh = int(model.geom_dataid[geom])
        first, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        local = model.mesh_vert[first : first + count].astype(float)
    elif kind == "box":
        corners = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T
        local = corners * size
    elif kind == "cylinder":
        ring = _ring() * size[0]
        local = _both_ends(ring, size[1])
    else:
        ball = _ball() @ turn  # its poles lie above and below, however the shape is turned
        local = ball * (size if kind == "ellipsoid" else size[0])
        if kind == "capsule":
            local = _both_ends(local, size[1])
    return data.geom_xpos[geom] + local @ turn.T


def contact_points(skeleton: Skeleton, geom: int, down: np.ndarray) -> np.ndarray:
    """Points [n, 3] of a sphere or a capsule that a floor touches whose normal is −`down`."""
    turn, size = skeleton.data.geom_xmat[geom].reshape(3, 3), skeleton.model.geom_size[geom]
    half = size[1] if kind_of(skeleton.model, geom) == "capsule" else 0.0
    ends = np.array([[0, 0, -half], [0, 0, half]] if half else [[0, 0, 0]])
    return skeleton.data.geom_xpos[geom] + ends @ turn.T + size[0] * down


def _both_ends(points: np.ndarray, half: float) -> np.ndarray:
    up = np.array([0.0, 0.0, half])
    return np.concatenate([points - up, points + up])


def _ring() -> np.ndarray:
    angle = np.arange(_AROUND) * 2 * np.pi / _AROUND
    return np.stack([np.cos(angle), np.sin(angle), np.zeros(_AROUND)], axis=1)


def _ball() -> np.ndarray:
    tilt = np.linspace(-np.pi / 2, np.pi / 2, _RINGS)[1:-1]
    rings = [_ring() * np.cos(t) + [0, 0, np.sin(t)] for t in tilt]
    return np.concatenate([*rings, [[0, 0, 1.0], [0, 0, -1.0]]])
