"""A robot of the same shape, larger and heavier, and moments in which it moves as the smaller one (after Froude)."""

from dataclasses import replace

import jax.numpy as jnp
import numpy as np

from playground_amp.configs.loader import config_from_dict
from playground_amp.configs.scaling import scaled
from playground_amp.configs.schema import Config
from playground_amp.envs.state import EnvState
from playground_amp.paths import STANDARD
from playground_amp.robot.record import Chain, Robot
from playground_amp.robot.scale import scale_of
from playground_amp.yaml_text import read_yaml


def scaled_robot(robot: Robot, length: float, mass: float) -> Robot:
    """`robot` with so many times its lengths and its mass, under the same gravity; a record only, without a model."""
    time, torque = length**0.5, mass * length
    home = robot.home_qpos * np.repeat([length, 1.0], [3, len(robot.home_qpos) - 3])

    def chain(small: Chain) -> Chain:
        return replace(small, offset=length * small.offset, tip=length * small.tip)

    return replace(
        robot,
        name="scaled",
        torque_limit=torque * robot.torque_limit,
        speed_limit=robot.speed_limit / time,
        kp=torque * robot.kp,
        kv=torque * time * robot.kv,
        damping=torque * time * robot.damping,
        friction_loss=torque * robot.friction_loss,
        armature=mass * length**2 * robot.armature,
        home_qpos=home,
        body_mass=mass * robot.body_mass,
        legs=(chain(robot.legs[0]), chain(robot.legs[1])),
        imu=chain(robot.imu),
        leg_length=length * robot.leg_length,
    )


def scaled_config(robot: Robot) -> Config:
    """The standard configuration in SI units of a robot that `load_robot` does not know."""
    return config_from_dict(scaled(read_yaml(STANDARD), scale_of(robot)), "the standard configuration, scaled")


def scaled_moment(moment: EnvState, robot: Robot) -> EnvState:
    """What a robot of WildRobot's shape is in when it does at its size what WildRobot does in `moment`."""
    scale, readings, command = scale_of(robot), moment.readings, moment.command
    velocity = jnp.array([scale.speed, scale.speed, scale.rate])
    return moment._replace(
        physics=moment.physics._replace(
            qpos=moment.physics.qpos * np.repeat([scale.length, 1.0], [3, robot.nq - 3]),
            qvel=moment.physics.qvel * np.repeat([scale.speed, scale.rate], [3, robot.nv - 3]),
        ),
        readings=readings._replace(
            base_position_w=scale.length * readings.base_position_w,
            base_height=scale.length * readings.base_height,
            gyro_b=scale.rate * readings.gyro_b,
            linear_velocity_b=scale.speed * readings.linear_velocity_b,
            linear_velocity_h=scale.speed * readings.linear_velocity_h,
            joint_velocity=scale.rate * readings.joint_velocity,
            joint_torque=scale.torque * readings.joint_torque,
            foot_position_b=scale.length * readings.foot_position_b,
            foot_position_w=scale.length * readings.foot_position_w,
            foot_height=scale.length * readings.foot_height,
            foot_velocity_w=scale.speed * readings.foot_velocity_w,
            switch_force=scale.force * readings.switch_force,
        ),
        command=command._replace(
            forward=scale.speed * command.forward,
            sideways=scale.speed * command.sideways,
            yaw_rate=scale.rate * command.yaw_rate,
        ),
        push=moment.push._replace(force_w=scale.force * moment.push.force_w),
        average_velocity=velocity * moment.average_velocity,
    )
