"""The runtime on the robot: NumPy alone, its own clock and memory, and readings that cannot be true are refused."""

import json
import re
import subprocess
import sys
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from deployable import CONFIG, made_up_policy
from exported_bundle import ExportedBundle, one_robot

from playground_amp.deploy.parity import batch_sensors
from playground_amp.deploy.recording import Recorded
from playground_amp.deploy.runtime import BundleError, Memory, WalkingPolicy, load_policy
from playground_amp.envs import gait
from playground_amp.envs.commands import hold
from playground_amp.robot.robot import load_robot


def test_the_clock_is_the_environments(exported: ExportedBundle) -> None:
    rng = np.random.default_rng(0)
    phase = rng.uniform(0, 1, 60).astype(np.float32)
    phase[:4] = (0.0, 0.5, 0.4999, 0.9999)
    commands = rng.choice([0.0, 0.1, 0.5, 1.5, -0.3], (60, 3)).astype(np.float32)
    commands[:20] = 0.0
    advance = jax.vmap(lambda p, c: gait.advance(p, hold(0.0)._replace(
        forward=c[0], sideways=c[1], yaw_rate=c[2]), CONFIG.env.gait, CONFIG.env.control_dt))  # fmt: skip
    policy = load_policy(exported.folder, "numpy")
    rows = Recorded(*(np.repeat(column[:1, 0], 60, axis=0) for column in exported.recorded))
    memory = Memory(phase, rows.previous_action, rows.previous_target)
    after = policy.act(memory, batch_sensors(policy, rows), commands).gait_phase
    np.testing.assert_allclose(after, advance(jnp.asarray(phase), jnp.asarray(commands)), atol=1e-6)


def test_the_copy_in_the_bundle_needs_numpy_alone(exported: ExportedBundle) -> None:
    code = """
import sys
sys.path.insert(0, sys.argv[1])
import runtime
policy = runtime.load_policy(sys.argv[1], "numpy")
position, velocity = dict(zip(policy.joint_names, policy.home)), dict.fromkeys(policy.joint_names, 0)
sensors = runtime.Sensors([1, 0, 0, 0], [0, 0, 0], position, velocity)
print(policy.step(sensors, (0.3, 0, 0))["left_knee_pitch"])
print({"jax", "mujoco", "onnxruntime", "onnx", "playground_amp"} & set(sys.modules))
"""
    command = [sys.executable, "-I", "-c", code, str(exported.folder)]
    target, unwanted = subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()
    assert 0 <= float(target) < 2.1
    assert unwanted == "set()"


BAD_READINGS = {  # what a driver may deliver, and what is said of it
    "a gyro that is no number": ({"gyro": [0.0, np.nan, 0.0]}, "the gyro is not finite"),
    "a gyro in degrees": ({"gyro": [0.0, 90.0, 0.0]}, "gyro y is 90, it can be -35 to 35 rad/s"),
    "a quaternion of zeros": ({"orientation": [0.0, 0.0, 0.0, 0.0]}, "no unit quaternion"),
    "a quaternion of three": ({"orientation": [1.0, 0.0, 0.0]}, "the orientation must be 4 numbers"),
    "an orientation that is None": ({"orientation": None}, "the orientation must be 4 numbers"),
    "a number that is None": ({"gyro": [0.0, None, 0.0]}, "the gyro is not finite"),
    "words": ({"gyro": ["fast", "slow", "none"]}, "the gyro must be 3 numbers"),
    "a joint that is missing": ({"joint_position": {}}, "no position reading of joint 'waist_yaw'"),
    "joints that are None": ({"joint_velocity": None}, "velocity must be numbers by joint name"),
    "joints by number": ({"joint_position": [0.0] * 11}, "position must be numbers by joint name"),
    "a joint that is None": ({"joint_position": {"left_knee_pitch": None}}, "position is not finite"),
    "a joint of two numbers": ({"joint_position": {"left_knee_pitch": [0.1, 0.2]}}, "must be 11 numbers"),
    "degrees": ({"joint_position": {"left_knee_pitch": 28.0}}, "left_knee_pitch is 28, it can be -0.5 to 2.594 rad"),
    "ticks a second": ({"joint_velocity": {"waist_yaw": -500.0}}, "velocity of waist_yaw is -500, it can be -50 to 50"),
}


@pytest.mark.parametrize(("changes", "words"), BAD_READINGS.values(), ids=BAD_READINGS)
def test_readings_that_cannot_be_true_are_refused_and_change_nothing(
    exported: ExportedBundle, changes: dict[str, Any], words: str
) -> None:
    policy = load_policy(exported.folder, "numpy")
    good, command = one_robot(exported.recorded, 2, 0)
    expected = policy.step(good, command)
    policy.reset()
    changed = {name: {**getattr(good, name), **x} if isinstance(x, dict) and x else x for name, x in changes.items()}
    with pytest.raises(BundleError, match=re.escape(words)) as caught:
        policy.step(good._replace(**changed), command)
    assert "\n" not in str(caught.value)
    assert policy.step(good, command) == expected


def test_five_hundred_for_every_joint_is_refused(exported: ExportedBundle) -> None:
    policy = load_policy(exported.folder)
    good, command = one_robot(exported.recorded, 2, 0)
    ticks = dict.fromkeys(policy.joint_names, 500)
    with pytest.raises(BundleError, match="position of waist_yaw is 500, it can be"):
        policy.step(good._replace(joint_position=ticks), command)
    with pytest.raises(BundleError, match="the readings must be orientation, gyro, joint_position, joint_velocity"):
        policy.step(None, command)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize(
    ("command", "words"),
    [
        ((np.inf, 0.0, 0.0), "the command is not finite"),
        ((0.3, 0.0), "the command must be 3 numbers"),
        (None, "the command must be 3 numbers"),
        ((50.0, 0.0, 0.0), "command forward is 50, it can be"),
        ((0.0, 0.0, -20.0), "command yaw rate is -20, it can be"),
    ],
)
def test_a_command_beyond_training_is_refused_and_changes_nothing(
    exported: ExportedBundle, command: Any, words: str
) -> None:
    policy = load_policy(exported.folder)
    good, asked = one_robot(exported.recorded, 2, 0)
    expected = policy.step(good, asked)
    policy.reset()
    with pytest.raises(BundleError, match=words):
        policy.step(good, command)
    assert policy.step(good, asked) == expected


def test_either_quaternion_order_may_be_declared(exported: ExportedBundle) -> None:
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    model = (exported.folder / "policy.onnx").read_bytes()
    sensors, command = one_robot(exported.recorded, 2, 20)
    wxyz = WalkingPolicy(manifest, model).step(sensors, command)
    manifest["imu"]["quaternion_order"] = "xyzw"
    xyzw = WalkingPolicy(manifest, model).step(sensors._replace(orientation=np.roll(sensors.orientation, -1)), command)
    assert wxyz == xyzw


def test_memory_starts_at_home() -> None:
    policy = made_up_policy(backend="numpy")
    memory = policy.start(0.25)
    assert isinstance(memory, Memory)
    np.testing.assert_array_equal(memory.joint_target, load_robot("wildrobot").home_joint_position.astype(np.float32))
    assert memory.gait_phase == 0.25
    assert not memory.previous_action.any()


def test_a_phase_that_is_none_is_refused_and_changes_nothing(exported: ExportedBundle) -> None:
    policy = load_policy(exported.folder, "numpy")
    for wrong, words in ((np.nan, "the gait phase is not finite"), (1.5, "the gait phase is 1.5, it can be 0 to 1")):
        with pytest.raises(BundleError, match=re.escape(words)):
            policy.reset(wrong)
    policy.step(*one_robot(exported.recorded, 2, 0))


def test_targets_that_are_not_finite_never_reach_a_servo(exported: ExportedBundle) -> None:
    policy = load_policy(exported.folder, "numpy")
    policy._run = lambda rows: (np.zeros((1, 11)), np.full((1, 11), np.nan))  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(BundleError, match="targets that are not finite"):
        policy.step(*one_robot(exported.recorded, 2, 0))
    assert np.isfinite(policy._memory.joint_target).all()
