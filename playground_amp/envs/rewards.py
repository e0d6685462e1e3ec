"""Reward terms: one pure function each, of one robot at one step.

A function's name is its key under `reward_weights` in the YAML and its metric `reward/<name>`. The sign is the
weight's: a penalty is a positive quantity with a negative weight. Weights are per second.

Numbers with a dimension are WildRobot's; another robot's are these times its ratios (robot/scale.py), and quantities
that are paid in a unit are paid as if they were measured on a robot of WildRobot's size.
"""

from dataclasses import dataclass
from functools import cached_property

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import EnvConfig
from playground_amp.envs import commands, gait
from playground_amp.envs.arm_swing import missed_swing
from playground_amp.envs.reference_motion import PostureTable
from playground_amp.envs.state import EnvState
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.physics.readings import Readings
from playground_amp.physics.sole import sole_tilt
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of

_SPEED_SCALE = 0.2  # m/s: a slower command than this counts as this fast when progress is measured
_YAW_SCALE = 0.3  # rad/s, likewise


@dataclass(frozen=True, eq=False)
class RewardInputs:
    """What a term may look at: what the step knows, and what follows from it, worked out when a term first asks."""

    env: EnvConfig
    robot: Robot
    before: EnvState  # in which the action was chosen; its command holds
    after: EnvState  # what the action led to
    posture: PostureTable | None = None  # of the reference, where there is one

    @property
    def readings(self) -> Readings:
        return self.after.readings

    @property
    def fallen(self) -> jax.Array:
        """[] bool."""
        return self.after.terminated

    @property
    def action(self) -> jax.Array:
        """[J]."""
        return self.after.previous_action

    @property
    def previous_action(self) -> jax.Array:
        """[J]."""
        return self.before.previous_action

    @property
    def average_velocity(self) -> jax.Array:
        """[3] forward, sideways m/s and yaw rate rad/s, in the heading frame, averaged as `speed.averaged` says."""
        return self.after.average_velocity

    @cached_property
    def scale(self) -> Scale:
        return scale_of(self.robot)

    @cached_property
    def command(self) -> jax.Array:
        """[3] velocity asked for: forward, sideways m/s, yaw rate rad/s."""
        return commands.velocity(
            self.before.command, self.env.commands, self.readings.heading, self.before.heading_trim
        )

    @cached_property
    def standing(self) -> jax.Array:
        """[] bool: told to stand still."""
        return commands.is_standing(self.before.command)

    @cached_property
    def joint_offset(self) -> jax.Array:
        """[J] joint position - home, rad."""
        return self.readings.joint_position - jnp.asarray(self.robot.home_joint_position, jnp.float32)

    @cached_property
    def reference_offset(self) -> jax.Array:
        """[J] joint position - that of the reference at this command and gait phase, rad."""
        assert self.posture is not None, "the environment leaves out the terms that need it"
        return self.readings.joint_position - self.posture.at(self.command, self.after.gait_phase)

    @property
    def reference_spread(self) -> jax.Array:
        """[] rad², mean squared distance of the reference's joints from where they are on the average."""
        assert self.posture is not None, "the environment leaves out the terms that need it"
        return self.posture.spread

    @cached_property
    def swing(self) -> jax.Array:
        """[2] progress of each foot's due swing, 0 in stance."""
        return gait.swing_progress(self.after.gait_phase, self.env.gait)

    @cached_property
    def swing_height(self) -> jax.Array:
        """[2] height each sole is due at, m."""
        return gait.swing_height(self.after.gait_phase, self.env.gait)

    @cached_property
    def touching(self) -> jax.Array:
        """[2] bool: which feet carry load."""
        return self.readings.foot_switch.reshape(2, 2).any(axis=1)

    @cached_property
    def sole_tilt(self) -> jax.Array:
        """[2, 3] world z components of each sole's own x, y, z axes; x: sine of its pitch, toe up."""
        return sole_tilt(self.robot, self.readings.base_quaternion_w, self.readings.joint_position)


def alive(s: RewardInputs) -> jax.Array:
    """One for every step on its feet."""
    return 1.0 - s.fallen


def fall(s: RewardInputs) -> jax.Array:
    """One on the step that ends in a fall."""
    return s.fallen * 1.0


def velocity_tracking(s: RewardInputs) -> jax.Array:
    """Gaussian of the averaged horizontal velocity error, width 0.12 m/s; less where slower speeds are asked for."""
    error = s.command[:2] - s.average_velocity[:2]
    return jnp.exp(-jnp.sum(error**2) / (0.03 * s.scale.pace**2))


def velocity_progress(s: RewardInputs) -> jax.Array:
    """Share of the commanded velocity reached: 1 at the command, 0 when standing or at twice it, never less."""
    error = jnp.linalg.norm(s.command[:2] - s.average_velocity[:2])
    return jnp.maximum(0.0, 1.0 - error / jnp.maximum(jnp.linalg.norm(s.command[:2]), _SPEED_SCALE * s.scale.pace))


def yaw_tracking(s: RewardInputs) -> jax.Array:
    """Gaussian of the averaged yaw rate error, width 0.35 rad/s."""
    return jnp.exp(-((s.command[2] - s.average_velocity[2]) ** 2) / (0.25 * s.scale.rate**2))


def yaw_progress(s: RewardInputs) -> jax.Array:
    """Share of the commanded yaw rate reached, as `velocity_progress`."""
    error = jnp.abs(s.command[2] - s.average_velocity[2])
    return jnp.maximum(0.0, 1.0 - error / jnp.maximum(jnp.abs(s.command[2]), _YAW_SCALE * s.scale.rate))


def tilt(s: RewardInputs) -> jax.Array:
    """1 − cosine of the base's tilt."""
    return 1.0 + s.readings.gravity_b[2]


def base_height(s: RewardInputs) -> jax.Array:
    """Squared error of the waist's height, m²."""
    return (s.readings.base_height - jnp.float32(s.env.target_height)) ** 2 / s.scale.height**2


def gait_contact(s: RewardInputs) -> jax.Array:
    """Share of feet that do what the clock says: on the floor in stance, off it in swing."""
    return jnp.mean(s.touching == (s.swing == 0))


def swing_clearance(s: RewardInputs) -> jax.Array:
    """Gaussian of the swinging sole's height error, width 14 mm; 0 while nothing is due to swing."""
    swinging = s.swing > 0
    error = s.readings.foot_height - s.swing_height
    return jnp.sum(jnp.where(swinging, jnp.exp(-(error**2) / (0.0004 * s.scale.length**2)), 0.0))


def swing_tilt(s: RewardInputs) -> jax.Array:
    """Squared sine of the swinging sole's pitch, most in mid-swing: a toe or heel that hangs down scuffs the floor."""
    return jnp.sum(jnp.sin(jnp.pi * s.swing) * s.sole_tilt[:, 0] ** 2)


def foot_slip(s: RewardInputs) -> jax.Array:
    """Squared horizontal speed of feet that carry load, m²/s²."""
    speed = jnp.sum(s.readings.foot_velocity_w[:, :2] ** 2, axis=1)
    return jnp.sum(jnp.where(s.touching, speed, 0.0)) / s.scale.speed**2


def foot_crowding(s: RewardInputs) -> jax.Array:
    """How much nearer to each other the feet are sideways than `env.foot_spacing`, m; a sole is 0.08 m wide."""
    spacing = s.readings.foot_position_b[0, 1] - s.readings.foot_position_b[1, 1]
    return jnp.maximum(0.0, jnp.float32(s.env.foot_spacing) - spacing) / s.scale.length


def action_rate(s: RewardInputs) -> jax.Array:
    """Squared change of the action."""
    return jnp.sum((s.action - s.previous_action) ** 2)


def torque(s: RewardInputs) -> jax.Array:
    """Sum of squared joint torques, N²m², each by its servo's limit."""
    return jnp.sum((s.readings.joint_torque / _torque_scale(s.robot)) ** 2)


def joint_speed(s: RewardInputs) -> jax.Array:
    """Sum of squared joint speeds, rad²/s²."""
    return jnp.sum(s.readings.joint_velocity**2) / s.scale.rate**2


def power(s: RewardInputs) -> jax.Array:
    """Mechanical power of all joints, braking counted like driving, W: what the gates measure."""
    return jnp.sum(jnp.abs(s.readings.joint_torque * s.readings.joint_velocity)) / s.scale.power


def lateral_posture(s: RewardInputs) -> jax.Array:
    """Squared distance of the yaw and roll joints from home, rad²."""
    return jnp.sum(s.joint_offset[_lateral_joints(s.robot)] ** 2)


def arm_swing(s: RewardInputs) -> jax.Array:
    """Squared distance of arms that act from swinging against the legs, rad²."""
    return jnp.sum(missed_swing(s.robot, s.joint_offset, s.readings.foot_position_b) ** 2)


def standing_posture(s: RewardInputs) -> jax.Array:
    """Squared distance of all joints from home while told to stand, rad²."""
    return jnp.where(s.standing, jnp.sum(s.joint_offset**2), 0.0)


def standing_action(s: RewardInputs) -> jax.Array:
    """Squared action while told to stand: at none the servos hold the home pose by themselves, and nothing moves."""
    return jnp.where(s.standing, jnp.sum(s.action**2), 0.0)


def reference_posture(s: RewardInputs) -> jax.Array:
    """How near all joints are to the reference: 1 at it, half at a distance that is its spread, never quite nothing.

    Keeping still in the middle of the motion pays about half, whether the robot's steps are large or small, and from
    a home pose that is far from it there is still something to gain.
    """
    return 1.0 / (1.0 + jnp.sum(s.reference_offset**2) / s.reference_spread)


def _torque_scale(robot: Robot) -> np.ndarray:
    """Each joint's limit over that of WildRobot's servos, [J]."""
    return np.asarray(robot.torque_limit / load_robot(DEFAULT_ROBOT).torque_limit.mean(), np.float32)


def _lateral_joints(robot: Robot) -> np.ndarray:
    """The joints that turn least about the axis to the left: all but pitches."""
    return np.flatnonzero(np.argmax(np.abs(robot.joint_axis_b), axis=1) != 1)
