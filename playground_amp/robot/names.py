"""WildRobot's names as constants: on their way out, ask `Robot` instead."""

from playground_amp.robot.robot import load_robot

_ROBOT = load_robot()
JOINT_NAMES = _ROBOT.joint_names
LEG_JOINTS = tuple(name.removeprefix("left_") for name in _ROBOT.leg_joint_names(0))
FOOT_NAMES = _ROBOT.foot_names
SWITCH_NAMES = _ROBOT.switch_names
