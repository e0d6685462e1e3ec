"""The contact patch of a foot: the flat underside of the hull of its shapes."""

from typing import NamedTuple

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from playground_amp.robot.making.anatomy import Shape
from playground_amp.robot.making.shapes import colliding, contact_points, kind_of, points_of, shapes_of
from playground_amp.robot.making.skeleton import Skeleton

_SAME_PLANE = 0.035  # rad between normals of facets that are one underside
_THICKNESS = 0.006  # of the robot's height: points so near to the underside's plane touch the floor
_DOWN = 0.5  # cosine: an underside faces the floor within 60° at the zero pose
_ROUND = ("sphere", "capsule")
_CONTACTS: dict[Shape, int] = {"box": 4, "capsule": 2, "cylinder": 4, "sphere": 1, "ellipsoid": 1, "mesh": 4}


class Patch(NamedTuple):
    """What a foot stands on, in the world's frame at the zero pose."""

    points: np.ndarray  # [n, 3] m, corners of its outline
    down: np.ndarray  # [3] unit normal, into the floor
    area: float  # m² of the outline
    shape: Shape
    contacts: int
    rolls: bool = False  # its corners are those of round shapes, which touch at points inside their edges


def patch_of(skeleton: Skeleton, foot: int, size: float) -> Patch:
    """The patch of a foot body and what is fixed to it. `size`: the robot's height, m."""
    bodies = skeleton.inside[foot]
    geoms = shapes_of(skeleton, bodies)
    geoms = colliding(skeleton, geoms) or geoms
    if not geoms:
        return _of_inertia(skeleton, foot)
    points = [points_of(skeleton, geom) for geom in geoms]
    down = _underside(np.concatenate(points))
    is_round = [kind_of(skeleton.model, geom) in _ROUND for geom in geoms]
    points = [
        contact_points(skeleton, geom, down) if alike else each
        for geom, each, alike in zip(geoms, points, is_round, strict=True)
    ]
    depth = [float((each @ down).max()) for each in points]
    near = max(depth) - _THICKNESS * size
    touching = [geom for geom, deepest in zip(geoms, depth, strict=True) if deepest > near]
    every = np.concatenate(points)
    every = every[every @ down > near]
    outline, area = _outline(every, down)
    kinds: list[Shape] = [kind for geom in touching if (kind := kind_of(skeleton.model, geom))]
    rolls = all(kind in _ROUND for kind in kinds)
    return Patch(outline, down, area, max(kinds, key=kinds.count), sum(_CONTACTS[kind] for kind in kinds), rolls)


def _underside(points: np.ndarray) -> np.ndarray:
    """The outward normal of the largest flat part of a hull that faces down."""
    try:
        hull = ConvexHull(points, qhull_options="QJ")
    except QhullError:
        return np.array([0.0, 0.0, -1.0])
    normals = hull.equations[:, :3]
    corners = points[hull.simplices]
    areas = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1) / 2
    facing = np.flatnonzero(-normals[:, 2] > _DOWN)
    if not len(facing):
        return np.array([0.0, 0.0, -1.0])
    together = normals[facing] @ normals[facing].T > np.cos(_SAME_PLANE)
    sizes = together @ areas[facing]
    best = together[int(np.argmax(sizes * -normals[facing, 2]))]
    normal = areas[facing][best] @ normals[facing][best]
    return normal / np.linalg.norm(normal)


def _outline(points: np.ndarray, down: np.ndarray) -> tuple[np.ndarray, float]:
    """The corners of the convex outline of points that lie about in a plane, moved to its deepest level; its area."""
    along = np.cross(down, [0.0, 1.0, 0.0])
    along /= np.linalg.norm(along)
    flat = np.stack([points @ along, points @ np.cross(down, along)], axis=1)
    level = (points @ down).max()
    lifted = points + np.outer(level - points @ down, down)
    try:
        hull = ConvexHull(flat)
    except (QhullError, ValueError):
        return lifted, 0.0
    return lifted[hull.vertices], float(hull.volume)


def _of_inertia(skeleton: Skeleton, foot: int) -> Patch:
    """The underside of the box that has a foot's mass and inertia, where its shapes are lost."""
    model, data = skeleton.model, skeleton.data
    body = max(skeleton.inside[foot], key=lambda each: float(model.body_mass[each]))
    mass, moments = max(float(model.body_mass[body]), 1e-9), model.body_inertia[body]
    squares = 6 / mass * (moments.sum() - 2 * moments)  # of the edges
    half = np.sqrt(np.maximum(squares, 1e-8)) / 2
    corners = np.array(np.meshgrid([-1, 1], [-1, 1], [-1, 1])).reshape(3, -1).T * half
    points = data.xipos[body] + corners @ data.ximat[body].reshape(3, 3).T
    down = np.array([0.0, 0.0, -1.0])
    lowest = points[points[:, 2] <= np.sort(points[:, 2])[3] + 1e-9]
    outline, area = _outline(lowest, down)
    return Patch(outline, down, area, "inertia", 4)
