"""What `robot.py init` writes into a robot's `task:`: actions, solver, pay of clock and power, speeds and more.

The speeds are those that follow from the servos anyway (`pace` in robot/scale.py), written down where they are less
than Froude's, so that whoever reads the file sees them.
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
from playground_amp.robot.scale import pace_share, quickness_of, servo_rates
from playground_amp.yaml_text import read_yaml

_SPEEDS = ("forward", "sideways")
_ITERATIONS = OwnValue(8, "WildRobot needs fewer; a body that does walks at other speeds here than in the gates")
_CLOCK = {"gait_contact": 4.0, "swing_clearance": 4.0}
_AIM = {
    "speed": OwnValue(0.015, "feedback gain: robots that are too slow without exploration noise are asked for more"),
    "torque_price": OwnValue(0.15, "feedback gain: a joint's mean torque over a third of its limit has to be paid for"),
}
_TURNS = 0.5  # of a unit axis upright: a joint that turns the robot
_POWER = OwnValue(-0.02, "half of WildRobot's: slow servos take it to move at all, and save it on speed and feet")
_TILT = OwnValue(-20.0, "level soles in swing: else the middle of a foot is lifted, and its toes hang")
_ARMS = OwnValue(-20.0, "arms that act swing against the legs: else they flap, or swing with them")
_TURNING = {"yaw_tracking": 1.5, "yaw_progress": 1.0}
_TURNING_ORIGIN = "more than WildRobot's: no leg joint turns it, and who earns little by turning leaves the line"
_CLOCK_ORIGIN = "more than WildRobot's: no demonstrations begin in mid-stride, and some bodies would rather slide"


def own_values(anatomy: Anatomy, design: Design) -> dict[str, OwnValue]:
    """By dotted key, section by section."""
    action = OwnValue(_rounded(design.action_scale.value), f"rad: {design.action_scale.origin}")
    values = {"physics.iterations": _ITERATIONS, "env.action_scale": action}
    unit = load_robot(DEFAULT_ROBOT)
    quickness = float(min(_quickness(anatomy, design) / quickness_of(unit)))
    if pace_share(quickness) < 1:
        values |= _slower(anatomy, design, unit, quickness)
    values |= {f"stages.polish.changes.trainer.aim.{name}": gain for name, gain in _AIM.items()}
    values |= {f"reward_weights.{name}": OwnValue(weight, _CLOCK_ORIGIN) for name, weight in _CLOCK.items()}
    values["reward_weights.swing_tilt"] = _TILT
    if not any(abs(anatomy.joint(name).axis[2]) > _TURNS for leg in anatomy.legs for name in leg):
        values |= {f"reward_weights.{name}": OwnValue(weight, _TURNING_ORIGIN) for name, weight in _TURNING.items()}
    if any(anatomy.joint(name).part == "arm" for name in design.acts):
        values["reward_weights.arm_swing"] = _ARMS
    widths = [joint.upper - joint.lower for joint in anatomy.passive if joint.play_of and joint.upper and joint.lower]
    if widths:
        play = [0.0, _rounded(max(widths) / 2)]
        origin = "rad to either side: the model's backlash hinges, which are welded"
        values["domain_randomization.backlash"] = OwnValue(play, origin)
    return values


def _slower(anatomy: Anatomy, design: Design, unit: Robot, quickness: float) -> dict[str, OwnValue]:
    """Commanded speeds and the price of power for servos of a share of WildRobot's quickness."""
    froude = math.sqrt(anatomy.leg_length * design.gravity / (unit.leg_length * unit.gravity))
    share = pace_share(quickness)
    origin = (
        f"m/s: {share:.2f} of Froude's; the servos are {quickness:.2f} times as quick as WildRobot's in scaled time"
    )
    commands = read_yaml(STANDARD)["env"]["commands"]
    return {
        f"env.commands.{name}": OwnValue([_rounded(end * froude * share) for end in commands[name]], origin)
        for name in _SPEEDS
    } | {"stages.settle.changes.reward_weights.power": _POWER}


def _quickness(anatomy: Anatomy, design: Design) -> np.ndarray:
    """Of the slowest servos that bend a leg fore and aft, [3] in √(g/L), as in robot/scale.py."""
    joints = [anatomy.joint(name) for name in anatomy.legs[0]]
    bending = [joint for joint in joints if role_of(anatomy, joint).endswith("pitch")] or joints
    servos = [design.servos[joint.name] for joint in bending]
    return np.min([_rates(servo) for servo in servos], axis=0) * math.sqrt(anatomy.leg_length / design.gravity)


def _rates(servo: ServoDesign) -> np.ndarray:
    return servo_rates(servo.kp, servo.kv, servo.damping, servo.armature, servo.torque_limit, servo.speed_limit)


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
