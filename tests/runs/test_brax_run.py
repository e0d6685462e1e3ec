"""`train.py --trainer brax` as a user types it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from playground_amp.configs.loader import load_config
from playground_amp.paths import PACKAGE
from playground_amp.runs.checkpoint import read_policy
from playground_amp.runs.tracking.metrics_log import read_records


@pytest.mark.slow
def test_it_leaves_what_the_guide_says(tmp_path: Path) -> None:
    settings = ["--num-envs", "8", "--num-iterations", "2", "--set", "env.episode_length=20", "actor_layers=[16,16]"]
    command = [
        sys.executable,
        str(PACKAGE / "train.py"),
        "--trainer",
        "brax",
        "--no-wandb",
        "--checkpoint-dir",
        str(tmp_path),
    ]
    # Programs are run a few times only, so the compiler need not try hard.
    quick = os.environ | {"JAX_DISABLE_MOST_OPTIMIZATIONS": "1"}
    done = subprocess.run([*command, *settings], env=quick, capture_output=True, text=True, timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    records = read_records(tmp_path / "metrics.jsonl")
    assert [(record["iteration"], record["env_steps"]) for record in records] == [(1, 160), (2, 320)]
    for name in ("reward", "episode_length", "policy_loss", "value_loss", "time/steps_per_second"):
        assert None not in [record[name] for record in records], name
    content = read_policy(tmp_path / "final_iter_2.pkl")
    assert content.metrics["env_steps"] == 320
    assert load_config(tmp_path / "config.yaml") == content.config
    assert list((tmp_path / "tensorboard").iterdir())
    said = done.stdout.splitlines()
    assert said[0].startswith("Step 160: reward=")
    assert said[-1].startswith("Next: python playground_amp/evaluate.py --checkpoint ")
