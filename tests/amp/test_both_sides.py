"""Both sides of the discriminator mean the same: what describes the policy's steps describes the demonstrations.

The stored states go through the engine and `features.transition`, and must come out as the numbers that the
discriminator holds. Each fault that somebody could make in the code is planted, and seen by its feature.
"""

from collections.abc import Callable, Sequence

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from doctored import ROBOT, config, exchanged, replayed

from playground_amp.amp import features
from playground_amp.doctor.replay import Sides
from playground_amp.motion import demonstrations
from playground_amp.physics.readings import Readings

NAMES = features.feature_names(ROBOT)
_TOLERANCE = 1e-3  # of a feature's standard deviation
_ROUNDING = 1e-4  # 1, m/s, rad/s, rad, m


def differing(sides: Sides) -> list[str]:
    """The features that the two sides do not agree on at every step."""
    with np.errstate(invalid="ignore"):
        spread = np.nan_to_num(np.maximum(sides.policy.std(axis=0), sides.demonstrations.std(axis=0)))
        agree = np.abs(sides.policy - sides.demonstrations) <= _TOLERANCE * spread + _ROUNDING
    return [name for name, same in zip(sides.names, agree.all(axis=0), strict=True) if not same]


def of(part: str, *numbers: str, when: Sequence[str] = ("before", "after")) -> list[str]:
    """The names of a part, or of some of its numbers."""
    return [
        name
        for name in NAMES
        if name.split("/")[1] == part and name.split("/")[0] in when and (not numbers or name.split("/")[2] in numbers)
    ]


def test_both_sides_agree_in_every_feature() -> None:
    assert differing(replayed()) == []


Change = Callable[[Readings], Readings]
HIP_AND_KNEE = exchanged("left_hip_pitch", "left_knee_pitch")


@pytest.mark.parametrize(
    ("change", "seen"),
    [
        pytest.param(
            lambda r: r._replace(joint_position=r.joint_position[HIP_AND_KNEE]),
            of("joint_position", "left_hip_pitch", "left_knee_pitch"),
            id="two joints swapped",
        ),
        pytest.param(
            lambda r: r._replace(foot_position_b=jnp.zeros((2, 3))), of("foot_position_b"), id="feet left at zero"
        ),
        pytest.param(
            lambda r: r._replace(linear_velocity_h=2 * r.linear_velocity_h), of("linear_velocity_h"), id="scaled"
        ),
        pytest.param(lambda r: r._replace(gravity_b=-r.gravity_b), of("gravity_b"), id="sign reversed"),
        pytest.param(
            lambda r: r._replace(joint_velocity=r.joint_velocity**3), of("joint_velocity"), id="another function"
        ),
        pytest.param(lambda r: r._replace(gyro_b=r.gyro_b / 0), of("angular_velocity_h"), id="not finite"),
    ],
)
def test_a_fault_on_the_policys_side_is_seen(monkeypatch: pytest.MonkeyPatch, change: Change, seen: list[str]) -> None:
    right = features.transition
    monkeypatch.setattr(features, "transition", lambda before, after: right(change(before), change(after)))
    assert differing(replayed()) == seen


def test_finite_differences_on_the_policys_side_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right, rate = features.transition, 1 / config().env.control_dt

    def differences(before: Readings, after: Readings) -> jax.Array:
        velocity = (after.joint_position - before.joint_position) * rate
        return right(before, after._replace(joint_velocity=velocity))

    monkeypatch.setattr(features, "transition", differences)
    assert differing(replayed()) == of("joint_velocity", when=["after"])


def test_finite_differences_on_the_demonstrations_side_are_seen(monkeypatch: pytest.MonkeyPatch) -> None:
    right, rate = demonstrations.state_transitions, 1 / config().env.control_dt

    def differences(robot, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
        velocity = qvel.copy()
        velocity[:, 6:] = np.gradient(qpos[:, 7:], 1 / rate, axis=0)
        return right(robot, qpos, velocity)

    monkeypatch.setattr(demonstrations, "state_transitions", differences)
    assert differing(replayed()) == of("joint_velocity")


@pytest.mark.parametrize(
    ("part", "numbers", "factor"),
    [("foot_position_b", ("left_x", "left_y", "left_z"), 0.0), ("joint_velocity", (), 0.1)],
    ids=["one foot left at zero", "normalized by the servo's speed"],
)
def test_a_fault_in_the_buffer_is_seen(part: str, numbers: tuple[str, ...], factor: float) -> None:
    columns = [NAMES.index(name) for name in of(part, *numbers)]

    def spoil(transitions: np.ndarray) -> np.ndarray:
        transitions[..., columns] *= factor
        return transitions

    assert differing(replayed(spoil=spoil)) == of(part, *numbers)


def test_the_two_moments_confused_are_seen() -> None:
    found = differing(replayed(spoil=lambda transitions: np.roll(transitions, len(NAMES) // 2, axis=2)))
    assert set(of("joint_position", "left_knee_pitch")) <= set(found)
