"""A robot in normal form, as plain numbers: rigid bodies on hinges, from the hips outwards, all frames parallel."""

from dataclasses import dataclass, field
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.robot.making.anatomy import Anatomy, JointFacts
from playground_amp.robot.making.joints import Bearings
from playground_amp.robot.making.kinematics import matrix_of
from playground_amp.robot.making.looks import Look, looks_of
from playground_amp.robot.making.skeleton import Skeleton

_ALMOST_NOTHING = 1e-6  # kg, and a part of that in kg·m², of a body between two hinges on one body
_SIDES = {"middle": 0, "left": 1, "right": 2}


Cluster = tuple[int, int]  # a body of the model, and which of the hinges on it (0: before all)


class Edge(NamedTuple):
    """A hinge between two clusters, as the model's tree goes."""

    before: Cluster
    after: Cluster
    joint: JointFacts


@dataclass(eq=False)
class Rigid:
    """A body of the normal form: the model's bodies that nothing moves against each other."""

    name: str
    mass: float  # kg
    looks: list[Look]
    center: np.ndarray = field(default_factory=lambda: np.zeros(3))  # [3] m, of mass, in the robot's frame
    inertia: np.ndarray = field(default_factory=lambda: np.zeros((3, 3)))  # about it, kg·m²
    parent: "Rigid | None" = None
    joint: JointFacts | None = None  # None: the base
    axis: np.ndarray = field(default_factory=lambda: np.zeros(3))  # of the hinge, seen from the parent
    origin: np.ndarray = field(default_factory=lambda: np.zeros(3))  # m, where the hinge is, in the robot's frame


@dataclass(frozen=True, eq=False)
class Layout:
    """All bodies of the normal form."""

    bodies: tuple[Rigid, ...]  # the base first, then in the order of their joints
    carrier: dict[str, Rigid]  # of each body of the model, by its name

    @property
    def joints(self) -> tuple[JointFacts, ...]:
        """The acting joints in their order."""
        return tuple(rigid.joint for rigid in self.bodies if rigid.joint)


def lay_out(skeleton: Skeleton, anatomy: Anatomy, acting: tuple[str, ...], held: dict[str, float]) -> Layout:
    """The normal form of a robot whose other driven joints stay at the angles `held` [rad]."""
    bearings = _at_pose(skeleton, anatomy, held)
    owner, edges = _clusters(skeleton, {name: anatomy.joint(name) for name in acting})
    members: dict[Cluster, list[int]] = {cluster: [] for edge in edges for cluster in edge[:2]}
    for body, cluster in owner.items():
        members.setdefault(cluster, []).append(body)
    bodies = {cluster: _gathered(skeleton, bearings, cluster, own) for cluster, own in members.items()}
    hip = skeleton.model.body(anatomy.joint(anatomy.legs[0][0]).body).id
    hub = owner[int(skeleton.model.body_parentid[hip])]
    order = _hang(hub, None, bodies, edges)
    return Layout(tuple(order), {skeleton.body_name(body): bodies[cluster] for body, cluster in owner.items()})


def _at_pose(skeleton: Skeleton, anatomy: Anatomy, held: dict[str, float]) -> Bearings:
    """Puts the skeleton to the zero pose but for what is held; the robot's frame in the world."""
    skeleton.to_zero()
    model, data = skeleton.model, skeleton.data
    for joint in skeleton.hinges:
        data.qpos[model.jnt_qposadr[joint]] = held.get(skeleton.name(joint), 0.0)
    _follow_gears(skeleton)
    mujoco.mj_kinematics(model, data)
    mujoco.mj_comPos(model, data)
    base = model.body(anatomy.base).id if anatomy.root != "fixed" else skeleton.root.base
    turn = data.xmat[base].reshape(3, 3)
    frame = anatomy.frame
    return Bearings(data.xpos[base] + turn @ frame.position, (turn @ matrix_of(frame.quaternion)).T)


def _follow_gears(skeleton: Skeleton) -> None:
    """Turns the motors' own hinges as far as their gears make them."""
    model, data = skeleton.model, skeleton.data
    for joint, transmissions in skeleton.driven.items():
        for each in transmissions:
            motor = int(model.actuator_trnid[each.actuator, 0])
            own = float(model.actuator_gear[each.actuator, 0])
            if motor != joint and own:
                data.qpos[model.jnt_qposadr[motor]] = data.qpos[model.jnt_qposadr[joint]] * each.gear / own


def _clusters(skeleton: Skeleton, joints: dict[str, JointFacts]) -> tuple[dict[int, Cluster], list[Edge]]:
    """Which bodies move as one, and the acting hinges between."""
    owner: dict[int, Cluster] = {}
    edges = []
    for body in sorted(skeleton.inside[skeleton.top]):
        cluster = owner.get(int(skeleton.model.body_parentid[body]), (body, 0))
        names = [skeleton.name(joint) for joint in skeleton.joints_at(body)]
        for index, name in enumerate((name for name in names if name in joints), start=1):
            edges.append(Edge(cluster, (body, index), joints[name]))
            cluster = (body, index)
        owner[body] = cluster
    return owner, edges


def _gathered(skeleton: Skeleton, bearings: Bearings, cluster: Cluster, members: list[int]) -> Rigid:
    """The bodies of a cluster as one, not hung up yet."""
    model, data = skeleton.model, skeleton.data
    name = skeleton.body_name(cluster[0]) if members else f"{skeleton.body_name(cluster[0])}_{cluster[1]}"
    rigid = Rigid(name, mass=float(model.body_mass[members].sum()), looks=looks_of(skeleton, bearings, members))
    if rigid.mass <= _ALMOST_NOTHING:
        return rigid
    rigid.center = bearings.point(model.body_mass[members] @ data.xipos[members] / rigid.mass)
    for body in members:
        turn = bearings.axes @ data.ximat[body].reshape(3, 3)
        arm = bearings.point(data.xipos[body]) - rigid.center
        own = turn @ np.diag(model.body_inertia[body]) @ turn.T
        rigid.inertia += own + model.body_mass[body] * (arm @ arm * np.eye(3) - np.outer(arm, arm))
    return rigid


def _hang(cluster: Cluster, before: Cluster | None, bodies: dict[Cluster, Rigid], edges: list[Edge]) -> list[Rigid]:
    """Hangs up what comes after a cluster, whichever way the model's tree goes; all of it, left before right."""
    rigid = bodies[cluster]
    if rigid.mass <= _ALMOST_NOTHING:
        rigid.mass, rigid.inertia = _ALMOST_NOTHING, 1e-3 * _ALMOST_NOTHING * np.eye(3)
        rigid.center = rigid.origin.copy()
    away = [(edge.after, edge.joint, 1.0) for edge in edges if edge.before == cluster and edge.after != before]
    away += [(edge.before, edge.joint, -1.0) for edge in edges if edge.after == cluster and edge.before != before]
    order = [rigid]
    for other, joint, sign in sorted(away, key=lambda each: _SIDES[each[1].side]):
        child = bodies[other]
        child.joint, child.axis, child.origin = joint, sign * joint.axis, joint.anchor.copy()
        child.parent = rigid
        order += _hang(other, cluster, bodies, edges)
    return order
