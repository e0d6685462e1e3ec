"""A run goes on with more or fewer robots, or starts from a policy: what was learned stays, a line says the rest."""

from pathlib import Path

import jax
import numpy as np
import pytest

from playground_amp.cli.train import main
from playground_amp.errors import UserError
from playground_amp.runs.checkpoint import read_policy
from playground_amp.runs.contents import state_path
from playground_amp.runs.restarts import AIM, PRIOR, ROBOTS, told
from playground_amp.runs.state import read_state
from playground_amp.runs.tracking.metrics_log import read_records

SMALL = ("num_minibatches=2", "rollout_steps=4", "num_epochs=1", "actor_layers=[8]", "critic_layers=[8]")
SLOWLY = ("lr=1e-5", "lr_range=[1e-5,1e-5]")  # for all, so that who starts from a policy runs the same program
QUICK = ("--set", *SMALL, *SLOWLY, "env.reference_start_share=0.0")


def train(folder: Path, *arguments: str) -> int:
    return main(["--no-wandb", "--checkpoint-dir", str(folder), *arguments])


@pytest.fixture(scope="module")
def eight(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of four iterations with eight robots."""
    folder = tmp_path_factory.mktemp("run") / "eight"
    assert train(folder, "--num-envs", "8", "--num-iterations", "4", *QUICK) == 0
    return folder


def said_by(capsys: pytest.CaptureFixture[str]) -> str:
    return capsys.readouterr().out


def test_the_learner_goes_on_with_fewer_robots(eight: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    fewer = ("--resume", str(state_path(eight, 4)), "--num-envs", "4")
    with pytest.raises(UserError, match=r"trainer\.num_envs: 8 → 4\n.*--override trainer\.num_envs$"):
        train(tmp_path, *fewer, "--num-iterations", "5")
    assert train(tmp_path, *fewer, "--num-iterations", "5", "--override", "trainer.num_envs") == 0
    assert "the robots start anew under the changed configuration; the rest goes on" in said_by(capsys)
    before, after = read_state(state_path(eight, 4)).arrays, read_state(state_path(tmp_path, 5)).arrays
    assert after["statistics/reward"].shape == (4,)
    counts = [name for name in before if name.startswith("learner/optimizer/") and name.endswith("/count")]
    assert counts
    assert all(after[name] == before[name] + 2 for name in counts)  # two minibatches more
    seen = [arrays["learner/normalizer/count/lo"] for arrays in (before, after)]
    assert [int(count) for count in seen] == [4 * 8 * 4, 4 * 8 * 4 + 4 * 4]
    steps = [record["env_steps"] for record in read_records(tmp_path / "metrics.jsonl")]
    assert steps == [32, 64, 96, 128, 144]


def test_the_same_robots_go_on_where_they_were(eight: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert train(tmp_path, "--resume", str(eight), "--num-iterations", "5") == 0
    assert "anew" not in said_by(capsys)
    ages = [read_state(state_path(folder, at)).arrays["env_states/step"] for folder, at in ((eight, 4), (tmp_path, 5))]
    assert (ages[1] == ages[0] + 4).any()


def test_a_run_starts_from_a_policy(eight: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = eight / "final_iter_4.pkl"
    with pytest.raises(UserError, match=r"starts a new run from that policy: --checkpoint-dir names it"):
        main(["--no-wandb", "--resume", str(path)])
    assert train(tmp_path, "--resume", str(path), "--num-iterations", "1") == 0
    assert f"starting from the policy {path}" in said_by(capsys)
    taught, learned = read_policy(path), read_policy(tmp_path / "final_iter_1.pkl")
    assert learned.config.trainer.actor_layers == taught.config.trainer.actor_layers == (8,)
    assert [record["iteration"] for record in read_records(tmp_path / "metrics.jsonl")] == [1]
    for before, after in zip(jax.tree.leaves(taught.params), jax.tree.leaves(learned.params), strict=True):
        np.testing.assert_allclose(after, before, atol=0.2)  # one update later, the normalizer a little further
    networks = [policy.params["policy"]["params"]["MLP_0"]["hidden_0"]["kernel"] for policy in (taught, learned)]
    np.testing.assert_allclose(*networks, atol=1e-4)
    count = read_state(state_path(tmp_path, 1)).arrays["learner/normalizer/count/lo"]
    assert int(count) == 4 * 8 * 4 + 8 * 4


@pytest.mark.slow
def test_a_policy_of_other_layers_is_refused_with_the_difference(eight: Path, tmp_path: Path) -> None:
    path = eight / "final_iter_4.pkl"
    with pytest.raises(
        UserError, match=r"final_iter_4\.pkl does not fit this run \(saved → this run\):\n(.*\n)*.*MLP_0"
    ):
        train(tmp_path, "--resume", str(path), "--set", "actor_layers=[6]")


def test_what_cannot_be_resumed_is_left_as_it_was(eight: Path, tmp_path: Path) -> None:
    nothing = tmp_path / "nothing"
    with pytest.raises(UserError, match=f"^cannot resume from {nothing}: it holds no saved state$"):
        main(["--no-wandb", "--resume", str(nothing)])
    assert not nothing.exists()
    nothing.mkdir()
    with pytest.raises(UserError, match="it holds no saved state"):
        main(["--no-wandb", "--resume", str(nothing)])
    assert list(nothing.iterdir()) == []
    before = (eight / "config.yaml").read_bytes()
    with pytest.raises(UserError, match=r"has trained 4 iterations already: --num-iterations 3 must be 4 or more$"):
        main(["--no-wandb", "--resume", str(eight), "--num-iterations", "3"])
    assert (eight / "config.yaml").read_bytes() == before


def test_the_sentence_about_what_starts_anew() -> None:
    assert told([PRIOR]).startswith("the motion prior starts anew")
    assert told([AIM]).startswith("the correction of speeds and torques starts anew")
    assert told([ROBOTS, PRIOR]).startswith("the robots and the motion prior start anew")
