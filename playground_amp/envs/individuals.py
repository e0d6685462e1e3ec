"""One robot among many: its body, its floor and its sensors, drawn from the ranges of `domain_randomization:`."""

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.randomization import DomainRandomizationConfig
from playground_amp.envs import pushes, sensing
from playground_amp.envs.curriculum import Shares
from playground_amp.envs.sensing import SensorErrors
from playground_amp.physics import randomization
from playground_amp.physics.engine import PhysicalParameters
from playground_amp.robot.robot import Robot

_PARAMETERS, _SENSORS = 11, 12  # what random numbers made from one key are for


def draw(
    key: jax.Array, friction_draw: jax.Array, config: DomainRandomizationConfig, robot: Robot, shares: Shares
) -> tuple[PhysicalParameters, SensorErrors]:
    """A robot and its sensors. `friction_draw` [] in [0, 1] places its floor within the range."""
    nominal = float(robot.model.geom("floor").friction[0])
    friction = randomization.between(config.floor_friction, friction_draw)
    friction = randomization.towards(nominal, friction, shares.randomization)
    parameters_key, sensors_key = (jax.random.fold_in(key, purpose) for purpose in (_PARAMETERS, _SENSORS))
    parameters = randomization.sample(parameters_key, friction, config, robot, shares.randomization)
    return parameters, sensing.sample(sensors_key, config, shares.randomization, shares.noise)


def sampled_values(
    config: DomainRandomizationConfig, robot: Robot, number: int, seed: int, control_dt: float
) -> dict[str, np.ndarray]:
    """What `number` episodes would draw: YAML key → values [number, ...] in the unit of that key.

    Items at their nominal values, which are not drawn, are left out.
    """

    def one(key: jax.Array) -> dict[str, jax.Array | None]:
        friction_key, individual_key, push_key = jax.random.split(key, 3)
        p, errors = draw(individual_key, jax.random.uniform(friction_key), config, robot, Shares())
        push = pushes.sample(push_key, config, control_dt)
        mass = jnp.asarray(robot.model.body_mass[1:], jnp.float32)
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
