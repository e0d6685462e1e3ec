"""A stranger's robot at a glance: front and side view at home, joints named, soles and center of mass drawn.

Drawn by matplotlib from the outlines of the model's shapes: it needs neither a display nor OpenGL.
"""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import matplotlib
import mujoco
import numpy as np
from scipy.spatial import ConvexHull, QhullError

from playground_amp.outputs import OutputKind, output_file
from playground_amp.robot.inspection.inspection import Inspection
from playground_amp.robot.inspection.standing import at_home
from playground_amp.robot.making.anatomy import JointFacts
from playground_amp.rotations import rotate, rotate_inverse

_MARK = "made by WildRobot: a robot's anatomy"
_LINE = 0.026  # of the robot's height, that a label takes
_RING = 24  # points on a circle
_MOST_POINTS = 4000  # of a mesh
_BESIDE, _NEAREST = 0.05, 0.36  # of the height: from the robot, and from the middle of a view, to its labels
_TEXT = 0.32  # of the height, that a label is long
_TALL = 5.6  # inches of paper for the robot's height
_COLORS = {"left": "tab:blue", "right": "tab:orange", "middle": "tab:green"}


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"\x89PNG") and _MARK.encode() in head


ANATOMY_PICTURE = OutputKind("a picture of a robot (PNG)", _is_ours, streamed=False)


class _View(NamedTuple):
    """One of the pictures: what lies to the right in it, and which joints are named on its two sides."""

    title: str
    across: int  # axis of the robot's frame that points to the right
    sides: tuple[tuple[str, ...], tuple[str, ...]]  # of joints that are named at the left and at the right edge


_VIEWS = (
    _View("from the front", 1, (("right",), ("left",))),
    _View("from its right side", 0, (("middle",), ("right",))),
)


def save_anatomy_picture(inspection: Inspection, path: Path) -> None:
    """Writes a PNG. Raises UserError if the file cannot be written, or another one is in its place."""
    matplotlib.use("Agg")
    from matplotlib import pyplot

    body = _posed(inspection)
    anatomy, frames = inspection.anatomy, [_frame(view, body) for view in _VIEWS]
    size = _TALL * 2 * sum(frame.reach for frame in frames) / frames[0].height + 1.5, _TALL * 1.12 + 1.2
    ratios = {"width_ratios": [frame.reach for frame in frames]}
    figure, axes = pyplot.subplots(1, 2, figsize=size, layout="constrained", gridspec_kw=ratios)
    figure.suptitle(f"{anatomy.name}: {anatomy.mass:.3g} kg, legs of {anatomy.leg_length:.3g} m, at home")
    for axis, view, frame in zip(axes, _VIEWS, frames, strict=True):
        _draw(axis, view, frame, body, inspection)
    try:
        with output_file(path, ANATOMY_PICTURE) as unfinished:
            figure.savefig(unfinished, format="png", dpi=110, metadata={"Software": _MARK})
    finally:
        pyplot.close(figure)


class _Posed(NamedTuple):
    """The robot at home, in its own frame with the floor at z = 0; m."""

    shapes: list[np.ndarray]  # of each shape, points [n, 3] whose hull it is
    anchors: dict[str, np.ndarray]  # of the hinges
    links: list[np.ndarray]  # [2, 3] from a hinge to the one before it
    soles: list[np.ndarray]  # [4, 3]
    center_of_mass: np.ndarray  # [3]


def _posed(inspection: Inspection) -> _Posed:
    source, anatomy, home = inspection.source, inspection.anatomy, inspection.design.home
    model, data = source.model, at_home(source, anatomy, inspection.design)
    base = model.body(anatomy.base).id
    position, quaternion = anatomy.frame.position, anatomy.frame.quaternion

    def placed(points: np.ndarray) -> np.ndarray:
        """Of the world, in the robot's frame over the floor."""
        inside = (points - data.xpos[base]) @ data.xmat[base].reshape(3, 3)
        turned = rotate_inverse(inside - position, np.broadcast_to(quaternion, (*inside.shape[:-1], 4)))
        return np.add(turned, (0.0, 0.0, home.height))

    root = int(model.body_rootid[base])
    shapes = [
        placed(points)
        for geom in range(model.ngeom)
        if model.body_rootid[model.geom_bodyid[geom]] == root
        and (points := _points(model, data, geom, source.lost_meshes)) is not None
    ]
    anchors = {joint.name: placed(data.joint(joint.name).xanchor) for joint in anatomy.joints}
    links = [np.array([anchors[one], anchors[other]]) for leg in anatomy.legs for one, other in pairwise(leg)]
    soles = []
    for foot in anatomy.feet:
        half = np.array([(1, 1), (1, -1), (-1, -1), (-1, 1)]) * (foot.half_length, foot.half_width)
        flat = np.column_stack([half, np.zeros(4)])
        corners = foot.center + rotate(flat, np.broadcast_to(foot.quaternion, (4, 4)))
        soles.append(placed(_carried(inspection, data, foot.body, corners)))
    return _Posed(shapes, anchors, links, soles, placed(data.subtree_com[root]))


def _carried(inspection: Inspection, data: mujoco.MjData, body: str, points: np.ndarray) -> np.ndarray:
    """Points [n, 3] of the robot's frame at the zero pose, fixed to a body, in the world of a pose."""
    model, anatomy = inspection.source.model, inspection.anatomy
    zero = mujoco.MjData(model)
    for joint in anatomy.joints:
        zero.qpos[model.joint(joint.name).qposadr[0]] = 0.0
    mujoco.mj_kinematics(model, zero)
    base, foot = model.body(anatomy.base).id, model.body(body).id
    turns = np.broadcast_to(anatomy.frame.quaternion, (len(points), 4))
    inside = anatomy.frame.position + rotate(points, turns)
    world = zero.xpos[base] + inside @ zero.xmat[base].reshape(3, 3).T
    in_foot = (world - zero.xpos[foot]) @ zero.xmat[foot].reshape(3, 3)
    return data.xpos[foot] + in_foot @ data.xmat[foot].reshape(3, 3).T


def _points(model: mujoco.MjModel, data: mujoco.MjData, geom: int, lost: frozenset[str]) -> np.ndarray | None:
    """Points [n, 3] of the world whose hull a shape is; None: it is none that can be drawn."""
    kind, size = mujoco.mjtGeom(int(model.geom_type[geom])), model.geom_size[geom]
    circle = np.linspace(0, 2 * np.pi, _RING, endpoint=False)
    ring = np.column_stack([np.cos(circle), np.sin(circle), np.zeros(_RING)])
    ball = np.concatenate([ring, ring[:, [2, 0, 1]], ring[:, [0, 2, 1]]])
    kinds = mujoco.mjtGeom
    if kind == kinds.mjGEOM_MESH:
        mesh = int(model.geom_dataid[geom])
        if model.mesh(mesh).name in lost:
            return None
        start, count = int(model.mesh_vertadr[mesh]), int(model.mesh_vertnum[mesh])
        local = model.mesh_vert[start : start + count][:: max(1, count // _MOST_POINTS)].astype(float)
    elif kind == kinds.mjGEOM_BOX:
        local = size * np.array(np.meshgrid((-1, 1), (-1, 1), (-1, 1))).reshape(3, -1).T
    elif kind == kinds.mjGEOM_SPHERE:
        local = size[0] * ball
    elif kind == kinds.mjGEOM_ELLIPSOID:
        local = size * ball
    elif kind in (kinds.mjGEOM_CAPSULE, kinds.mjGEOM_CYLINDER):
        end = size[0] * (ball if kind == kinds.mjGEOM_CAPSULE else ring)
        local = np.concatenate([np.add(end, (0, 0, size[1])), np.subtract(end, (0, 0, size[1]))])
    else:
        return None
    return data.geom_xpos[geom] + local @ data.geom_xmat[geom].reshape(3, 3).T


class _Frame(NamedTuple):
    """What of the paper a view takes, m."""

    height: float  # of the robot
    middle: float
    labels: float  # from the middle
    reach: float  # from the middle to the edge


def _frame(view: _View, body: _Posed) -> _Frame:
    everything = np.vstack([*body.shapes, *body.anchors.values(), *body.soles])
    height, low, high = everything[:, 2].max(), everything[:, view.across].min(), everything[:, view.across].max()
    labels = max((high - low) / 2 + _BESIDE * height, _NEAREST * height)
    return _Frame(float(height), float(low + high) / 2, float(labels), float(labels + _TEXT * height))


def _draw(axis, view: _View, frame: _Frame, body: _Posed, inspection: Inspection) -> None:
    place = [view.across, 2]
    for points in body.shapes:
        outline = _outline(points[:, place])
        axis.fill(*outline.T, color="0.6", alpha=0.16, lw=0)
        axis.plot(*np.vstack([outline, outline[:1]]).T, color="0.6", lw=0.4)
    for link in body.links:
        axis.plot(*link[:, place].T, color="0.3", lw=1.5)
    for sole, side in zip(body.soles, ("left", "right"), strict=True):
        axis.plot(*np.vstack([sole, sole[:1]])[:, place].T, color=_COLORS[side], lw=3, solid_capstyle="round")
    axis.axhline(0.0, color="0.4", lw=0.8, zorder=0)
    heart = body.center_of_mass[place]
    axis.plot([heart[0]] * 2, [0, heart[1]], color="tab:red", lw=0.8, ls="--")
    axis.plot(*heart, marker="o", color="tab:red", ms=7)
    below = (heart[0], -0.045 * frame.height)
    axis.text(*below, "center of mass", fontsize=7, color="tab:red", ha="center", va="center")
    for edge, sides in zip((-1, 1), view.sides, strict=True):
        joints = [j for j in inspection.anatomy.joints if j.side in sides and not j.passive]
        _name(axis, joints, body, place, frame.middle + edge * frame.labels, frame.height)
    ends = frame.middle - frame.reach, frame.middle + frame.reach
    axis.set(title=view.title, xlim=ends, ylim=(-0.07 * frame.height, 1.05 * frame.height))
    axis.set_aspect("equal")
    axis.set_xlabel(f"{'xyz'[view.across]}, m")


def _name(axis, joints: Sequence[JointFacts], body: _Posed, place: list[int], x: float, height: float) -> None:
    """Labels in a column at x, none over another, with a line to each joint."""
    joints = sorted(joints, key=lambda joint: body.anchors[joint.name][2])
    ys = spread([float(body.anchors[joint.name][2]) for joint in joints], _LINE * height, 0.0, height)
    for joint, y in zip(joints, ys, strict=True):
        anchor = body.anchors[joint.name][place]
        color = _COLORS[joint.side]
        axis.plot([anchor[0], x], [anchor[1], y], color=color, lw=0.4)
        axis.plot(*anchor, marker="o", color=color, ms=3)
        ha = "left" if x > anchor[0] else "right"
        axis.text(x, y, f" {joint.name} ", fontsize=7, color=color, ha=ha, va="center")


def spread(wanted: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """Places in ascending order, at least `gap` apart, as near to the wanted ascending ones as that allows.

    They stay within low and high where there is room.
    """
    count = len(wanted)
    if count == 0:
        return []
    # Without the gaps, places only have to ascend: pool neighbours that do not, at their mean.
    pools: list[list[float]] = []
    for index, place in enumerate(wanted):
        pools.append([place - index * gap])
        while len(pools) > 1 and np.mean(pools[-2]) > np.mean(pools[-1]):
            last = pools.pop()
            pools[-1].extend(last)
    ascending = [float(np.mean(pool)) for pool in pools for _ in pool]
    room = max(high - low - (count - 1) * gap, 0.0)
    return [min(max(place, low), low + room) + index * gap for index, place in enumerate(ascending)]


def _outline(points: np.ndarray) -> np.ndarray:
    """The convex outline of points [n, 2]; of points on a line, those."""
    try:
        return points[ConvexHull(points).vertices]
    except QhullError:
        return points
