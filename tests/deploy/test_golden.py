"""What was altered does not run: golden vectors and the manifest are held against the network."""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import pytest
from exported_bundle import BACKENDS, edit_json, edit_model, refusal, reseal
from onnx import numpy_helper

from playground_amp.deploy import runtime
from playground_amp.deploy.golden import tolerance_rad
from playground_amp.deploy.runtime import load_policy


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
    "a format without bounds": put(1, "format"),
    "bounds are gone": lambda manifest: manifest["joints"][0].pop("readable_position"),
    "a key is gone": lambda manifest: manifest.pop("imu"),
}


@pytest.mark.parametrize("change", MANIFEST_CHANGES.values(), ids=MANIFEST_CHANGES)
def test_an_altered_manifest_is_refused(copy: Path, change: Callable[[Any], None]) -> None:
    edit_json(copy / "manifest.json", change)
    refusal(copy)


def test_targets_are_held_to_a_share_of_what_an_action_moves() -> None:
    assert tolerance_rad(0.4) == 1e-5
    assert tolerance_rad(0.04) == pytest.approx(1e-6)


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


def read_another_node(graph: Any) -> None:
    """What the robot would get is no longer what the action asks for."""
    graph.node[-1].input[0] = "wanted"
    graph.node[-2].input[0], graph.node[-2].output[0] = "action", "unused"


def name_a_domain(graph: Any) -> None:
    next(node for node in graph.node if node.op_type == "Elu").domain = "of.somebody"


def keep_numbers_elsewhere(graph: Any) -> None:
    entry = graph.initializer[0].external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"


def hold_a_reading(graph: Any) -> None:
    graph.initializer.append(numpy_helper.from_array(np.zeros((1, 132), np.float32), "observation"))


def hold_a_part_twice(graph: Any) -> None:
    graph.initializer.append(graph.initializer[0])


HIDDEN = {
    "targets of its own": (read_another_node, "computes unused = Max"),
    "an operation of somebody's": (name_a_domain, "a node of policy.onnx has a field 7"),
    "numbers elsewhere": (keep_numbers_elsewhere, "a tensor of policy.onnx has a field 13"),
    "a reading that is always the same": (hold_a_reading, "other layers than manifest"),
    "two of a kind": (hold_a_part_twice, "holds observation_offset twice"),
}


@pytest.mark.parametrize(("change", "words"), HIDDEN.values(), ids=HIDDEN)
def test_what_numpy_and_onnxruntime_would_read_otherwise_is_refused(
    copy: Path, change: Callable[[Any], None], words: str
) -> None:
    edit_model(copy, change)
    reseal(copy)
    for backend in BACKENDS:
        assert words in refusal(copy, backend)


def test_operations_that_a_model_defines_itself_are_refused(copy: Path) -> None:
    model = onnx.load(str(copy / "policy.onnx"))
    relu = onnx.helper.make_node("Relu", ["x"], ["y"])
    model.functions.append(onnx.helper.make_function("", "Elu", ["x"], ["y"], [relu], model.opset_import))
    (copy / "policy.onnx").write_bytes(model.SerializeToString())
    reseal(copy)
    assert "the model of policy.onnx has a field 25" in refusal(copy)


PROVES_NOTHING = {
    "no sequences": (put([], "sequences"), "holds no vectors"),
    "a sequence without steps": (put([], "sequences", 0, "steps", "command"), "holds no vectors"),
    "all is close enough": (put(9.0, "tolerance_rad"), "allows 9 rad"),
    "no number is far": (put(float("nan"), "tolerance_rad"), "allows nan rad"),
}


@pytest.mark.parametrize(("change", "words"), PROVES_NOTHING.values(), ids=PROVES_NOTHING)
def test_a_bundle_that_proves_nothing_is_refused(copy: Path, change: Callable[[Any], None], words: str) -> None:
    edit_json(copy / "golden.json", change)
    reseal(copy)
    assert words in refusal(copy)


def test_files_that_nothing_vouches_for_and_endless_ones_are_refused(copy: Path) -> None:
    edit_json(copy / "manifest.json", lambda manifest: manifest["files"].pop("policy.onnx"))
    assert "does not say what policy.onnx holds" in refusal(copy)
    os.truncate(copy / "manifest.json", 1 << 40)
    assert "no policy has 1,099,511,627,776 bytes" in refusal(copy)


DAMAGES = {
    "files that are none": put(3, "files"),
    "a file elsewhere": lambda manifest: manifest["files"].update({"../runtime.py": "0" * 64}),
    "joints that are words": put(["knee"], "joints"),
    "a limit that is NaN": put([[float("nan")] * 2] * 3, "command", "allowed"),
    "a limit upside down": put([[1.0, -1.0]] * 3, "command", "allowed"),
    "a part of an endless size": put(float("inf"), "observation_history"),
    "a part that no memory holds": put(10**12, "observation_history"),
    "an IMU that is a number": put(4.0, "imu"),
    "a period of zero": put(0.0, "control_dt"),
}


@pytest.mark.parametrize("change", DAMAGES.values(), ids=DAMAGES)
def test_whatever_a_manifest_holds_is_one_sentence(copy: Path, change: Callable[[Any], None]) -> None:
    edit_json(copy / "manifest.json", change)
    assert "\n" not in refusal(copy, "numpy")


def test_a_bundle_of_pipes_is_not_waited_for(copy: Path) -> None:
    (copy / "policy.onnx").unlink()
    os.mkfifo(copy / "policy.onnx")
    assert "policy.onnx: it is no file" in refusal(copy)


def test_a_network_that_is_none_is_one_sentence(copy: Path) -> None:
    for backend in BACKENDS:
        (copy / "policy.onnx").write_bytes(b"\x3a\x05hello")
        reseal(copy)
        assert "\n" not in refusal(copy, backend)


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
