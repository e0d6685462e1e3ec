"""One robot among many: its body, its floor and its sensors, drawn from the ranges of `domain_randomization:`.

A row of `PARAMETERS` says how much of a robot a key of that section draws and what becomes of it; unit, bounds and
nominal value stand with the key in configs/randomization.py. A robot's draw of one does not depend on the others.
"""

from collections.abc import Callable
from math import prod
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp import rotations
from playground_amp.configs.randomization import NOMINAL, DomainRandomizationConfig, varies
from playground_amp.envs import pushes, sensing
from playground_amp.envs.curriculum import Shares
from playground_amp.envs.draws import Draws, between, towards
from playground_amp.envs.sensing import SensorErrors
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.record import Robot


class Drawing(NamedTuple):
    """What one robot has drawn."""

    uniform: dict[str, jax.Array]  # key → numbers in [0, 1)
    config: DomainRandomizationConfig
    robot: Robot
    breadth: jax.Array | float  # [] share of the way from the nominal value to the one drawn

    def varies(self, key: str) -> bool:
        return key not in NOMINAL or varies(self.config, key)

    def full(self, key: str) -> jax.Array:
        """The value within the range, as a robot has it at the full breadth."""
        row = PARAMETERS[key]
        numbers = self.uniform[key][row.others :]
        return between(getattr(self.config, key), numbers.reshape(row.shape(self.robot)))

    def value(self, key: str) -> jax.Array:
        """The value that this robot has."""
        return towards(_nominal(key), self.full(key), self.breadth)


class Parameter(NamedTuple):
    """A randomized parameter."""

    shape: Callable[[Robot], tuple[int, ...]]  # of its values
    sets: str  # the field of `PhysicalParameters` or of `SensorErrors` where it acts
    act: Callable[[Drawing], jax.Array] | None = None  # what that field becomes; None: the value itself
    others: int = 0  # random numbers that `act` takes besides those of the values, before them
    late: bool = False  # its numbers are the last of a start's: what else is drawn is as it was before there was it


def _one(robot: Robot) -> tuple[int, ...]:
    return ()


def _joints(robot: Robot) -> tuple[int, ...]:
    return (robot.num_joints,)


def _links(robot: Robot) -> tuple[int, ...]:
    return (robot.num_bodies,)


def _axes_of_links(robot: Robot) -> tuple[int, ...]:
    return (robot.num_bodies, 3)


def _floor_friction(drawn: Drawing) -> jax.Array:
    return towards(drawn.robot.floor_friction, drawn.full("floor_friction"), drawn.breadth)


def _mass_scale(drawn: Drawing) -> jax.Array:
    """Scale of each body [B]: the links differ among each other by their draws, their sum is the total's draw.

    The payload comes on top, where the heaviest link has its center of mass.
    """
    robot = drawn.robot
    scale = drawn.value("link_mass") if drawn.varies("link_mass") else jnp.ones(robot.num_bodies)
    if drawn.varies("total_mass"):
        share = jnp.asarray(robot.body_mass / robot.mass, jnp.float32)
        scale = scale * drawn.value("total_mass") / (share @ scale)
    if drawn.varies("payload"):
        heaviest = int(np.argmax(robot.body_mass))
        scale = scale.at[heaviest].add(drawn.value("payload") / float(robot.body_mass[heaviest]))
    return scale


def _motor_strength(drawn: Drawing) -> jax.Array:
    """Share of each motor's own strength [J]: its draw, less what the weak leg lacks."""
    strength = drawn.value("motor_strength")
    if not drawn.varies("weak_leg"):
        return strength
    left, right = (np.isin(np.arange(drawn.robot.num_joints), leg.joints) for leg in drawn.robot.legs)
    weak = jnp.where(drawn.uniform["weak_leg"][0] < 0.5, left, right)
    return strength * (1.0 - drawn.value("weak_leg") * weak)


def _speed_droop(drawn: Drawing) -> jax.Array:
    """What the torque limit loses a rad/s []: towards nothing with the breadth, not towards a motor that stands."""
    return towards(0.0, 1.0 / drawn.full("no_load_speed"), drawn.breadth)


def _imu_rotation(drawn: Drawing) -> jax.Array:
    """About any horizontal axis, [4] wxyz."""
    direction = 2 * jnp.pi * drawn.uniform["imu_tilt"][0]
    axis = jnp.stack([jnp.cos(direction), jnp.sin(direction), jnp.zeros(())])
    return rotations.about_axis(axis, drawn.value("imu_tilt"))


PARAMETERS: dict[str, Parameter] = {  # drawn in this order: a new one comes last, or it changes what all others draw
    "floor_friction": Parameter(_one, "floor_friction", _floor_friction),
    "total_mass": Parameter(_one, "mass_scale", _mass_scale),
    "link_mass": Parameter(_links, "mass_scale", _mass_scale),
    "center_of_mass": Parameter(_axes_of_links, "com_shift_b"),
    "motor_strength": Parameter(_joints, "motor_strength", _motor_strength),
    "no_load_speed": Parameter(_one, "speed_droop", _speed_droop),
    "joint_damping": Parameter(_joints, "joint_damping"),
    "joint_friction": Parameter(_joints, "joint_friction"),
    "joint_armature": Parameter(_joints, "joint_armature"),
    "backlash": Parameter(_joints, "backlash"),
    "latency": Parameter(_one, "latency"),
    "joint_zero_offset": Parameter(_joints, "joint_zero_offset"),
    "imu_tilt": Parameter(_one, "imu_rotation", _imu_rotation, others=1),
    "payload": Parameter(_one, "mass_scale", _mass_scale, late=True),
    "weak_leg": Parameter(_one, "motor_strength", _motor_strength, others=1, late=True),
    "bus_pace": Parameter(_one, "bus_pace", late=True),
}


def draw_count(robot: Robot) -> int:
    """Random numbers that a robot takes."""
    return sum(_sizes(robot))


def late_draws(robot: Robot) -> int:
    """How many of them come last in a start."""
    return sum(size for size, row in zip(_sizes(robot), PARAMETERS.values(), strict=True) if row.late)


def take_uniform(draws: Draws, robot: Robot) -> jax.Array:
    """The numbers [draw_count] in [0, 1) of a robot among those of a start: the next ones, and its last."""
    late = late_draws(robot)
    return jnp.concatenate([draws.take(draw_count(robot) - late), draws.last(late)])


def draw(
    uniform: jax.Array, config: DomainRandomizationConfig, robot: Robot, shares: Shares
) -> tuple[PhysicalParameters, SensorErrors]:
    """A robot on its floor, and its sensors, by `uniform` [draw_count] in [0, 1)."""
    drawn = _drawing(uniform, config, robot, shares.randomization)
    acting = {row.sets: (key, row.act) for key, row in PARAMETERS.items() if drawn.varies(key)}
    fields = {name: act(drawn) if act else drawn.value(key) for name, (key, act) in acting.items()}
    physical = {name: value for name, value in fields.items() if name in PhysicalParameters._fields}
    sensors = {name: value for name, value in fields.items() if name in SensorErrors._fields}
    return PhysicalParameters(**physical), SensorErrors(**sensors, noise=sensing.noise_share(config, shares.noise))


def sampled_values(
    config: DomainRandomizationConfig, robot: Robot, number: int, seed: int, control_dt: float
) -> dict[str, np.ndarray]:
    """What `number` episodes would draw: YAML key → values [number, ...] in the unit of that key.

    Parameters at their nominal values, which are not drawn, are left out.
    """

    def one(key: jax.Array) -> dict[str, jax.Array]:
        draws = Draws(key, draw_count(robot) + pushes.DRAWS)
        drawn = _drawing(take_uniform(draws, robot), config, robot, 1.0)
        push = pushes.sample(draws.take(pushes.DRAWS), config, control_dt)
        return {key: drawn.full(key) for key in PARAMETERS if drawn.varies(key)} | {
            "push_force": jnp.linalg.norm(push.force_w),
            "push_interval": push.starts_in * control_dt,
        }

    keys = jax.random.split(jax.random.PRNGKey(seed), number)
    return {name: np.asarray(value) for name, value in jax.jit(jax.vmap(one))(keys).items()}


def _drawing(
    uniform: jax.Array, config: DomainRandomizationConfig, robot: Robot, breadth: jax.Array | float
) -> Drawing:
    ends = np.cumsum(_sizes(robot))
    numbers = jnp.split(uniform, ends[:-1])
    return Drawing(dict(zip(PARAMETERS, numbers, strict=True)), config, robot, breadth)


def _sizes(robot: Robot) -> list[int]:
    return [row.others + prod(row.shape(robot)) for row in PARAMETERS.values()]


def _nominal(key: str) -> float:
    low, high = NOMINAL[key]  # pyright: ignore[reportGeneralTypeIssues]
    assert low == high
    return low
