"""The robot as a plant of Drake's, made from the compiled MJCF by name.

Masses, inertias, joints with their limits and damping, rotor inertias and collision shapes are MuJoCo's; the contacts
are Drake's own. Drake knows no friction loss in a joint, and the servos are not part of the plant: drake_engine.py
applies both. A capsule lying on the floor would touch it in a single point, so the two spheres at its ends stand for
it; they are also where MuJoCo lets it touch.
"""

# pydrake is an extra, and its stubs take the dtype of an array for its shape:
# pyright: reportMissingImports=false, reportArgumentType=false, reportCallIssue=false, reportOperatorIssue=false
# pyright: reportAssignmentType=false

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from pydrake.geometry import (
    AddContactMaterial,
    CollisionFilterDeclaration,
    GeometryId,
    GeometrySet,
    HalfSpace,
    ProximityProperties,
    Sphere,
)
from pydrake.math import RigidTransform, RotationMatrix
from pydrake.multibody.plant import AddMultibodyPlant, CoulombFriction, MultibodyPlant, MultibodyPlantConfig
from pydrake.multibody.tree import FixedOffsetFrame, RevoluteJoint, RotationalInertia, SpatialInertia
from pydrake.systems.framework import Diagram, DiagramBuilder

from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of
from playground_amp.rotations import matrix_of

_DISSIPATION = 20.0  # s/m, Hunt and Crossley's, of WildRobot; a landing foot does not bounce


@dataclass(frozen=True, eq=False)
class DrakePlant:
    """The plant in its diagram, and where its parts lie."""

    diagram: Diagram
    plant: MultibodyPlant
    joint_positions: np.ndarray  # [J] indices into the plant's positions
    joint_velocities: np.ndarray  # [J] indices into its velocities
    geometry_names: dict[GeometryId, str]  # MJCF names of the shapes that can touch the floor


def build_plant(robot: Robot, timestep: float) -> DrakePlant:
    """The robot on its floor, stepped by `timestep` s with rotor inertia, damping and contacts solved implicitly.

    Raises:
      ValueError: the model holds what this translation does not know.
    """
    model = model_of(robot)
    builder = DiagramBuilder()
    config = MultibodyPlantConfig(
        time_step=timestep,
        contact_model="point",
        discrete_contact_approximation="lagged",
        use_sampled_output_ports=False,
    )
    plant, scene_graph = AddMultibodyPlant(config, builder)
    plant.mutable_gravity_field().set_gravity_vector(model.opt.gravity)
    for index in range(1, model.nbody):
        _add_body(plant, model, index)
    with _quiet():
        names = _add_shapes(plant, model, _DISSIPATION / scale_of(robot).speed)
    robot_shapes = GeometrySet([shape for shape, name in names.items() if name != "floor"])
    scene_graph.collision_filter_manager().Apply(CollisionFilterDeclaration().ExcludeWithin(robot_shapes))
    plant.Finalize()
    joints = [plant.GetJointByName(name) for name in robot.joint_names]
    return DrakePlant(
        builder.Build(),
        plant,
        np.array([joint.position_start() for joint in joints]),
        np.array([joint.velocity_start() for joint in joints]),
        names,
    )


@contextmanager
def _quiet() -> Iterator[None]:
    """Without the warning that half spaces do not touch deformable bodies, of which there are none."""
    logger = logging.getLogger("drake")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


def _add_body(plant: MultibodyPlant, model: mujoco.MjModel, index: int) -> None:
    """A body and the hinge, with its actuator, that hangs it on its parent; the base hangs on nothing."""
    body = model.body(index)
    added = plant.AddRigidBody(body.name, _inertia(body))
    parent = model.body(int(body.parentid[0]))
    if parent.id == 0:
        return
    joint = model.joint(int(body.jntadr[0]))
    turn = matrix_of(body.quat)
    place = RigidTransform(RotationMatrix(turn), body.pos + turn @ joint.pos)
    parent_frame = plant.GetBodyByName(parent.name).body_frame()
    mount = plant.AddFrame(FixedOffsetFrame(f"{joint.name}_mount", parent_frame, place))
    pivot = RigidTransform(joint.pos)
    carried = plant.AddFrame(FixedOffsetFrame(f"{joint.name}_pivot", added.body_frame(), pivot))
    lower, upper = (float(end) for end in joint.range)
    hinge = plant.AddJoint(RevoluteJoint(joint.name, mount, carried, joint.axis, lower, upper, float(joint.damping[0])))
    actuator = plant.AddJointActuator(joint.name, hinge)
    actuator.set_default_rotor_inertia(float(joint.armature[0]))
    actuator.set_default_gear_ratio(1.0)


def _inertia(body: Any) -> SpatialInertia:
    axes = np.zeros(9)
    mujoco.mju_quat2Mat(axes, body.iquat)
    axes = axes.reshape(3, 3)
    central = axes @ np.diag(body.inertia) @ axes.T
    moments, products = np.diag(central), (central[0, 1], central[0, 2], central[1, 2])
    return SpatialInertia.MakeFromCentralInertia(float(body.mass[0]), body.ipos, RotationalInertia(*moments, *products))


def _add_shapes(plant: MultibodyPlant, model: mujoco.MjModel, dissipation: float) -> dict[GeometryId, str]:
    """Every shape that can touch the floor, and the floor, whose friction rules every contact."""
    material = ProximityProperties()
    friction = float(model.geom("floor").friction[0])
    AddContactMaterial(material, dissipation=dissipation, friction=CoulombFriction(friction, friction))
    names = {}
    for index in range(model.ngeom):
        geom = model.geom(index)
        body = plant.GetBodyByName(model.body(int(geom.bodyid[0])).name) if geom.bodyid[0] else plant.world_body()
        for number, (shape, place) in enumerate(_shapes(geom)):
            pose = RigidTransform(place)
            shape_id = plant.RegisterCollisionGeometry(body, pose, shape, f"{geom.name}_{number}", material)
            names[shape_id] = geom.name
    return names


def _shapes(geom: Any) -> list[tuple[HalfSpace | Sphere, np.ndarray]]:
    """Shapes and their places in the body, m."""
    kind, radius = mujoco.mjtGeom(int(geom.type[0])), float(geom.size[0])
    if kind == mujoco.mjtGeom.mjGEOM_PLANE:
        return [(HalfSpace(), geom.pos)]
    if kind == mujoco.mjtGeom.mjGEOM_SPHERE:
        return [(Sphere(radius), geom.pos)]
    if kind == mujoco.mjtGeom.mjGEOM_CAPSULE:
        axes = np.zeros(9)
        mujoco.mju_quat2Mat(axes, geom.quat)
        reach = float(geom.size[1]) * axes.reshape(3, 3)[:, 2]
        return [(Sphere(radius), geom.pos + reach), (Sphere(radius), geom.pos - reach)]
    raise ValueError(f"shape {geom.name!r} is a {kind.name}, which has no translation")
