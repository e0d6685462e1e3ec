"""What the actor and the critic see: a table each, a row a part.

All that knows of observations follows from the rows: the input of the networks, its mirror image, the exported model,
what a saved state belongs to, the controllers and docs/observations.md. The actor sees only what the robot's own
sensors deliver, as they deliver it; the critic, which is used in training only, sees the truth besides.
"""

from functools import partial

import jax
import jax.numpy as jnp

from playground_amp import rotations
from playground_amp.envs import gait, pushes
from playground_amp.envs.layout import Layout, Part, Seen
from playground_amp.robot import mirror
from playground_amp.robot.mirror import Mirror
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of

# Of WildRobot; another robot's are these over its ratios (robot/scale.py), so that numbers have the same magnitude.
_GYRO_SCALE = 0.25  # s/rad
_JOINT_VELOCITY_SCALE = 0.05  # s/rad
_FORCE_SCALE = 0.05  # 1/N; half the robot's weight becomes about 1


def actor_parts(robot: Robot) -> tuple[Part, ...]:
    """What the robot's own sensors know. The IMU's readings come turned into the base frame."""
    joints, ratio = mirror.joints(robot), scale_of(robot)
    return (
        Part("gravity_b", "1", mirror.POLAR, lambda s: s.measured.gravity_b, "direction of gravity"),
        Part(
            "gyro_b", "rad/s", mirror.AXIAL, lambda s: s.measured.gyro_b, "angular velocity", _GYRO_SCALE / ratio.rate
        ),
        Part(
            "joint_position",
            "rad",
            joints,
            lambda s: s.measured.joint_position,
            "joint positions; the networks see them from the home pose",
            offset=robot.home_joint_position,
        ),
        Part(
            "joint_velocity",
            "rad/s",
            joints,
            lambda s: s.measured.joint_velocity,
            "joint velocities",
            _JOINT_VELOCITY_SCALE / ratio.rate,
        ),
        Part("previous_action", "1", joints, lambda s: s.state.previous_action, "what the policy answered last"),
        Part(
            "command",
            "m/s, m/s, rad/s",
            mirror.PLANAR_VELOCITY,
            lambda s: s.command,
            "velocity asked for: forward, to the left, yaw rate",
            _planar_scale(ratio),
        ),
        Part(
            "gait_clock",
            "1",
            mirror.signs(-1, -1),  # half a cycle later
            lambda s: gait.clock(s.state.gait_phase),
            "sine and cosine of the gait phase",
        ),
    )


def privileged_parts(robot: Robot) -> tuple[Part, ...]:
    """What only a simulator knows."""
    ratio = scale_of(robot)
    return *_motion_of_the_base(ratio), *_feet_and_forces(ratio)


def _motion_of_the_base(ratio: Scale) -> tuple[Part, ...]:
    return (
        Part(
            "linear_velocity_h",
            "m/s",
            mirror.POLAR,
            lambda s: s.truth.linear_velocity_h,
            "velocity of the base",
            1.0 / ratio.speed,
        ),
        Part(
            "average_velocity",
            "m/s, m/s, rad/s",
            mirror.PLANAR_VELOCITY,
            lambda s: s.state.average_velocity,
            "forward, to the left and yaw rate, averaged over a moment",
            _planar_scale(ratio),
        ),
        Part(
            "base_height",
            "m",
            mirror.signs(1),
            lambda s: s.truth.base_height[None],
            "height of the base over the ground",
            1.0 / ratio.length,
        ),
    )


def _feet_and_forces(ratio: Scale) -> tuple[Part, ...]:
    feet = mirror.both_sides(mirror.POLAR)
    switches = mirror.both_sides(mirror.signs(1, 1))
    return (
        Part(
            "foot_position_b",
            "m",
            feet,
            lambda s: s.truth.foot_position_b.ravel(),
            "soles, left before right",
            1.0 / ratio.length,
        ),
        Part("foot_velocity_h", "m/s", feet, _foot_velocity_h, "velocities of the soles", 1.0 / ratio.speed),
        Part(
            "switch_force",
            "N",
            switches,
            lambda s: s.truth.switch_force,
            "left toe, left heel, right toe, right heel",
            _FORCE_SCALE / ratio.force,
        ),
        Part(
            "floor_friction",
            "1",
            mirror.signs(1),
            lambda s: s.state.parameters.floor_friction[None],
            "sliding friction of the floor",
        ),
        Part("push_force_h", "N", mirror.POLAR, _push_force_h, "the push of this moment", _FORCE_SCALE / ratio.force),
    )


def actor_layout(robot: Robot) -> Layout:
    """The actor's observation of one moment; A is its size."""
    return Layout(actor_parts(robot))


def critic_layout(robot: Robot) -> Layout:
    """The critic's: the actor's of this moment, then what only a simulator knows."""
    return Layout((*actor_parts(robot), *privileged_parts(robot)))


def observation_sizes(robot: Robot, history: int) -> dict[str, int]:
    """How many numbers each observation has, the actor's of so many moments."""
    return {"state": actor_layout(robot).size * history, "privileged_state": critic_layout(robot).size}


def observation_mirrors(robot: Robot, actor_size: int) -> dict[str, Mirror]:
    """The mirrors of observations of which the actor's has `actor_size` numbers: one moment, or several."""
    one = actor_layout(robot).mirror
    return {
        "state": mirror.stack(*[one] * (actor_size // one.size)),
        "privileged_state": critic_layout(robot).mirror,
    }


class Observer:
    """Turns what the task knows into what the networks see."""

    def __init__(self, robot: Robot, history: int):
        self.actor = actor_layout(robot)
        self.history = history
        self._privileged = Layout(privileged_parts(robot))

    def observe(self, seen: Seen) -> dict[str, jax.Array]:
        """The actor's "state" [A × history], the newest moment first, and the critic's "privileged_state" [n].

        At a start, where there is no observation yet, its moment stands for those before it.
        """
        now, before = self.actor.network_input(seen), seen.state.observation.get("state")
        critic = jnp.concatenate([now, self._privileged.network_input(seen)])
        if before is None:
            return {"state": jnp.tile(now, self.history), "privileged_state": critic}
        kept = before[: (self.history - 1) * self.actor.size]
        return {"state": jnp.concatenate([now, kept]), "privileged_state": critic}


def _planar_scale(ratio: Scale) -> float | tuple[float, ...]:
    """Of forward, sideways speed and yaw rate."""
    speed, rate = 1.0 / ratio.speed, 1.0 / ratio.rate
    return speed if speed == rate else (speed, speed, rate)


def _foot_velocity_h(seen: Seen) -> jax.Array:
    readings = seen.truth
    to_heading_frame = partial(rotations.to_heading_frame, heading=readings.heading)
    return jax.vmap(to_heading_frame)(readings.foot_velocity_w).ravel()


def _push_force_h(seen: Seen) -> jax.Array:
    return rotations.to_heading_frame(pushes.force_now(seen.state.push), seen.truth.heading)
