"""What `robot.py init` writes into a robot's `task:`: where Froude's scaling asks more than the robot's servos give.

Robots of one shape walk alike in scaled time, if their servos follow alike. A servo that is slower in scaled time
takes shorter steps. How much slower it is: the worst of its bandwidth √(kp/armature), of its lag
(kv + damping)/kp, and of the speed at which damping takes all its torque, each against WildRobot's in √(L/g).
"""

import math

import numpy as np

from playground_amp.paths import DEFAULT_ROBOT, STANDARD
from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Design, ServoDesign
from playground_amp.robot.making.own_value import OwnValue
from playground_amp.robot.making.roles import role_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.yaml_text import read_yaml

_FAST_ENOUGH = 0.9  # of WildRobot's
_SLOWEST_SPEED = 0.65  # of what Froude's scaling asks: the gates walk at 0.63 of the fastest command
_MOSTLY = 0.7  # of a unit axis to the left: it bends the leg fore and aft
_SPEEDS = ("forward", "sideways")


def own_values(anatomy: Anatomy, design: Design) -> dict[str, OwnValue]:
    """By dotted key, section by section."""
    action = OwnValue(_rounded(design.action_scale.value), f"rad: {design.action_scale.origin}")
    values = {"env.action_scale": action}
    unit = load_robot(DEFAULT_ROBOT)
    quickness = min(_quickness(anatomy, design) / _quickness_of(unit))
    if quickness < _FAST_ENOUGH:
        values |= _slower(anatomy, design, unit, float(quickness))
    widths = [joint.upper - joint.lower for joint in anatomy.passive if joint.play_of and joint.upper and joint.lower]
    if widths:
        play = [0.0, _rounded(max(widths) / 2)]
        origin = "rad to either side: the model's backlash hinges, which are welded"
        values["domain_randomization.backlash"] = OwnValue(play, origin)
    return values


def _slower(anatomy: Anatomy, design: Design, unit: Robot, quickness: float) -> dict[str, OwnValue]:
    """Commanded speeds for servos of a share of WildRobot's quickness."""
    froude = math.sqrt(anatomy.leg_length * design.gravity / (unit.leg_length * unit.gravity))
    share = max(math.sqrt(quickness), _SLOWEST_SPEED)
    origin = (
        f"m/s: {share:.2f} of Froude's; the servos are {quickness:.2f} times as quick as WildRobot's in scaled time"
    )
    commands = read_yaml(STANDARD)["env"]["commands"]
    return {
        f"env.commands.{name}": OwnValue([_rounded(end * froude * share) for end in commands[name]], origin)
        for name in _SPEEDS
    }


def _quickness(anatomy: Anatomy, design: Design) -> np.ndarray:
    """Of a made robot's legs."""
    joints = [anatomy.joint(name) for name in anatomy.legs[0]]
    bending = [joint for joint in joints if role_of(anatomy, joint).endswith("pitch")] or joints
    servos = [design.servos[joint.name] for joint in bending]
    return np.min([_of_servo(servo) for servo in servos], axis=0) * math.sqrt(anatomy.leg_length / design.gravity)


def _quickness_of(robot: Robot) -> np.ndarray:
    """Of a loaded robot's legs."""
    legs = robot.legs[0].joints
    bending = [joint for joint in legs if abs(robot.joint_axis_b[joint, 1]) > _MOSTLY]
    measured = robot.kp, robot.kv, robot.damping, robot.armature, robot.torque_limit, robot.speed_limit
    rates = [_rates(*(float(each[i]) for each in measured)) for i in bending]
    return np.min(rates, axis=0) * math.sqrt(robot.leg_length / robot.gravity)


def _of_servo(servo: ServoDesign) -> np.ndarray:
    return _rates(servo.kp, servo.kv, servo.damping, servo.armature, servo.torque_limit, servo.speed_limit)


def _rates(kp: float, kv: float, damping: float, armature: float, torque: float, speed: float) -> np.ndarray:
    """Bandwidth, the inverse of the lag, and the speed without load [3] rad/s or 1/s."""
    drag = max(damping, 1e-9)
    return np.array([math.sqrt(kp / armature), kp / max(kv + damping, 1e-9), min(speed, torque / drag)])


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
