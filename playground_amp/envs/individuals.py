"""One robot among many: its body, its floor and its sensors, drawn from the ranges of `domain_randomization:`."""

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.randomization import DomainRandomizationConfig
from playground_amp.envs import physical_parameters as randomization
from playground_amp.envs import pushes, sensing
from playground_amp.envs.curriculum import Shares
from playground_amp.envs.draws import Draws
from playground_amp.envs.sensing import SensorErrors
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.record import Robot

DRAWS = 1 + randomization.DRAWS + sensing.DRAWS  # random numbers a robot takes


def draw(
    uniform: jax.Array, config: DomainRandomizationConfig, robot: Robot, shares: Shares
) -> tuple[PhysicalParameters, SensorErrors]:
    """A robot on its floor, and its sensors, by `uniform` [DRAWS] in [0, 1)."""
    floor, body, sensors = jnp.split(uniform, (1, 1 + randomization.DRAWS))
    friction = randomization.between(config.floor_friction, floor[0])
    friction = randomization.towards(robot.floor_friction, friction, shares.randomization)
    parameters = randomization.sample(body, friction, config, robot, shares.randomization)
    return parameters, sensing.sample(sensors, config, shares.randomization, shares.noise)


def sampled_values(
    config: DomainRandomizationConfig, robot: Robot, number: int, seed: int, control_dt: float
) -> dict[str, np.ndarray]:
    """What `number` episodes would draw: YAML key → values [number, ...] in the unit of that key.

    Items at their nominal values, which are not drawn, are left out.
    """

    def one(key: jax.Array) -> dict[str, jax.Array | None]:
        draws = Draws(key, DRAWS + pushes.DRAWS)
        p, errors = draw(draws.take(DRAWS), config, robot, Shares())
        push = pushes.sample(draws.take(pushes.DRAWS), config, control_dt)
        mass = jnp.asarray(robot.body_mass, jnp.float32)
        return {
            "floor_friction": p.floor_friction,
            "total_mass": None if p.mass_scale is None else p.mass_scale @ mass / mass.sum(),
            "link_mass": p.mass_scale,
            "center_of_mass": p.com_shift_b,
            "motor_strength": p.motor_strength,
            "no_load_speed": None if p.speed_droop is None else 1.0 / p.speed_droop,
            "joint_damping": p.joint_damping,
            "joint_friction": p.joint_friction,
            "joint_armature": p.joint_armature,
            "joint_zero_offset": errors.joint_zero_offset,
            "backlash": p.backlash,
            "latency": p.latency,
            "imu_tilt": None if errors.imu_rotation is None else 2 * jnp.arccos(errors.imu_rotation[0]),
            "push_force": jnp.linalg.norm(push.force_w),
            "push_interval": push.starts_in * control_dt,
        }

    keys = jax.random.split(jax.random.PRNGKey(seed), number)
    values = jax.jit(jax.vmap(one))(keys)
    return {name: np.asarray(value) for name, value in values.items() if value is not None}
