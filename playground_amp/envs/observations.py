"""What the actor and the critic see: a table each, a row a part.

All that knows of observations follows from the rows: the input of the networks, its mirror image, the exported model,
what a saved state belongs to, the controllers and docs/observations.md. The actor sees only what the robot's own
sensors deliver, as they deliver it; the critic, which is used in training only, sees the truth besides.
"""

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.envs import gait, pushes
from playground_amp.envs.state import EnvState
from playground_amp.physics.readings import Readings
from playground_amp.robot import mirror
from playground_amp.robot.mirror import Mirror
from playground_amp.robot.record import Robot

_GYRO_SCALE = 0.25
_JOINT_VELOCITY_SCALE = 0.05
_FORCE_SCALE = 0.05  # 1/N; half the robot's weight becomes about 1


class Seen(NamedTuple):
    """What the task knows of one robot at a moment."""

    state: EnvState  # its readings are the truth
    measured: Readings  # as the robot's sensors give them
    command: jax.Array  # [3] velocity asked for: forward, sideways m/s, yaw rate rad/s


class Part(NamedTuple):
    """A row: some numbers that belong together, in the frame that the end of their name says."""

    name: str
    unit: str  # of its source
    mirror: Mirror  # how the robot's mirror image sees it
    source: Callable[[Seen], jax.Array]  # its values [size] in that unit
    meaning: str
    scale: float = 1.0  # the networks see (source - offset) × scale
    offset: np.ndarray | None = None  # [size]; None: 0

    @property
    def size(self) -> int:
        return self.mirror.size

    def network_input(self, seen: Seen) -> jax.Array:
        """As the networks see it, [size]."""
        value = self.source(seen)
        if self.offset is not None:
            value = value - jnp.asarray(self.offset, jnp.float32)
        return value if self.scale == 1.0 else value * self.scale


def actor_parts(robot: Robot) -> tuple[Part, ...]:
    """What the robot's own sensors know. The IMU's readings come turned into the base frame."""
    joints = mirror.joints(robot)
    return (
        Part("gravity_b", "1", mirror.POLAR, lambda s: s.measured.gravity_b, "direction of gravity"),
        Part("gyro_b", "rad/s", mirror.AXIAL, lambda s: s.measured.gyro_b, "angular velocity", _GYRO_SCALE),
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
            _JOINT_VELOCITY_SCALE,
        ),
        Part("previous_action", "1", joints, lambda s: s.state.previous_action, "what the policy answered last"),
        Part(
            "command",
            "m/s, m/s, rad/s",
            mirror.PLANAR_VELOCITY,
            lambda s: s.command,
            "velocity asked for: forward, to the left, yaw rate",
        ),
        Part(
            "gait_clock",
            "1",
            mirror.signs(-1, -1),  # half a cycle later
            lambda s: gait.clock(s.state.gait_phase),
            "sine and cosine of the gait phase",
        ),
    )


def privileged_parts() -> tuple[Part, ...]:
    """What only a simulator knows."""
    velocity = mirror.PLANAR_VELOCITY
    feet = mirror.both_sides(mirror.POLAR)
    switches = mirror.both_sides(mirror.signs(1, 1))
    return (
        Part(
            "linear_velocity_h",
            "m/s",
            mirror.POLAR,
            lambda s: s.state.readings.linear_velocity_h,
            "velocity of the base",
        ),
        Part(
            "average_velocity",
            "m/s, m/s, rad/s",
            velocity,
            lambda s: s.state.average_velocity,
            "forward, to the left and yaw rate, averaged over a moment",
        ),
        Part(
            "base_height",
            "m",
            mirror.signs(1),
            lambda s: s.state.readings.base_height[None],
            "height of the base over the ground",
        ),
        Part(
            "foot_position_b", "m", feet, lambda s: s.state.readings.foot_position_b.ravel(), "soles, left before right"
        ),
        Part("foot_velocity_h", "m/s", feet, _foot_velocity_h, "velocities of the soles"),
        Part(
            "switch_force",
            "N",
            switches,
            lambda s: s.state.readings.switch_force,
            "left toe, left heel, right toe, right heel",
            _FORCE_SCALE,
        ),
        Part(
            "floor_friction",
            "1",
            mirror.signs(1),
            lambda s: s.state.parameters.floor_friction[None],
            "sliding friction of the floor",
        ),
        Part("push_force_h", "N", mirror.POLAR, _push_force_h, "the push of this moment", _FORCE_SCALE),
    )


class Layout:
    """Parts one after the other: an array [size]."""

    def __init__(self, parts: Sequence[Part]):
        self.parts = tuple(parts)

    @cached_property
    def mirror(self) -> Mirror:
        return mirror.stack(*(part.mirror for part in self.parts))

    @property
    def size(self) -> int:
        return self.mirror.size

    @cached_property
    def slices(self) -> dict[str, slice]:
        """Where each part lies, by name."""
        ends = np.cumsum([part.size for part in self.parts]).tolist()
        return {part.name: slice(end - part.size, end) for part, end in zip(self.parts, ends, strict=True)}

    @cached_property
    def offset(self) -> np.ndarray:
        """What is subtracted from values in SI units, [size]."""
        return np.concatenate([np.zeros(part.size) if part.offset is None else part.offset for part in self.parts])

    @cached_property
    def scale(self) -> np.ndarray:
        """What the difference is multiplied by, [size]."""
        return np.repeat([part.scale for part in self.parts], [part.size for part in self.parts])

    def values(self, seen: Seen) -> jax.Array:
        """In SI units, [size]."""
        return jnp.concatenate([part.source(seen) for part in self.parts])

    def network_input(self, seen: Seen) -> jax.Array:
        """As the networks see it, [size]."""
        return jnp.concatenate([part.network_input(seen) for part in self.parts])

    def in_si_units(self, observation: jax.Array) -> jax.Array:
        """What the networks see, [size × history], without its scales and offsets."""
        offset, scale = jnp.asarray(self.offset, jnp.float32), jnp.asarray(self.scale, jnp.float32)
        return (observation.reshape(-1, self.size) / scale + offset).ravel()


def actor_layout(robot: Robot) -> Layout:
    """The actor's observation of one moment; A is its size."""
    return Layout(actor_parts(robot))


def critic_layout(robot: Robot) -> Layout:
    """The critic's: the actor's of this moment, then what only a simulator knows."""
    return Layout((*actor_parts(robot), *privileged_parts()))


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
        self._privileged = Layout(privileged_parts())

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


def _foot_velocity_h(seen: Seen) -> jax.Array:
    readings = seen.state.readings
    to_heading_frame = partial(rotations.to_heading_frame, heading=readings.heading)
    return jax.vmap(to_heading_frame)(readings.foot_velocity_w).ravel()


def _push_force_h(seen: Seen) -> jax.Array:
    return rotations.to_heading_frame(pushes.force_now(seen.state.push), seen.state.readings.heading)
