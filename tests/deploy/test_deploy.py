"""The deployment bundle: what is exported is what was trained, and what was altered will not run."""

import hashlib
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
import onnx
import pytest
from deployable import CONFIG, CONFIG_PATH, ROBOT_DATA, SMALL, made_up_checkpoint, made_up_params, made_up_policy
from onnx import numpy_helper

from playground_amp.cli import evaluate
from playground_amp.configs.loader import load_config
from playground_amp.deploy import bundle, runtime
from playground_amp.deploy.onnx_model import build_onnx
from playground_amp.deploy.parity import batch_sensors
from playground_amp.deploy.recording import Recorded, record
from playground_amp.deploy.runtime import BundleError, Memory, Sensors, WalkingPolicy, load_policy
from playground_amp.envs import gait
from playground_amp.envs.commands import hold
from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot

BACKENDS = ("numpy", "onnxruntime")
ROBOTS, STEPS = 12, 130


class Exported(NamedTuple):
    folder: Path
    recorded: Recorded
    figures: bundle.Exported


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Exported:
    """One bundle for all tests, and the rollouts it was made with."""
    kept = []

    def record_once(*arguments: Any) -> Recorded:
        kept.append(record(*arguments))
        return kept[-1]

    folder = tmp_path_factory.mktemp("export") / "bundle"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(bundle, "record", record_once)
        figures = bundle.export_bundle(made_up_checkpoint(), "0" * 64, folder, ROBOTS, STEPS)
    return Exported(folder, kept[0], figures)


@pytest.fixture
def copy(exported: Exported, tmp_path: Path) -> Path:
    """A bundle to alter."""
    return shutil.copytree(exported.folder, tmp_path / "bundle")


def edit_json(path: Path, change: Callable[[Any], None]) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def edit_model(folder: Path, change: Callable[[Any], None]) -> None:
    model = onnx.load(str(folder / "policy.onnx"))
    change(model.graph)
    (folder / "policy.onnx").write_bytes(model.SerializeToString())


def reseal(folder: Path) -> None:
    """Puts the sums right, as someone would who alters a bundle with care."""

    def sums(manifest: dict[str, Any]) -> None:
        for name in manifest["files"]:
            manifest["files"][name] = hashlib.sha256((folder / name).read_bytes()).hexdigest()

    edit_json(folder / "manifest.json", sums)


def refusal(folder: Path, backend: str = "auto") -> str:
    with pytest.raises(BundleError) as caught:
        load_policy(folder, backend)
    return str(caught.value)


def one_robot(recorded: Recorded, robot: int, step: int) -> tuple[Sensors, np.ndarray]:
    row = Recorded(*(column[step, robot] for column in recorded))
    names = load_robot().joint_names
    position, velocity = (dict(zip(names, x.tolist(), strict=True)) for x in (row.joint_position, row.joint_velocity))
    return Sensors(row.orientation, row.gyro, position, velocity), row.command


# What is exported is what was trained


@pytest.mark.parametrize("backend", BACKENDS)
def test_exported_policy_is_the_trained_one(exported: Exported, backend: str) -> None:
    parity = exported.figures.parity[backend]
    assert parity.observations == ROBOTS * STEPS
    assert max(parity.action, parity.joint_target, parity.joint_target_from_sensors) < 1e-5
    assert parity.gait_phase < 1e-6


def test_the_rollouts_say_something(exported: Exported) -> None:
    recorded, robot = exported.recorded, load_robot()
    assert np.ptp(recorded.joint_target, axis=(0, 1)).min() > 0.05
    assert (recorded.joint_target == robot.joint_lower.astype(np.float32)).any()
    assert np.abs(recorded.joint_position[..., 0]).max() > 0.02
    assert exported.figures.vectors > 100


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_whole_episode_by_its_own_clock_and_memory(exported: Exported, backend: str) -> None:
    recorded, policy = exported.recorded, load_policy(exported.folder, backend)
    for robot in (0, 2, 5, ROBOTS - 1):  # standing, straight on, sideways with a turn, as in training
        ended = np.flatnonzero(recorded.ended[:, robot])
        length = int(ended[0]) + 1 if ended.size else STEPS
        policy.reset(float(recorded.gait_phase[0, robot]))
        for step in range(length):
            targets = policy.step(*one_robot(recorded, robot, step))
            np.testing.assert_allclose(list(targets.values()), recorded.joint_target[step, robot], atol=1e-5)


def test_the_clock_is_the_environments(exported: Exported) -> None:
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


@pytest.mark.parametrize("backend", BACKENDS)
def test_filtered_actions(backend: str) -> None:
    robot = load_robot()
    policy = made_up_policy(load_config(CONFIG_PATH, [SMALL, "env.action_filter=0.25"]), backend)
    previous = robot.home_joint_position + 0.1

    action, target = policy.network(np.ones((3, 44), np.float32), np.tile(previous, (3, 1)))

    wanted = 0.25 * previous + 0.75 * (robot.home_joint_position + 0.4 * action)
    np.testing.assert_allclose(target, np.clip(wanted, robot.joint_lower, robot.joint_upper), atol=1e-6)


# A policy that sees the last few observations


@pytest.mark.parametrize("backend", BACKENDS)
def test_a_policy_with_a_history_remembers_what_the_environment_does(tmp_path: Path, backend: str) -> None:
    config = load_config(CONFIG_PATH, [SMALL, "env.observation_history=3"])
    exported = bundle.export_bundle(made_up_checkpoint(config), "0" * 64, tmp_path / "bundle", 12, 120)
    assert exported.parity[backend].joint_target_from_sensors < 1e-5

    recorded, policy = record(config, made_up_params(history=3), 12, 120), load_policy(tmp_path / "bundle", backend)
    policy.reset(float(recorded.gait_phase[0, 2]))
    for step in range(int(np.flatnonzero([*recorded.ended[:, 2], True])[0])):
        targets = policy.step(*one_robot(recorded, 2, step))
        np.testing.assert_allclose(list(targets.values()), recorded.joint_target[step, 2], atol=1e-5)


# What was altered does not run


def swap_joints(first: int, second: int) -> Callable[[Any], None]:
    def swap(manifest: dict[str, Any]) -> None:
        joints = manifest["joints"]
        joints[first], joints[second] = joints[second], joints[first]

    return swap


def swap_names(first: int, second: int) -> Callable[[Any], None]:
    def swap(manifest: dict[str, Any]) -> None:
        one, other = manifest["joints"][first], manifest["joints"][second]
        one["name"], other["name"] = other["name"], one["name"]

    return swap


def put(value: Any, *keys: Any) -> Callable[[Any], None]:
    def change(content: Any) -> None:
        for key in keys[:-1]:
            content = content[key]
        assert content[keys[-1]] != value
        content[keys[-1]] = value

    return change


MANIFEST_CHANGES = {
    "joint order: left and right hip pitch, alike in range and home": swap_joints(1, 6),
    "joint order: neighbors": swap_joints(3, 4),
    "joint names alone": swap_names(0, 5),
    "joint order turned round": lambda manifest: manifest["joints"].reverse(),
    "a joint renamed": put("left_knee", "joints", 3, "name"),
    "quaternion order": put("xyzw", "imu", "quaternion_order"),
    "quaternion order of no kind": put("zyxw", "imu", "quaternion_order"),
    "IMU turned by another joint": put("left_hip_roll", "imu", "hinges", 0, "joint"),
    "IMU turned about another axis": put([0.0, 1.0, 0.0], "imu", "hinges", 0, "axis"),
    "IMU turned by none": put([], "imu", "hinges"),
    "IMU mounted otherwise": put([0.0, 0.0, 0.0, 1.0], "imu", "mounting"),
    "home pose": put(0.5, "joints", 3, "home"),
    "lower limit": put(-0.1, "joints", 3, "lower"),
    "upper limit": put(3.0, "joints", 3, "upper"),
    "action scale": put(0.5, "action", "scale"),
    "action filter": put(0.5, "action", "filter"),
    "observation scale": put(0.5, "observation", 1, "scale"),
    "observation order": lambda manifest: manifest["observation"].reverse(),
    "control period": put(0.01, "control_dt"),
    "shortest cycle": put([0.5, 0.84], "gait_clock", "cycle_time"),
    "longest cycle": put([0.6, 0.9], "gait_clock", "cycle_time"),
    "cycle at rest": put(0.9, "gait_clock", "cycle_time_at_rest"),
    "cycle slope": put(0.3, "gait_clock", "cycle_time_slope"),
    "activation": put("Tanh", "network", "activation"),
    "unit": put("deg", "units", "angle"),
    "format": put(99, "format"),
    "a key is gone": lambda manifest: manifest.pop("imu"),
}


@pytest.mark.parametrize("change", MANIFEST_CHANGES.values(), ids=MANIFEST_CHANGES)
def test_an_altered_manifest_is_refused(copy: Path, change: Callable[[Any], None]) -> None:
    edit_json(copy / "manifest.json", change)
    refusal(copy)


def test_a_joint_order_that_only_golden_vectors_can_tell(copy: Path) -> None:
    edit_json(copy / "manifest.json", swap_joints(1, 6))
    assert "golden sequence 0, step 0" in refusal(copy)


def add_to(name: str, index: int, value: float) -> Callable[[Any], None]:
    def change(graph: Any) -> None:
        (tensor,) = (tensor for tensor in graph.initializer if tensor.name == name)
        array = numpy_helper.to_array(tensor).copy()
        array.flat[index] += value
        tensor.CopyFrom(numpy_helper.from_array(array, name))

    return change


def change_activation(graph: Any) -> None:
    next(node for node in graph.node if node.op_type == "Elu").op_type = "Relu"


def bend_activation(graph: Any) -> None:
    node = next(node for node in graph.node if node.op_type == "Elu")
    node.attribute.append(onnx.helper.make_attribute("alpha", 0.9))


MODEL_CHANGES = {
    "normalizer mean": add_to("normalizer_mean", 3, 0.05),
    "normalizer std": add_to("normalizer_std", 0, 0.05),
    "normalizer std of the clock": add_to("normalizer_std", 43, 0.05),
    "weight": add_to("kernel_0", 100, 0.05),
    "bias": add_to("bias_2", 10, 0.001),
    "limit": add_to("joint_upper", 2, -0.5),
    "activation": change_activation,
    "activation's slope": bend_activation,
}


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("change", MODEL_CHANGES.values(), ids=MODEL_CHANGES)
def test_an_altered_network_is_refused(copy: Path, change: Callable[[Any], None], backend: str) -> None:
    edit_model(copy, change)
    assert "SHA-256" in refusal(copy, backend)
    reseal(copy)
    assert "refused" in refusal(copy, backend)


def test_another_activation_shows_in_golden_vectors(copy: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(runtime._OPERATIONS, "Elu", lambda x: np.maximum(x, 0))
    assert "golden" in refusal(copy, "numpy")


def test_a_bundle_that_proves_nothing_is_refused(copy: Path) -> None:
    edit_json(copy / "golden.json", put([], "sequences"))
    reseal(copy)
    assert "holds no vectors" in refusal(copy)


def test_what_was_not_altered_runs(copy: Path) -> None:
    reseal(copy)
    load_policy(copy)


@pytest.mark.parametrize("name", ["manifest.json", "policy.onnx", "golden.json"])
def test_a_missing_or_broken_file_is_named(copy: Path, name: str) -> None:
    data = (copy / name).read_bytes()
    (copy / name).write_bytes(data[: len(data) // 2])
    assert name in refusal(copy)
    if name != "manifest.json":
        reseal(copy)
        assert name in refusal(copy)
    (copy / name).unlink()
    assert f"cannot read {copy / name}" in refusal(copy)


# On the robot


def test_the_copy_in_the_bundle_needs_numpy_alone(exported: Exported) -> None:
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
    exported: Exported, changes: dict[str, Any], words: str
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


def test_five_hundred_for_every_joint_is_refused(exported: Exported) -> None:
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
def test_a_command_beyond_training_is_refused_and_changes_nothing(exported: Exported, command: Any, words: str) -> None:
    policy = load_policy(exported.folder)
    good, asked = one_robot(exported.recorded, 2, 0)
    expected = policy.step(good, asked)
    policy.reset()
    with pytest.raises(BundleError, match=words):
        policy.step(good, command)
    assert policy.step(good, asked) == expected


def test_either_quaternion_order_may_be_declared(exported: Exported) -> None:
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    model = (exported.folder / "policy.onnx").read_bytes()
    sensors, command = one_robot(exported.recorded, 2, 20)
    wxyz = WalkingPolicy(manifest, model).step(sensors, command)
    manifest["imu"]["quaternion_order"] = "xyzw"
    xyzw = WalkingPolicy(manifest, model).step(sensors._replace(orientation=np.roll(sensors.orientation, -1)), command)
    assert wxyz == xyzw


def test_a_gate_judges_the_exported_file(exported: Exported, tmp_path: Path) -> None:
    json_path = tmp_path / "gate.json"
    arguments = ["--bundle", exported.folder, "--distance", 0.5, "--episodes", 1, "--json", json_path]

    assert evaluate.main([str(argument) for argument in arguments]) == 1

    judged = json.loads(json_path.read_text())["checkpoint"]
    model = exported.folder / "policy.onnx"
    assert judged == {"path": str(model), "sha256": hashlib.sha256(model.read_bytes()).hexdigest()}


# The export


def test_an_export_replaces_a_bundle_and_nothing_else(exported: Exported, copy: Path, tmp_path: Path) -> None:
    bundle.check_output(copy)
    bundle.check_output(tmp_path / "new")
    with pytest.raises(UserError, match="is no bundle"):
        bundle.check_output(exported.folder.parents[1])
    with pytest.raises(UserError, match="is a file"):
        bundle.check_output(copy / "policy.onnx")


def test_an_export_into_the_folder_of_its_own_checkpoint_keeps_what_is_no_part_of_a_bundle(
    exported: Exported, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bundle, "record", lambda *_: exported.recorded)
    others = {"final_iter_9.pkl": "the checkpoint", "report.html": "a report", ".git/HEAD": "ref"}
    for name, content in others.items():
        (copy / name).parent.mkdir(exist_ok=True)
        (copy / name).write_text(content)
    bundle.export_bundle(made_up_checkpoint(), "1" * 64, copy, ROBOTS, STEPS)
    assert {name: (copy / name).read_text() for name in others} == others
    assert json.loads((copy / "manifest.json").read_text())["checkpoint_sha256"] == "1" * 64
    load_policy(copy)
    assert {path.name for path in copy.glob("[!_]*")} == {*bundle.FILES, "final_iter_9.pkl", "report.html", ".git"}
    edit_model(copy, lambda graph: graph.node.pop())
    altered = (copy / "policy.onnx").read_bytes()
    with pytest.raises(UserError, match=r"policy\.onnx has been changed since it was written"):
        bundle.export_bundle(made_up_checkpoint(), "2" * 64, copy, ROBOTS, STEPS)
    assert (copy / "policy.onnx").read_bytes() == altered


def test_the_manifest_says_where_a_bundle_comes_from(exported: Exported) -> None:
    manifest = json.loads((exported.folder / "manifest.json").read_text())
    assert manifest["checkpoint_sha256"] == "0" * 64
    assert manifest["robot"] == {name: ROBOT_DATA[name] for name in ("name", "title", "sha256")}
    assert [joint["name"] for joint in manifest["joints"]] == list(load_robot().joint_names)
    assert sum(part["size"] for part in manifest["observation"]) == 44
    assert load_config(CONFIG_PATH, [SMALL]).model_dump(mode="json") == manifest["config"]


def test_parameters_of_another_network() -> None:
    with pytest.raises(UserError, match=r"its configuration asks for \[\(44, 128\)"):
        build_onnx(made_up_params(), load_config(CONFIG_PATH), load_robot())
