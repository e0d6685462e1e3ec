"""A made-up policy that uses every input and moves every joint: what is not trained can be carried over too."""

from typing import Any

import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.deploy import bundle
from playground_amp.deploy.onnx_model import build_onnx
from playground_amp.deploy.runtime import WalkingPolicy
from playground_amp.envs.observations import ACTOR_SIZE
from playground_amp.paths import STANDARD
from playground_amp.robot.robot import load_robot

CONFIG_PATH = STANDARD
SMALL = "trainer.actor_layers=[16, 12]"
CONFIG = load_config(CONFIG_PATH, [SMALL])


def made_up_params(seed: int = 0, history: int = 1) -> dict[str, Any]:
    """Parameters as in a checkpoint, of the layers of `CONFIG`, for so many observations."""
    rng = np.random.default_rng(seed)
    size = history * ACTOR_SIZE

    def layer(inputs: int, outputs: int, scale: float = 1.0) -> dict[str, np.ndarray]:
        kernel = scale * rng.standard_normal((inputs, outputs)) / np.sqrt(inputs)
        return {"kernel": kernel.astype(np.float32), "bias": 0.1 * rng.standard_normal(outputs).astype(np.float32)}

    mean = 0.1 * rng.standard_normal(size).astype(np.float32)
    std = rng.uniform(0.2, 1.0, size).astype(np.float32)
    tree = {"MLP_0": {"hidden_0": layer(size, 16), "hidden_1": layer(16, 12)}, "Dense_0": layer(12, 11, 1.0)}
    return {
        "normalizer": {"mean": {"state": mean}, "std": {"state": std}},
        "policy": {"params": {**tree, "std_logparam": {"log_value": np.zeros(11, np.float32)}}},
        "value": {"params": {"hidden_0": layer(ACTOR_SIZE, 1)}},
    }


def made_up_policy(config: Config = CONFIG, backend: str = "auto") -> WalkingPolicy:
    """The runtime's policy of these parameters, without the golden vectors that a bundle has to show."""
    model = build_onnx(made_up_params(history=config.env.observation_history), config, load_robot())
    return WalkingPolicy(bundle.make_manifest(config, load_robot(), "", {"policy.onnx": model}), model, backend)
