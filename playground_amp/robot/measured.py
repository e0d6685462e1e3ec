"""Measured constants of the servos in place of the MJCF's: `servo: constants:` in robot.yaml."""

import mujoco

from playground_amp.robot.description import ServoConstants


def set_constants(spec: mujoco.MjSpec, constants: ServoConstants) -> None:
    """Writes what was measured into every position servo of a model and the joint that it drives."""
    for servo in spec.actuators:
        if constants.gain is not None:
            servo.gainprm[0], servo.biasprm[1] = constants.gain, -constants.gain
        if constants.velocity_gain is not None:
            servo.biasprm[2] = -constants.velocity_gain
        if constants.torque_limit is not None:
            servo.forcerange[:] = -constants.torque_limit, constants.torque_limit
        joint = spec.joint(servo.target)
        if joint is None:  # which `load_robot` refuses
            continue
        if constants.armature is not None:
            joint.armature = constants.armature
        if constants.damping is not None:
            joint.damping[:] = constants.damping, 0.0, 0.0
        if constants.friction is not None:
            joint.frictionloss = constants.friction
