"""From a model to its anatomy."""

import re

import mujoco
import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.chains import leg_length
from playground_amp.robot.making.anatomy import (
    Anatomy,
    Asymmetry,
    Frame,
    ImuFacts,
    JointFacts,
    Keyframe,
    Symmetry,
)
from playground_amp.robot.making.evenness import evened
from playground_amp.robot.making.joints import Bearings, joint_facts, mirror_image
from playground_amp.robot.making.kinematics import leg_chain
from playground_amp.robot.making.limbs import Legs, find_legs, require_steppable
from playground_amp.robot.making.patches import Patch, patch_of
from playground_amp.robot.making.sagittal import Line, Sagittal, find_sagittal, line_distance
from playground_amp.robot.making.skeleton import Skeleton
from playground_amp.robot.making.soles import foot_facts
from playground_amp.robot.making.source import Source

_POINT = 0.1  # of the leg length: a shorter patch is a point
_LINE = 0.02  # of its length squared: a patch of less area is a line
_ENDLESS = 0.9  # of the leg length: a longer one is the side of something, and no sole
_HAND = re.compile("finger|hand|palm|gripper|thumb")
_LATERAL = 0.7  # of a unit axis to the left: it bends the leg fore and aft
_IMU_SENSORS = tuple(
    getattr(mujoco.mjtSensor, f"mjSENS_{name}").value for name in ("GYRO", "ACCELEROMETER", "FRAMEQUAT", "VELOCIMETER")
)


def anatomy_of(source: Source) -> Anatomy:
    """The parts of a biped.

    Raises:
        UserError: it is none that can walk here: one sentence says why (closed loops, wheels, point feet, four legs …).
    """
    skeleton = Skeleton(source)
    legs = find_legs(skeleton)
    height = _height(skeleton, legs)
    patches = patch_of(skeleton, legs.feet[0], height), patch_of(skeleton, legs.feet[1], height)
    _require_soles(skeleton, legs, patches, height)
    require_steppable(skeleton, legs)
    plane = find_sagittal(skeleton, legs, patches)
    chains, feet = legs.chains, legs.feet
    if not plane.first_is_left:
        chains, feet, patches = (chains[1], chains[0]), (feet[1], feet[0]), (patches[1], patches[0])
    bearings = _bearings(skeleton, chains, plane)
    facts = joint_facts(skeleton, legs, chains, bearings, height)
    by_name = {joint.name: joint for joint in facts}
    names = tuple(skeleton.name(j) for j in chains[0]), tuple(skeleton.name(j) for j in chains[1])
    soles = foot_facts(skeleton, feet, patches, bearings)
    left = leg_chain([by_name[name] for name in names[0]], soles[0])
    ends = np.array([_ends(by_name[name]) for name in names[0]])
    base = skeleton.root.base
    everything = skeleton.inside[skeleton.top]
    anatomy = Anatomy(
        name=_model_name(source),
        base=skeleton.body_name(base),
        root=skeleton.root.kind,
        frame=_frame(skeleton, bearings, plane),
        joints=tuple(facts),
        legs=names,
        feet=soles,
        symmetry=_symmetry(skeleton, bearings, facts),
        imu=_imu(skeleton, bearings),
        keyframes=tuple(_keyframe(skeleton, index) for index in range(source.model.nkey)),
        mass=skeleton.mass_of(everything),
        leg_length=leg_length(left, ends),
        center_of_mass=bearings.point(skeleton.com_of(everything)),
        sole_height=float(min(sole.center[2] for sole in soles)),
    )
    return evened(anatomy)


def _ends(joint: JointFacts) -> tuple[float, float]:
    quarter = np.pi / 2
    return -quarter if joint.lower is None else joint.lower, quarter if joint.upper is None else joint.upper


def _height(skeleton: Skeleton, legs: Legs) -> float:
    """Of the highest hinge of the legs over the lowest body, m."""
    anchors = np.array([skeleton.data.xanchor[joint][2] for chain in legs.chains for joint in chain])
    feet = np.array([skeleton.data.xipos[foot][2] for foot in legs.feet])
    return float(anchors.max() - min(anchors.min(), feet.min()))


def _require_soles(skeleton: Skeleton, legs: Legs, patches: tuple[Patch, Patch], height: float) -> None:
    """Raises UserError if the robot stands on points, on hands, or on what is too long for a sole."""
    spans = [float(np.linalg.norm(np.ptp(patch.points, axis=0))) for patch in patches]
    path, names = skeleton.source.path, " and ".join(repr(skeleton.body_name(foot)) for foot in legs.feet)
    hands = [foot for foot in legs.feet if _HAND.search(skeleton.body_name(foot).lower())]
    if hands or max(spans) > _ENDLESS * height:
        raise UserError(
            f"{path} has no legs: it would stand on {names}"
            + ("" if hands else f", soles of {1000 * max(spans):.0f} mm under limbs of {1000 * height:.0f} mm")
        )
    if max(spans) >= _POINT * height:
        if min(patch.area for patch in patches) < _LINE * max(spans) ** 2:
            raise UserError(f"{path}: its feet touch the floor along a line ({names}): to stand it takes soles")
        return
    if any(patch.shape == "inertia" for patch in patches):
        lost = skeleton.source.lost_meshes
        what = "the meshes of its feet are not there" if lost else "its feet have no shape"
        raise UserError(f"{path}: {what} ({names}): what it stands on cannot be told")
    raise UserError(
        f"{path} has point feet ({names} touch the floor over {1000 * max(spans):.0f} mm): to stand it takes soles"
    )


def _bearings(skeleton: Skeleton, chains: tuple[list[int], list[int]], plane: Sagittal) -> Bearings:
    """The origin lies in the sagittal plane, where the line that joins the hips' pitch axes crosses it."""
    axes = np.stack([plane.forward, plane.left, [0.0, 0.0, 1.0]])
    hips = []
    for chain in chains:
        pitch = [joint for joint in chain if abs(skeleton.data.xaxis[joint] @ plane.left) > _LATERAL]
        hips.append(skeleton.data.xanchor[pitch[0] if pitch else chain[0]])
    middle = (hips[0] + hips[1]) / 2
    return Bearings(middle + (plane.offset - middle @ plane.left) * plane.left, axes)


def _frame(skeleton: Skeleton, bearings: Bearings, plane: Sagittal) -> Frame:
    base = skeleton.root.base
    turn = skeleton.data.xmat[base].reshape(3, 3)
    quaternion = np.empty(4)
    mujoco.mju_mat2Quat(quaternion, (turn.T @ bearings.axes.T).ravel())
    return Frame(turn.T @ (bearings.origin - skeleton.data.xpos[base]), quaternion, plane.told_by)


def _symmetry(skeleton: Skeleton, bearings: Bearings, facts: list[JointFacts]) -> Symmetry:
    by_name = {joint.name: joint for joint in facts}
    pairs = [(joint, by_name[joint.mirror]) for joint in facts if joint.side == "left" and joint.mirror]
    none = Asymmetry(0.0, "nowhere")
    distances, angles, masses, ranges = [none], [none], [none], [none]
    for one, other in pairs:
        image = mirror_image(Line(one.anchor, one.axis))
        where = f"{one.name} and {other.name}"
        distances.append(Asymmetry(line_distance(image, Line(other.anchor, other.axis)), where))
        along = min(1.0, abs(float(image.direction @ other.axis)))
        angles.append(Asymmetry(float(np.arccos(along)), where))
        bodies = [skeleton.model.body(joint.body).id for joint in (one, other)]
        difference = abs(float(np.diff([skeleton.model.body_mass[body] for body in bodies])[0]))
        masses.append(Asymmetry(difference, f"{one.body} and {other.body}"))
        ranges.append(Asymmetry(_range_difference(one, other), where))
    worst = [max(each, key=lambda found: found.amount) for each in (distances, angles, masses, ranges)]
    base = bearings.point(skeleton.data.xpos[skeleton.root.base])
    return Symmetry(float(-base[1]), *worst)


def _range_difference(one: JointFacts, other: JointFacts) -> float:
    if one.lower is None or one.upper is None or other.lower is None or other.upper is None:
        return 0.0
    lower, upper = sorted((one.mirror_sign * one.lower, one.mirror_sign * one.upper))
    return max(abs(lower - other.lower), abs(upper - other.upper))


def _imu(skeleton: Skeleton, bearings: Bearings) -> ImuFacts:
    """The site of a gyro or an accelerometer, or one that is called so, or else the base."""
    model, data = skeleton.model, skeleton.data
    sensors = [int(index) for index in np.flatnonzero(np.isin(model.sensor_type, _IMU_SENSORS))]
    sited = [int(model.sensor_objid[i]) for i in sensors if model.sensor_objtype[i] == mujoco.mjtObj.mjOBJ_SITE]
    named = [site for site in range(model.nsite) if "imu" in model.site(site).name.lower()]
    sites = [site for site in [*sited, *named] if int(model.site_bodyid[site]) in skeleton.inside[skeleton.top]]
    quaternion = np.empty(4)
    if not sites:
        body = next((b for b in sorted(skeleton.inside[skeleton.top]) if "imu" in skeleton.body_name(b).lower()), None)
        body = skeleton.root.base if body is None else body
        mujoco.mju_mat2Quat(quaternion, (bearings.axes @ data.xmat[body].reshape(3, 3)).ravel())
        return ImuFacts(None, skeleton.body_name(body), bearings.point(data.xpos[body]), quaternion)
    site = sites[0]
    mujoco.mju_mat2Quat(quaternion, (bearings.axes @ data.site_xmat[site].reshape(3, 3)).ravel())
    name, body = model.site(site).name or None, skeleton.body_name(int(model.site_bodyid[site]))
    return ImuFacts(name, body, bearings.point(data.site_xpos[site]), quaternion)


def _keyframe(skeleton: Skeleton, index: int) -> Keyframe:
    model = skeleton.model
    qpos = model.key_qpos[index]
    angles = {skeleton.name(joint): float(qpos[model.jnt_qposadr[joint]]) for joint in skeleton.hinges}
    root = skeleton.root
    height = float(qpos[model.jnt_qposadr[root.joints[0]] + 2]) if root.kind == "free" else None
    return Keyframe(model.key(index).name or f"key {index}", angles, height)


def _model_name(source: Source) -> str:
    name = source.model.names[: source.model.names.index(b"\0")].decode(errors="replace")
    return name if name and name != "MuJoCo Model" else source.path.stem
