"""The doctor on features: each fault is planted where somebody would make it, and is called by its name."""

from collections.abc import Callable

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from doctored import clips, config, exchanged, replayed

from playground_amp.amp import features
from playground_amp.amp.features import feature_names, frame_names
from playground_amp.doctor.feature_agreement import Sides, check_agreement, in_words
from playground_amp.doctor.leaks import check_leaks, check_own_replay, leaks
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.motion import demonstrations
from playground_amp.physics.readings import Readings
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
FEATURE_NAMES, FRAME_NAMES = feature_names(ROBOT), frame_names(ROBOT)
FRAME_SIZE = len(FRAME_NAMES)
KNEE, HIP = (ROBOT.joint_names.index(name) for name in ("left_knee_pitch", "left_hip_pitch"))


@pytest.fixture(scope="module")
def discriminator() -> ThrowAway:
    return ThrowAway(config().amp, len(FEATURE_NAMES))


def columns(part: str) -> list[int]:
    return [column for column, name in enumerate(FEATURE_NAMES) if name.split("/")[1] == part]


def described_otherwise(monkeypatch: pytest.MonkeyPatch, change: Callable[[Readings], Readings]) -> Sides:
    """The policy's side computed from readings that somebody has changed."""
    right = features.transition
    monkeypatch.setattr(features, "transition", lambda before, after: right(change(before), change(after)))
    return replayed()


def only_finding(sides: Sides) -> str:
    (finding,) = check_agreement(sides).findings
    return finding


def test_healthy_sides_pass(discriminator: ThrowAway) -> None:
    sides = replayed()
    leaking = leaks(sides)
    assert check_agreement(sides).passed
    assert check_own_replay(sides, discriminator).measured == "0.50"
    assert max(leak.accuracy for leak in leaking) < 0.51
    assert check_leaks(leaking).passed


def test_two_joints_swapped_on_the_policys_side(monkeypatch: pytest.MonkeyPatch) -> None:
    order = exchanged("left_hip_pitch", "left_knee_pitch")
    sides = described_otherwise(monkeypatch, lambda r: r._replace(joint_position=r.joint_position[order]))
    findings = check_agreement(sides).findings
    assert findings[0].startswith("joint_position/left_knee_pitch: holds joint_position/left_hip_pitch")
    assert findings[1].startswith("joint_position/left_hip_pitch: holds joint_position/left_knee_pitch")
    assert "swapped" in findings[0]


def test_feet_zero_on_the_policys_side(monkeypatch: pytest.MonkeyPatch, discriminator: ThrowAway) -> None:
    sides = described_otherwise(monkeypatch, lambda r: r._replace(foot_position_b=jnp.zeros((2, 3))))
    assert only_finding(sides).startswith("foot_position_b: zero on the policy's side while it varies")
    assert not check_own_replay(sides, discriminator).passed
    (told,) = check_leaks(leaks(sides)).findings
    assert told.startswith("foot_position_b: alone tells demonstrations from their own replay (accuracy 1.00")


def test_one_foot_zero_in_the_buffer() -> None:
    def spoil(transitions: np.ndarray) -> np.ndarray:
        transitions[..., [column for column in columns("foot_position_b") if "left" in FEATURE_NAMES[column]]] = 0
        return transitions

    finding = only_finding(replayed(spoil=spoil))
    names = "foot_position_b/left_x, foot_position_b/left_y, foot_position_b/left_z"
    assert finding.startswith(f"{names}: zero on the demonstrations' side while it varies on the policy's side")


def test_velocity_normalized_in_the_buffer(discriminator: ThrowAway) -> None:
    def spoil(transitions: np.ndarray) -> np.ndarray:
        transitions[..., columns("joint_velocity")] /= 10  # the servo's speed
        return transitions

    sides = replayed(spoil=spoil)
    finding = only_finding(sides)
    assert finding.startswith("joint_velocity: on ")
    assert "it is scaled or normalized on one side only" in finding
    assert not check_own_replay(sides, discriminator).passed
    assert not check_leaks(leaks(sides)).passed


def test_velocity_scaled_on_the_policys_side(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = described_otherwise(monkeypatch, lambda r: r._replace(linear_velocity_h=2 * r.linear_velocity_h))
    assert only_finding(sides).startswith("linear_velocity_h: on the policy's side 2 times what it is on")


def test_a_reversed_sign_on_one_side(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = described_otherwise(monkeypatch, lambda r: r._replace(gravity_b=-r.gravity_b))
    assert "its sign is reversed on one side only" in only_finding(sides)


def test_finite_differences_on_the_policys_side(monkeypatch: pytest.MonkeyPatch, discriminator: ThrowAway) -> None:
    right, rate = features.transition, 1 / config().env.control_dt

    def differences(before: Readings, after: Readings) -> jax.Array:
        velocity = (after.joint_position - before.joint_position) * rate
        return right(before, after._replace(joint_velocity=velocity))

    monkeypatch.setattr(features, "transition", differences)
    finding = only_finding(replayed())
    assert finding.startswith(
        "joint_velocity (after the step): a finite difference of positions (backward) on the policy's side"
    )


def test_finite_differences_on_the_demonstrations_side(monkeypatch: pytest.MonkeyPatch) -> None:
    right, rate = demonstrations.state_transitions, 1 / config().env.control_dt

    def differences(robot, qpos: np.ndarray, qvel: np.ndarray) -> np.ndarray:
        velocity = qvel.copy()
        velocity[:, 6:] = np.gradient(qpos[:, 7:], 1 / rate, axis=0)
        velocity[:, :3] = np.gradient(qpos[:, :3], 1 / rate, axis=0)
        return right(robot, qpos, velocity)

    monkeypatch.setattr(demonstrations, "state_transitions", differences)
    finding = only_finding(replayed())
    assert "a finite difference of positions (central) on the demonstrations' side" in finding
    assert "joint_velocity" in finding


def test_the_two_moments_confused() -> None:
    finding = only_finding(replayed(spoil=lambda transitions: np.roll(transitions, FRAME_SIZE, axis=2)))
    assert "is of the other end of the step" in finding


def test_a_difference_nobody_can_name(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = described_otherwise(monkeypatch, lambda r: r._replace(joint_velocity=r.joint_velocity**3))
    assert "two functions compute it" in " ".join(check_agreement(sides).findings)


def test_numbers_that_are_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    sides = described_otherwise(monkeypatch, lambda r: r._replace(gyro_b=r.gyro_b / 0))
    assert "not finite" in only_finding(sides)
    assert any("not finite" in finding for finding in check_leaks(leaks(sides)).findings)


def test_a_feature_that_never_changes_in_the_demonstrations() -> None:
    (finding,) = check_leaks(leaks(replayed(clips()[:1]))).findings
    assert "the same number in every demonstration" in finding


def test_names_are_not_said_twice() -> None:
    whole = [row for row, name in enumerate(FRAME_NAMES) if name.startswith("gravity_b")]
    assert in_words([*whole, *(row + FRAME_SIZE for row in whole)], FEATURE_NAMES) == "gravity_b"
    assert in_words([0, 1 + FRAME_SIZE], FEATURE_NAMES) == "gravity_b/x (before the step), gravity_b/y (after the step)"
