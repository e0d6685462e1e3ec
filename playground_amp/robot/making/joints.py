"""Facts of every hinge of a robot, in the robot's own frame, and which mirrors which."""

import re
from typing import NamedTuple

import numpy as np
from scipy.optimize import linear_sum_assignment

from playground_amp.robot.making.anatomy import JointFacts, Part, Side
from playground_amp.robot.making.drives import command_range, drive_of
from playground_amp.robot.making.limbs import Legs, body_of
from playground_amp.robot.making.sagittal import Line, line_distance
from playground_amp.robot.making.skeleton import Skeleton

MIRRORED = np.array([1.0, -1.0, 1.0])  # of positions; of axes it is the opposite
_SAME_LINE = 2e-3  # m between the axes of a servo and of its play
_PLAY = 0.2  # rad: a passive hinge with a wider range is no play of gears
_MIDDLE = 0.04  # of the robot's height: a part whose center is so near to the plane is in the middle
_TORSO_SHARE = 0.25  # of the robot's mass, from which a part in the middle is a torso and no head
_WAIST = re.compile(r"waist|torso|spine|abdomen|trunk|lumbar|chest", re.IGNORECASE)
_HEAD = re.compile(r"head|neck|antenna|eye|tail|camera", re.IGNORECASE)
_LATERAL = 0.7  # of a unit axis to the left: it bends the leg fore and aft
_UPRIGHT = 0.5  # sine between an axis and the leg, below which they are about parallel
_STEEP = 0.3  # of a unit axis upwards: it crosses the height of the hip at one place
_FAR = 1e3  # cost of a pair that cannot be one


class Bearings(NamedTuple):
    """The robot's frame in the model's world at the zero pose."""

    origin: np.ndarray  # [3] m
    axes: np.ndarray  # [3, 3], rows: forward, left, up

    def point(self, world: np.ndarray) -> np.ndarray:
        """A point of the world [..., 3] in the robot's frame."""
        return (world - self.origin) @ self.axes.T

    def direction(self, world: np.ndarray) -> np.ndarray:
        """A direction of the world [..., 3] in the robot's frame."""
        return world @ self.axes.T


class Limb(NamedTuple):
    """Where a hinge belongs."""

    part: Part
    side: Side


def joint_facts(
    skeleton: Skeleton, legs: Legs, chains: tuple[list[int], list[int]], bearings: Bearings, height: float
) -> list[JointFacts]:
    """The facts of every hinge; `chains`: of the left and the right leg."""
    limbs = _limbs(skeleton, legs, chains, bearings, height)
    lines = {joint: _line(skeleton, bearings, joint) for joint in limbs}
    mirror = {one: other for pair in zip(*chains, strict=True) for one, other in (pair, pair[::-1])}
    for part in ("arm", "waist", "head"):
        mirror |= _paired(skeleton, [j for j in limbs if limbs[j].part == part and j in skeleton.driven], limbs, lines)
    anchors: dict[int, np.ndarray] = {}
    for chain in chains:
        foot = bearings.point(skeleton.data.xipos[body_of(skeleton, chain[-1])])
        anchors |= _along_leg(chain, lines, foot)
    return [_facts(skeleton, bearings, joint, limbs[joint], mirror.get(joint), lines, anchors) for joint in limbs]


def _along_leg(chain: list[int], lines: dict[int, Line], foot: np.ndarray) -> dict[int, np.ndarray]:
    """Points of a leg's axis lines on the leg: those of the hip together over the foot, the others down to that."""
    pitch = next((joint for joint in chain if abs(lines[joint].direction[1]) > _LATERAL), chain[0])
    hip = lines[pitch].point
    if abs(lines[pitch].direction[1]) > _LATERAL:
        hip = hip + (foot[1] - hip[1]) / lines[pitch].direction[1] * lines[pitch].direction
    down = (foot - hip) / np.linalg.norm(foot - hip)
    points = {}
    for index, joint in enumerate(chain):
        line = lines[joint]
        across = line.direction - (line.direction @ down) * down
        if index <= chain.index(pitch):
            points[joint] = _at_hip(line, hip, float(np.linalg.norm(foot - hip)))
        elif np.linalg.norm(across) < _UPRIGHT:
            points[joint] = _nearest(line, foot)
        elif abs(line.direction[0]) > _LATERAL:  # it rolls the leg: at the hinge before it
            points[joint] = _nearest(line, points[chain[index - 1]])
        else:
            points[joint] = line.point + ((hip - line.point) @ across) / float(across @ line.direction) * line.direction
    return points


def _at_hip(line: Line, hip: np.ndarray, leg: float) -> np.ndarray:
    """The point of an axis line as high as the hip, where it passes there; or else the nearest."""
    if abs(line.direction[2]) > _STEEP:
        level = line.point + (hip[2] - line.point[2]) / line.direction[2] * line.direction
        if np.linalg.norm(level - hip) < 0.5 * leg:
            return level
    return _nearest(line, hip)


def _facts(
    skeleton: Skeleton,
    bearings: Bearings,
    joint: int,
    limb: Limb,
    mirror: int | None,
    lines: dict[int, Line],
    anchors: dict[int, np.ndarray],
) -> JointFacts:
    model, driven = skeleton.model, joint in skeleton.driven
    axis, carried = lines[joint].direction, skeleton.inside[body_of(skeleton, joint)]
    lower, upper = _range(skeleton, joint)
    servo, dof = drive_of(skeleton, joint), int(model.jnt_dofadr[joint])
    sign = 1.0
    if mirror is not None:
        sign = float(np.sign(np.dot(lines[mirror].direction, -MIRRORED * axis)) or 1.0)
    return JointFacts(
        name=skeleton.name(joint),
        body=skeleton.body_name(body_of(skeleton, joint)),
        part=limb.part,
        side=limb.side,
        drive=servo.drive,
        passive=not driven,
        play_of=None if driven else _play_of(skeleton, joint),
        mirror=None if mirror is None else skeleton.name(mirror),
        mirror_sign=sign,
        axis=axis,
        anchor=anchors.get(joint, _nearest(lines[joint], bearings.point(skeleton.com_of(carried)))),
        lower=lower,
        upper=upper,
        kp=servo.kp,
        kv=servo.kv,
        torque_limit=servo.torque_limit,
        armature=float(model.dof_armature[dof]) + _motor_armature(skeleton, joint),
        damping=float(model.dof_damping[dof]),
        friction_loss=float(model.dof_frictionloss[dof]),
        stiffness=float(model.jnt_stiffness[joint]),
        inertia=_inertia(skeleton, joint, carried),
    )


def _line(skeleton: Skeleton, bearings: Bearings, joint: int) -> Line:
    data = skeleton.data
    return Line(bearings.point(data.xanchor[joint]), bearings.direction(data.xaxis[joint]))


def _nearest(line: Line, point: np.ndarray) -> np.ndarray:
    return line.point + ((point - line.point) @ line.direction) * line.direction


def _range(skeleton: Skeleton, joint: int) -> tuple[float | None, float | None]:
    model = skeleton.model
    if model.jnt_limited[joint]:
        return float(model.jnt_range[joint, 0]), float(model.jnt_range[joint, 1])
    return command_range(skeleton, joint) or (None, None)


def _motor_armature(skeleton: Skeleton, joint: int) -> float:
    """The rotor behind gears that the model has as a hinge of its own, kg·m² at the joint."""
    model, total = skeleton.model, 0.0
    for each in skeleton.driven.get(joint, []):
        motor = int(model.actuator_trnid[each.actuator, 0])
        own = float(model.actuator_gear[each.actuator, 0])
        if motor != joint and own:
            total += float(model.dof_armature[model.jnt_dofadr[motor]]) * (each.gear / own) ** 2
    return total


def _play_of(skeleton: Skeleton, joint: int) -> str | None:
    """The driven joint on the same axis beside a passive one of small range."""
    model, data = skeleton.model, skeleton.data
    if not model.jnt_limited[joint] or np.ptp(model.jnt_range[joint]) > _PLAY:
        return None
    body = body_of(skeleton, joint)
    for other in skeleton.driven:
        beside = body_of(skeleton, other)
        near = beside == body or int(model.body_parentid[body]) == beside or int(model.body_parentid[beside]) == body
        apart = np.cross(data.xaxis[joint], data.xanchor[other] - data.xanchor[joint])
        same_line = abs(data.xaxis[other] @ data.xaxis[joint]) > 0.99 and np.linalg.norm(apart) < _SAME_LINE
        if near and same_line:
            return skeleton.name(other)
    return None


def _inertia(skeleton: Skeleton, joint: int, carried: set[int]) -> float:
    """About the axis of a hinge, of all that it carries, kg·m²."""
    model, data = skeleton.model, skeleton.data
    axis, total = data.xaxis[joint], 0.0
    for body in carried:
        local = data.ximat[body].reshape(3, 3).T @ axis
        arm = np.cross(axis, data.xipos[body] - data.xanchor[joint])
        total += float(model.body_inertia[body] @ local**2 + model.body_mass[body] * (arm @ arm))
    return total


def _limbs(
    skeleton: Skeleton, legs: Legs, chains: tuple[list[int], list[int]], bearings: Bearings, height: float
) -> dict[int, Limb]:
    """Part and side of every hinge."""
    total = skeleton.mass_of(skeleton.inside[skeleton.top])
    hips = [body_of(skeleton, chain[0]) for chain in chains]
    sides: tuple[Side, Side] = ("left", "right")
    found: dict[int, Limb] = {}
    for joint in skeleton.hinges:
        body = body_of(skeleton, joint)
        carried = skeleton.inside[body]
        in_leg: list[Side] = [side for side, hip in zip(sides, hips, strict=True) if body in skeleton.inside[hip]]
        if in_leg:
            found[joint] = Limb("leg", in_leg[0])
        elif joint in legs.shared or legs.hub in carried:
            found[joint] = Limb("waist", "middle")
        else:
            found[joint] = _upper_limb(skeleton, joint, bearings, height, total)
    return found


def _upper_limb(skeleton: Skeleton, joint: int, bearings: Bearings, height: float, total: float) -> Limb:
    """Part and side of a hinge above the hips."""
    carried = skeleton.inside[body_of(skeleton, joint)]
    sideways = float(bearings.point(skeleton.com_of(carried))[1])
    name = f"{skeleton.name(joint)} {skeleton.body_name(body_of(skeleton, joint))}"
    share = skeleton.mass_of(carried) / total
    if abs(sideways) > _MIDDLE * height:
        return Limb("head" if _HEAD.search(name) else "arm", "left" if sideways > 0 else "right")
    if _HEAD.search(name) or (share < _TORSO_SHARE and not _WAIST.search(name)):
        return Limb("head", "middle")
    return Limb("waist", "middle")


def _paired(skeleton: Skeleton, joints: list[int], limbs: dict[int, Limb], lines: dict[int, Line]) -> dict[int, int]:
    """Driven joints above the hips and their mirror images, by their axis lines and how deep they are in the tree."""
    found = {joint: joint for joint in joints if limbs[joint].side == "middle"}
    left, right = ([j for j in joints if limbs[j].side == side] for side in ("left", "right"))
    if not left or not right:
        return found
    costs = np.array([[_cost(skeleton, one, other, lines) for other in right] for one in left])
    for row, column in zip(*linear_sum_assignment(costs), strict=True):
        if costs[row, column] < _FAR:
            found |= {left[row]: right[column], right[column]: left[row]}
    return found


def _cost(skeleton: Skeleton, one: int, other: int, lines: dict[int, Line]) -> float:
    """How badly two joints mirror each other: distance of the lines, m, and angle, rad, mixed."""
    image = mirror_image(lines[one])
    angle = np.arccos(min(1.0, abs(float(image.direction @ lines[other].direction))))
    depth = [len(skeleton.way_to(body_of(skeleton, joint))) for joint in (one, other)]
    cost = line_distance(image, lines[other]) + 0.3 * float(angle) + 0.05 * abs(depth[0] - depth[1])
    return cost if angle < 1.0 else _FAR + cost


def mirror_image(line: Line) -> Line:
    """An axis line in the sagittal plane's mirror; its direction as that of a turn."""
    return Line(MIRRORED * line.point, -MIRRORED * line.direction)
