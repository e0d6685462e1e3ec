"""Drawing the physical parameters of one robot from the ranges of the configuration."""

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.randomization import DomainRandomizationConfig, varies
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.record import Robot

_BODIES, _JOINTS = 12, 11
_SIZES = {  # how many numbers of a robot each item takes; a robot's draw of one does not depend on the others
    "total_mass": 1,
    "link_mass": _BODIES,
    "center_of_mass": 3 * _BODIES,
    "motor_strength": _JOINTS,
    "no_load_speed": 1,
    "joint_damping": _JOINTS,
    "joint_friction": _JOINTS,
    "joint_armature": _JOINTS,
    "backlash": _JOINTS,
    "latency": 1,
}
DRAWS = sum(_SIZES.values())  # random numbers a robot takes


def sample(
    uniform: jax.Array,
    floor_friction: jax.Array,
    config: DomainRandomizationConfig,
    robot: Robot,
    breadth: jax.Array | float = 1.0,
) -> PhysicalParameters:
    """The parameters of one robot, on a floor whose friction [] has been drawn already.

    Args:
      uniform: [DRAWS] in [0, 1).
      floor_friction: see `between`.
      config: ranges; items at their nominal values are left out (None).
      robot: for its masses.
      breadth: [] share of the way from the nominal value to the one drawn.
    """
    if not varies(config, *_SIZES):
        return PhysicalParameters(floor_friction)
    ends = np.cumsum(list(_SIZES.values()))
    draws = dict(zip(_SIZES, jnp.split(uniform, ends[:-1]), strict=True))

    def drawn(name: str, nominal: float) -> jax.Array | None:
        if not varies(config, name):
            return None
        return towards(nominal, between(getattr(config, name), draws[name]), breadth)

    shift, latency = drawn("center_of_mass", 0.0), drawn("latency", 0.0)
    return PhysicalParameters(
        floor_friction=floor_friction,
        mass_scale=_mass_scale(drawn("total_mass", 1.0), drawn("link_mass", 1.0), robot),
        com_shift_b=None if shift is None else shift.reshape(_BODIES, 3),
        motor_strength=drawn("motor_strength", 1.0),
        joint_damping=drawn("joint_damping", 1.0),
        joint_friction=drawn("joint_friction", 1.0),
        joint_armature=drawn("joint_armature", 1.0),
        speed_droop=_speed_droop(config, draws["no_load_speed"], breadth),
        backlash=drawn("backlash", 0.0),
        latency=None if latency is None else latency[0],
    )


def between(ends: tuple[float, float], share: jax.Array) -> jax.Array:
    """The value at `share` [...] in [0, 1] of the way from the low end to the high one."""
    return ends[0] + (ends[1] - ends[0]) * share


def towards(nominal: jax.Array | float, value: jax.Array, breadth: jax.Array | float) -> jax.Array:
    """The value at `breadth` of the way from the nominal one to `value`; at 1.0, `value` to the last bit."""
    if isinstance(breadth, float) and breadth == 1.0:
        return value
    return nominal + breadth * (value - nominal)


def _mass_scale(total: jax.Array | None, links: jax.Array | None, robot: Robot) -> jax.Array | None:
    """Scale of each body [12]: the links differ among each other by their draws, their sum is the total's draw."""
    if total is None and links is None:
        return None
    scale = jnp.ones(_BODIES) if links is None else links
    if total is not None:
        share = jnp.asarray(robot.body_mass / robot.mass, jnp.float32)
        scale = scale * total / (share @ scale)
    return scale


def _speed_droop(config: DomainRandomizationConfig, uniform: jax.Array, breadth: jax.Array | float) -> jax.Array | None:
    if not varies(config, "no_load_speed"):
        return None
    return towards(0.0, 1.0 / between(config.no_load_speed, uniform[0]), breadth)
