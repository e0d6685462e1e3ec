"""Trains a walking policy: `python examples/train_in_ten_lines.py`.

Words after the command override keys of the configuration: `… num_envs=64 num_iterations=50`.
"""

import sys

from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.physics.registry import check_engine, prepare
from playground_amp.runs.loop import train

SETTINGS = ["num_envs=512", "num_iterations=280", "checkpoint_dir=checkpoints/ten_lines"]

if __name__ == "__main__":
    config = load_config(STANDARD, [*SETTINGS, *sys.argv[1:]])
    prepare(check_engine(config.physics, training=True))
    result = train(config, use_wandb=False)
    print(f"{result.checkpoint}: {result.metrics['episode_length']:.0f} steps an episode")
