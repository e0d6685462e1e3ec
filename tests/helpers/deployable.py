"""A made-up policy that uses every input and moves every joint: what is not trained can be carried over too."""

from pathlib import Path
from typing import Any

import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.deploy.manifest import bundle_manifest
from playground_amp.deploy.onnx_model import build_onnx
from playground_amp.deploy.runtime import WalkingPolicy
from playground_amp.envs.observations import actor_layout
from playground_amp.paths import STANDARD
from playground_amp.robot.identity import identity_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import SavedPolicy

CONFIG_PATH = STANDARD
SMALL = "trainer.actor_layers=[16, 12]"
CONFIG = load_config(CONFIG_PATH, [SMALL])
ROBOT = load_robot(CONFIG.robot, "flat")
ROBOT_DATA = identity_of(ROBOT).as_plain()  # as files hold it


def made_up_params(seed: int = 0, history: int = 1, robot: Robot = ROBOT) -> dict[str, Any]:
    """Parameters as in a checkpoint, of the layers of `CONFIG`, for so many observations of a robot."""
    rng = np.random.default_rng(seed)
    one, joints = actor_layout(robot).size, robot.num_joints
    size = history * one

    def layer(inputs: int, outputs: int, scale: float = 1.0) -> dict[str, np.ndarray]:
        kernel = scale * rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)
        return {"kernel": kernel.astype(np.float32), "bias": 0.1 * rng.standard_normal(outputs).astype(np.float32)}

    mean = 0.1 * rng.standard_normal(size).astype(np.float32)
    std = rng.uniform(0.2, 1.0, size).astype(np.float32)
    tree = {"MLP_0": {"hidden_0": layer(size, 16), "hidden_1": layer(16, 12)}, "Dense_0": layer(12, joints, 1.0)}
    return {
        "normalizer": {"mean": {"state": mean}, "std": {"state": std}},
        "policy": {"params": {**tree, "std_logparam": {"log_value": np.zeros(joints, np.float32)}}},
        "value": {"params": {"hidden_0": layer(one, 1)}},
    }


def made_up_checkpoint(config: Config = CONFIG) -> SavedPolicy:
    """The same as if it had been read from a file."""
    robot = load_robot(config.robot, "flat")
    params = made_up_params(history=config.env.observation_history, robot=robot)
    return SavedPolicy(Path("final_iter_0.pkl"), params, {}, config, robot, None)


def made_up_policy(config: Config = CONFIG, backend: str = "auto") -> WalkingPolicy:
    """The runtime's policy of these parameters, without the golden vectors that a bundle has to show."""
    model = build_onnx(made_up_params(history=config.env.observation_history), config, ROBOT)
    return WalkingPolicy(bundle_manifest(config, ROBOT, "", {"policy.onnx": model}), model, backend)
