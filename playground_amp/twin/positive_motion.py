"""The model's joints as calibration needs them: home, range, and what one sees when an angle grows."""

import mujoco
import numpy as np

from playground_amp.hardware.calibration.robot_facts import JointFacts, RobotFacts, imu_orientation
from playground_amp.robot.identity import identity_of
from playground_amp.robot.models import visual_model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot

_NUDGE = 0.05  # rad
_WORDS = (("forward", "backward"), ("to the left", "to the right"), ("up", "down"))  # of x, y, z of the base


def facts_of_robot(robot: Robot) -> RobotFacts:
    """What calibration must know of a robot whose folder is there."""
    model = visual_model_of(robot)
    ranges = zip(robot.joint_lower, robot.joint_upper, robot.home_joint_position, strict=True)
    joints = tuple(
        JointFacts(name, float(lower), float(upper), float(home), _positive(robot, model, place))
        for place, (name, (lower, upper, home)) in enumerate(zip(robot.joint_names, ranges, strict=True))
    )
    imu, home = robot.imu, {joint.name: joint.home for joint in joints}
    rows = zip(imu.joints.tolist(), imu.rotation.tolist(), imu.axis.tolist(), strict=True)
    hinges = [(robot.joint_names[joint], rotation, axis) for joint, rotation, axis in rows]
    return RobotFacts(identity_of(robot).name, joints, imu_orientation(hinges, imu.tip_rotation.tolist(), home))


def _positive(robot: Robot, model: mujoco.MjModel, place: int) -> str:
    """Where the part that is farthest from the joint's axis goes; of an upright axis, which way all turns."""
    joint = model.joint(robot.joint_names[place])
    body = int(model.jnt_bodyid[joint.id])
    rest, moved = (_geoms_at(robot, model, place, angle) for angle in (0.0, _NUDGE))
    axis = robot.joint_axis_b[place]
    name = model.body(body).name or "what it carries"
    if abs(axis[2]) > max(abs(axis[0]), abs(axis[1])):
        way = "left (counter-clockwise, seen from above)" if axis[2] > 0 else "right (clockwise, seen from above)"
        return f"{name} turns to the {way}"
    carried = [geom for geom in range(model.ngeom) if _is_below(model, int(model.geom_bodyid[geom]), body)]
    paths = moved[carried] - rest[carried]
    farthest = int(np.argmax(np.linalg.norm(paths, axis=1)))
    shape = model.geom(carried[farthest])
    path, part = paths[farthest], shape.name or model.body(int(shape.bodyid[0])).name or name
    along = int(np.argmax(np.abs(path)))
    return f"{part} moves {_WORDS[along][0 if path[along] > 0 else 1]}"


def _geoms_at(robot: Robot, model: mujoco.MjModel, place: int, angle: float) -> np.ndarray:
    """Middles of all shapes [G, 3] in the base frame at home, with one joint turned on by `angle` rad."""
    data = mujoco.MjData(model)
    data.qpos[:] = robot.home_qpos
    data.qpos[BASE_QPOS_SIZE + place] += angle
    mujoco.mj_kinematics(model, data)
    return data.geom_xpos.copy()


def _is_below(model: mujoco.MjModel, body: int, ancestor: int) -> bool:
    while body:
        if body == ancestor:
            return True
        body = int(model.body_parentid[body])
    return False
