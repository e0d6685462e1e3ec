"""The policy as an ONNX model: normalizer, network and action mapping in one file, from the checkpoint's plain arrays.

Inputs: `observation` [N, A history] in SI units (parts as in envs/observations.py, the newest first), and, if the
actions are filtered, `previous_joint_target` [N, J] rad. Outputs: `action` [N, J], to be fed back as the previous
action, and `joint_target` [N, J] rad, within the joints' ranges. No node has attributes; runtime.py relies on it.
"""

from collections.abc import Mapping
from itertools import pairwise

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from playground_amp.configs.schema import Config
from playground_amp.envs.observations import actor_layout
from playground_amp.errors import UserError
from playground_amp.robot.record import Robot
from playground_amp.untyped import Params

ACTIVATION = "Elu"
OPSET, IR_VERSION = 16, 8  # read by onnxruntime 1.11 and later


def build_onnx(params: Params, config: Config, robot: Robot) -> bytes:
    """The model of policy parameters (`learning.networks.policy_params`).

    Raises:
      UserError: the parameters are not those of the configuration's network.
    """
    layers = _layers(params["policy"], config, robot)
    constants = _constants(params["normalizer"], config, robot)
    nodes = [
        helper.make_node("Sub", ["observation", "observation_offset"], ["centered"]),
        helper.make_node("Mul", ["centered", "observation_scale"], ["scaled"]),
        helper.make_node("Sub", ["scaled", "normalizer_mean"], ["shifted"]),
        helper.make_node("Div", ["shifted", "normalizer_std"], ["hidden_0"]),
    ]
    for index, (kernel, bias) in enumerate(layers):
        constants |= {f"kernel_{index}": kernel, f"bias_{index}": bias}
        last = index == len(layers) - 1
        output = "action" if last else f"linear_{index}"
        nodes.append(helper.make_node("Gemm", [f"hidden_{index}", f"kernel_{index}", f"bias_{index}"], [output]))
        if not last:
            nodes.append(helper.make_node(ACTIVATION, [output], [f"hidden_{index + 1}"]))
    nodes += _action_mapping(filtered=config.env.action_filter > 0)
    return _model(nodes, constants, layers, filtered=config.env.action_filter > 0)


def _action_mapping(*, filtered: bool) -> list[onnx.NodeProto]:
    """Joint targets: home + scale × action, filtered if asked for, within the joints' ranges."""
    nodes = [
        helper.make_node("Mul", ["action", "action_scale"], ["offset"]),
        helper.make_node("Add", ["home", "offset"], ["wanted"]),
    ]
    if filtered:
        nodes += [
            helper.make_node("Mul", ["previous_joint_target", "action_filter"], ["kept"]),
            helper.make_node("Mul", ["wanted", "action_share"], ["fresh"]),
            helper.make_node("Add", ["kept", "fresh"], ["mixed"]),
        ]
    return [
        *nodes,
        helper.make_node("Max", ["mixed" if filtered else "wanted", "joint_lower"], ["bounded"]),
        helper.make_node("Min", ["bounded", "joint_upper"], ["joint_target"]),
    ]


def _constants(normalizer: Params, config: Config, robot: Robot) -> dict[str, np.ndarray]:
    home, kept = robot.home_joint_position, config.env.action_filter
    layout = actor_layout(robot)
    offset, scale = (np.tile(x, config.env.observation_history) for x in (layout.offset, layout.scale))
    constants = {
        "observation_offset": offset,
        "observation_scale": scale,
        "normalizer_mean": normalizer["mean"]["state"],
        "normalizer_std": normalizer["std"]["state"],
        "home": home,
        "action_scale": np.array(config.env.action_scale),
        "joint_lower": robot.joint_lower,
        "joint_upper": robot.joint_upper,
    }
    return constants | ({"action_filter": np.array(kept), "action_share": np.array(1 - kept)} if kept else {})


def _layers(policy: Params, config: Config, robot: Robot) -> list[tuple[np.ndarray, np.ndarray]]:
    """(kernel [in, out], bias [out]) of every layer of Brax's actor: the hidden ones, then the mean of the action."""
    tree = policy["params"]
    named = [*(tree["MLP_0"][f"hidden_{index}"] for index in range(len(tree["MLP_0"]))), tree["Dense_0"]]
    layers = [(np.asarray(layer["kernel"]), np.asarray(layer["bias"])) for layer in named]
    inputs = actor_layout(robot).size * config.env.observation_history
    sizes = [inputs, *config.trainer.actor_layers, robot.num_joints]
    expected = list(pairwise(sizes))
    found = [kernel.shape for kernel, _ in layers]
    if found != expected:
        raise UserError(f"the policy has layers {found}, its configuration asks for {expected}")
    return layers


def _model(
    nodes: list[onnx.NodeProto],
    constants: Mapping[str, np.ndarray],
    layers: list[tuple[np.ndarray, np.ndarray]],
    *,
    filtered: bool,
) -> bytes:
    def rows(name: str, size: int) -> onnx.ValueInfoProto:
        return helper.make_tensor_value_info(name, TensorProto.FLOAT, ["N", size])

    observation_size, joints = layers[0][0].shape[0], layers[-1][0].shape[1]
    inputs = [rows("observation", observation_size), *([rows("previous_joint_target", joints)] if filtered else [])]
    graph = helper.make_graph(
        nodes,
        "wildrobot_policy",
        inputs,
        [rows("action", joints), rows("joint_target", joints)],
        [numpy_helper.from_array(np.asarray(array, np.float32), name) for name, array in constants.items()],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], producer_name="wildrobot")
    model.ir_version = IR_VERSION
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString()
