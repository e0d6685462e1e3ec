"""The doctor on features: what tells demonstrations from their own replay, or never changes, is called by its name."""

import jax.numpy as jnp
import numpy as np
import pytest
from doctored import ROBOT, clips, config, replayed

from playground_amp.amp import features
from playground_amp.doctor.leaks import Leak, check_leaks, check_own_replay, in_words, leaks
from playground_amp.doctor.throwaway import ThrowAway

pytestmark = pytest.mark.usefixtures("optimized")

NAMES = features.feature_names(ROBOT)


@pytest.fixture(scope="module")
def discriminator() -> ThrowAway:
    return ThrowAway(config().amp, len(NAMES))


def columns(part: str) -> list[int]:
    return [column for column, name in enumerate(NAMES) if name.split("/")[1] == part]


def test_healthy_sides_pass(discriminator: ThrowAway) -> None:
    sides = replayed()
    found = leaks(sides)
    assert check_own_replay(sides, found, discriminator).measured == "0.50"
    assert max(leak.accuracy for leak in found) < 0.51
    assert check_leaks(found).passed


def test_a_feature_that_stored_states_cannot_have(monkeypatch: pytest.MonkeyPatch) -> None:
    # Somebody adds the switches: closed in the engine, never in states that are only stored.
    frame, names = features.frame, features.frame_names
    features.make_state_frames.cache_clear()
    with monkeypatch.context() as patch:
        patch.setattr(features, "frame", lambda r: jnp.concatenate([frame(r), (r.switch_force > 2.0).astype(float)]))
        patch.setattr(
            features,
            "feature_names",
            lambda robot: tuple(
                f"{when}/{name}"
                for when in ("before", "after")
                for name in (*names(robot), *(f"foot_switch/{switch}" for switch in robot.switch_names))
            ),
        )
        sides = replayed()
    features.make_state_frames.cache_clear()
    told, constant = check_leaks(leaks(sides)).findings
    assert told.startswith("foot_switch")
    assert "alone tells demonstrations from their own replay" in told
    assert constant.startswith("foot_switch: the same number in every demonstration")
    assert not check_own_replay(sides, leaks(sides), ThrowAway(config().amp, len(sides.names))).passed


def test_feet_left_at_zero_are_told(monkeypatch: pytest.MonkeyPatch, discriminator: ThrowAway) -> None:
    right = features.transition
    monkeypatch.setattr(
        features,
        "transition",
        lambda *moments: right(*(each._replace(foot_position_b=jnp.zeros((2, 3))) for each in moments)),
    )
    sides = replayed()
    assert not check_own_replay(sides, leaks(sides), discriminator).passed
    (told,) = check_leaks(leaks(sides)).findings
    assert told.startswith("foot_position_b: alone tells demonstrations from their own replay (accuracy 1.00")


def test_a_part_that_is_scaled_in_the_buffer_is_told(discriminator: ThrowAway) -> None:
    def spoil(transitions: np.ndarray) -> np.ndarray:
        transitions[..., columns("joint_velocity")] /= 10  # the servo's speed
        return transitions

    sides = replayed(spoil=spoil)
    assert not check_own_replay(sides, leaks(sides), discriminator).passed
    (told,) = check_leaks(leaks(sides)).findings
    assert told.startswith("joint_velocity: alone tells")


def test_numbers_that_are_not_finite(monkeypatch: pytest.MonkeyPatch) -> None:
    right = features.transition
    monkeypatch.setattr(
        features, "transition", lambda *moments: right(*(each._replace(gyro_b=each.gyro_b / 0) for each in moments))
    )
    (finding,) = check_leaks(leaks(replayed())).findings
    assert finding.startswith("angular_velocity_h: not finite")


def test_a_feature_that_never_changes_in_the_demonstrations() -> None:
    (finding,) = check_leaks(leaks(replayed(clips()[:1]))).findings
    assert "the same number in every demonstration" in finding


def test_names_are_not_said_twice() -> None:
    found = [Leak(name, 0.5, 1.0, constant=False, finite=True) for name in NAMES]
    half = len(NAMES) // 2
    assert in_words(found, [*found[:3], *found[half : half + 3]]) == "gravity_b"
    assert in_words(found, [found[0], found[half + 1]]) == "gravity_b/x (before the step), gravity_b/y (after the step)"
