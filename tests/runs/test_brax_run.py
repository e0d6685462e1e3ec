"""`train.py --trainer brax` as a user types it: Brax's trainer with the configured settings, and what it leaves."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from playground_amp.cli.train import main
from playground_amp.configs.loader import load_config
from playground_amp.runs import brax_run
from playground_amp.runs.checkpoint import read_policy
from playground_amp.runs.tracking.metrics_log import read_records

ITERATIONS, ROBOTS = 3, 8


@pytest.fixture
def policies(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """Steps after which there was a policy, as the training goes."""
    after: list[int] = []
    train = brax_run.train_with_brax
    heard: Any = lambda config, on_progress: train(config, on_progress, lambda steps, _: after.append(steps))  # noqa: E731
    monkeypatch.setattr(brax_run, "train_with_brax", heard)
    return after


@pytest.mark.slow
def test_it_leaves_what_the_guide_says(tmp_path: Path, policies: list[int], capsys: pytest.CaptureFixture[str]) -> None:
    settings = ["--num-envs", str(ROBOTS), "--num-iterations", str(ITERATIONS), "--set", "env.episode_length=20"]
    command = ["--trainer", "brax", "--no-wandb", "--checkpoint-dir", str(tmp_path), *settings, "actor_layers=[16,16]"]
    assert main(command) == 0
    said = capsys.readouterr().out.splitlines()
    records = read_records(tmp_path / "metrics.jsonl")
    assert [(record["iteration"], record["env_steps"]) for record in records] == [(1, 160), (2, 320), (3, 480)]
    for name in ("reward", "episode_length", "policy_loss", "value_loss", "time/steps_per_second"):
        assert None not in [record[name] for record in records], name
    assert policies == [0, 160, 320, 480]
    content = read_policy(tmp_path / "final_iter_3.pkl")
    assert content.metrics["env_steps"] == ITERATIONS * ROBOTS * content.config.trainer.rollout_steps
    assert content.metrics == {name: records[-1][name] for name in content.metrics}
    assert np.isfinite([content.metrics[name] for name in ("reward", "policy_loss", "value_loss")]).all()
    assert content.params["normalizer"]["mean"]["state"].shape == (44,)
    assert load_config(tmp_path / "config.yaml") == content.config
    assert list((tmp_path / "tensorboard").iterdir())
    assert said[0].startswith("Step 160: reward=")
    assert said[-1].startswith("Next: python ")
    assert "evaluate.py --checkpoint " in said[-1]
