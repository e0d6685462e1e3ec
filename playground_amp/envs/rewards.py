"""Reward terms: one pure function each, of one robot at one step.

A function's name is its key under `reward_weights` in the YAML and its metric `reward/<name>`. The sign is the
weight's: a penalty is a positive quantity with a negative weight. Weights are per second.
"""

import inspect
from collections.abc import Callable, Mapping
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.keys import nearest
from playground_amp.errors import UserError
from playground_amp.physics.readings import Readings
from playground_amp.robot.names import JOINT_NAMES

_LATERAL_JOINTS = np.array([index for index, name in enumerate(JOINT_NAMES) if name.endswith(("yaw", "roll"))])
_SPEED_SCALE = 0.2  # m/s: a slower command than this counts as this fast when progress is measured
_YAW_SCALE = 0.3  # rad/s, likewise


class RewardInputs(NamedTuple):
    """What a term may look at."""

    readings: Readings
    command: jax.Array  # [3] velocity asked for: forward, sideways m/s, yaw rate rad/s
    standing: jax.Array  # [] bool: told to stand still
    average_velocity: jax.Array  # [3] the same three, measured in the heading frame and averaged over a moment
    action: jax.Array  # [11]
    previous_action: jax.Array  # [11]
    joint_offset: jax.Array  # [11] joint position − home, rad
    swing: jax.Array  # [2] progress of each foot's due swing, 0 in stance
    swing_height: jax.Array  # [2] height each sole is due at, m
    sole_tilt: jax.Array  # [2, 3] world z components of each sole's own x, y, z axes; x: sine of its pitch, toe up
    target_height: jax.Array  # [] of the waist, m
    foot_spacing: jax.Array  # [] least distance sideways between the middles of the soles, m
    fallen: jax.Array  # [] bool
    reference_offset: jax.Array  # [11] joint position − that of the reference at this command and gait phase, rad


def alive(s: RewardInputs) -> jax.Array:
    """One for every step on its feet."""
    return 1.0 - s.fallen


def fall(s: RewardInputs) -> jax.Array:
    """One on the step that ends in a fall."""
    return s.fallen * 1.0


def velocity_tracking(s: RewardInputs) -> jax.Array:
    """Gaussian of the averaged horizontal velocity error, width 0.12 m/s."""
    error = s.command[:2] - s.average_velocity[:2]
    return jnp.exp(-jnp.sum(error**2) / 0.03)


def velocity_progress(s: RewardInputs) -> jax.Array:
    """Share of the commanded velocity reached: 1 at the command, 0 when standing or at twice it, never less."""
    error = jnp.linalg.norm(s.command[:2] - s.average_velocity[:2])
    return jnp.maximum(0.0, 1.0 - error / jnp.maximum(jnp.linalg.norm(s.command[:2]), _SPEED_SCALE))


def yaw_tracking(s: RewardInputs) -> jax.Array:
    """Gaussian of the averaged yaw rate error, width 0.35 rad/s."""
    return jnp.exp(-((s.command[2] - s.average_velocity[2]) ** 2) / 0.25)


def yaw_progress(s: RewardInputs) -> jax.Array:
    """Share of the commanded yaw rate reached, as `velocity_progress`."""
    error = jnp.abs(s.command[2] - s.average_velocity[2])
    return jnp.maximum(0.0, 1.0 - error / jnp.maximum(jnp.abs(s.command[2]), _YAW_SCALE))


def tilt(s: RewardInputs) -> jax.Array:
    """1 − cosine of the base's tilt."""
    return 1.0 + s.readings.gravity_b[2]


def base_height(s: RewardInputs) -> jax.Array:
    """Squared error of the waist's height, m²."""
    return (s.readings.base_height - s.target_height) ** 2


def gait_contact(s: RewardInputs) -> jax.Array:
    """Share of feet that do what the clock says: on the floor in stance, off it in swing."""
    touching = s.readings.foot_switch.reshape(2, 2).any(axis=1)
    return jnp.mean(touching == (s.swing == 0))


def swing_clearance(s: RewardInputs) -> jax.Array:
    """Gaussian of the swinging sole's height error, width 20 mm; 0 while nothing is due to swing."""
    swinging = s.swing > 0
    error = s.readings.foot_height - s.swing_height
    return jnp.sum(jnp.where(swinging, jnp.exp(-(error**2) / 0.0004), 0.0))


def swing_tilt(s: RewardInputs) -> jax.Array:
    """Squared sine of the swinging sole's pitch, most in mid-swing: a toe or heel that hangs down scuffs the floor."""
    return jnp.sum(jnp.sin(jnp.pi * s.swing) * s.sole_tilt[:, 0] ** 2)


def foot_slip(s: RewardInputs) -> jax.Array:
    """Squared horizontal speed of feet that carry load, m²/s²."""
    touching = s.readings.foot_switch.reshape(2, 2).any(axis=1)
    return jnp.sum(jnp.where(touching, jnp.sum(s.readings.foot_velocity_w[:, :2] ** 2, axis=1), 0.0))


def foot_crowding(s: RewardInputs) -> jax.Array:
    """How much nearer to each other the feet are sideways than `env.foot_spacing`, m; a sole is 0.08 m wide."""
    return jnp.maximum(0.0, s.foot_spacing - (s.readings.foot_position_b[0, 1] - s.readings.foot_position_b[1, 1]))


def action_rate(s: RewardInputs) -> jax.Array:
    """Squared change of the action."""
    return jnp.sum((s.action - s.previous_action) ** 2)


def torque(s: RewardInputs) -> jax.Array:
    """Sum of squared joint torques, N²m²."""
    return jnp.sum(s.readings.joint_torque**2)


def joint_speed(s: RewardInputs) -> jax.Array:
    """Sum of squared joint speeds, rad²/s²."""
    return jnp.sum(s.readings.joint_velocity**2)


def lateral_posture(s: RewardInputs) -> jax.Array:
    """Squared distance of the yaw and roll joints from home, rad²."""
    return jnp.sum(s.joint_offset[_LATERAL_JOINTS] ** 2)


def standing_posture(s: RewardInputs) -> jax.Array:
    """Squared distance of all joints from home while told to stand, rad²."""
    return jnp.where(s.standing, jnp.sum(s.joint_offset**2), 0.0)


def reference_posture(s: RewardInputs) -> jax.Array:
    """Gaussian of the distance of all joints from the reference, width 0.35 rad (cf. Peng et al. 2018, equation 7)."""
    return jnp.exp(-jnp.sum(s.reference_offset**2) / 0.25)


TERMS: dict[str, Callable[[RewardInputs], jax.Array]] = {
    name: term
    for name, term in list(globals().items())
    if inspect.isfunction(term) and term.__module__ == __name__ and not name.startswith("_")
}


def check_names(weights: Mapping[str, float], *, has_posture: bool) -> None:
    """Raises UserError for a weight whose term is not here, naming the nearest one and all there are.

    `has_posture`: whether there is a reference to compare postures with.
    """
    if weights.get("reference_posture") and not has_posture:
        raise UserError(
            "reward_weights.reference_posture needs a reference gait to compare with, which only motion.py record has; "
            "leave it out, or train with --enable-amp"
        )
    for name in weights:
        if name not in TERMS:
            close = nearest(name, TERMS)
            meant = f", did you mean {close}?" if close else ";"
            raise UserError(
                f"unknown reward term reward_weights.{name}{meant} the terms are {', '.join(sorted(TERMS))}"
            )


def weighted_terms(
    inputs: RewardInputs, weights: Mapping[str, float], control_dt: float, penalties: jax.Array | float = 1.0
) -> dict[str, jax.Array]:
    """Each term of non-zero weight: weight × value × control period, [] each; negative weights times `penalties` []."""
    return {
        name: weight * control_dt * TERMS[name](inputs) * (penalties if weight < 0 else 1.0)
        for name, weight in weights.items()
        if weight != 0
    }
