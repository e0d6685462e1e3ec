"""The loop around the iteration, with a trainer that costs nothing."""

import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from fake_trainer import FakeOutput, FakeState, FakeTrainer, fake_config
from paths import HELPERS

from playground_amp.configs.loader import dump_config, load_config
from playground_amp.errors import UserError
from playground_amp.files import exclusive
from playground_amp.learning.trained_policy import AmpPrior, TrainedPolicy
from playground_amp.runs import saver
from playground_amp.runs.checkpoint import read_policy
from playground_amp.runs.contents import list_states, state_path
from playground_amp.runs.folder import list_stages, mark_best
from playground_amp.runs.loop import run
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.result import RunResult
from playground_amp.runs.state import read_state
from playground_amp.runs.tracking.metrics_log import Record, read_records

Lines = list[dict[str, Any]]


def train(folder: Path, *overrides: str, trainer: type[FakeTrainer] = FakeTrainer, **arguments: Any) -> RunResult:
    return run(fake_config(folder, *overrides), trainer, use_wandb=False, **arguments)


def lines(folder: Path) -> Lines:
    """The records of a run without their timing."""
    records = read_records(folder / "metrics.jsonl")
    return [{name: value for name, value in line.items() if not name.startswith("time/")} for line in records]


def end_of(folder: Path, iteration: int = 8) -> dict[str, bytes]:
    return {name: array.tobytes() for name, array in read_state(state_path(folder, iteration)).arrays.items()}


def stop_at(iteration: int, *signals: int) -> type[FakeTrainer]:
    """A trainer that gets signals while it iterates."""

    class Stopped(FakeTrainer):
        def iterate(self, state: FakeState) -> FakeOutput:
            if int(state.iteration) == iteration - 1:
                for number in signals:
                    os.kill(os.getpid(), number)
                threading.Event().wait(0.1)  # until the watching thread has read them
            return super().iterate(state)

    return Stopped


def test_a_run_leaves_what_the_guide_says(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    result = train(tmp_path)
    assert result.exit_status == 0
    assert result.checkpoint == tmp_path / "final_iter_8.pkl"
    content = read_policy(tmp_path / "final_iter_8.pkl")
    assert content.config.trainer.num_iterations == 8
    assert content.metrics["env_steps"] == 8 * 16 * 20
    assert [line["iteration"] for line in lines(tmp_path)] == list(range(1, 9))
    assert lines(tmp_path)[2]["reward"] is None
    assert [path.name for path in list_states(tmp_path)] == [f"iter_0000000{i}.npz" for i in (8, 6, 4)]
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith("Step 320: reward=")
    assert said[-1] == f"Next: python playground_amp/evaluate.py --checkpoint {result.checkpoint} --gate walk"


def test_a_run_repeats_from_its_saved_configuration_alone(tmp_path: Path) -> None:
    train(tmp_path / "a")
    config = load_config(tmp_path / "a/config.yaml", [f"trainer.checkpoint_dir={tmp_path / 'b'}"])
    run(config, FakeTrainer, use_wandb=False)
    assert lines(tmp_path / "a") == lines(tmp_path / "b")
    assert end_of(tmp_path / "a") == end_of(tmp_path / "b")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGHUP])
def test_a_signal_ends_the_run_saved_and_it_goes_on_exactly(tmp_path: Path, number: int) -> None:
    train(tmp_path / "whole")
    handlers = signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)
    result = train(tmp_path / "cut", trainer=stop_at(3, number))
    assert (result.exit_status, result.iteration) == (75, 3)
    assert result.state == state_path(tmp_path / "cut", 3)
    assert (signal.getsignal(signal.SIGTERM), signal.getsignal(signal.SIGINT)) == handlers
    result = train(tmp_path / "cut", resume=tmp_path / "cut")
    assert result.exit_status == 0
    assert lines(tmp_path / "cut") == lines(tmp_path / "whole")
    assert end_of(tmp_path / "cut") == end_of(tmp_path / "whole")


def test_a_terminal_that_is_closed_asks_more_than_once_and_all_is_saved(tmp_path: Path) -> None:
    # A shell passes on what the system has sent already; whoever then ends the session sends SIGTERM.
    result = train(tmp_path, trainer=stop_at(3, signal.SIGHUP, signal.SIGHUP, signal.SIGTERM, signal.SIGHUP))
    assert (result.exit_status, result.iteration) == (75, 3)
    assert result.state == state_path(tmp_path, 3)


def test_under_nohup_a_terminal_that_is_closed_changes_nothing(tmp_path: Path) -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        assert train(tmp_path, trainer=stop_at(3, signal.SIGHUP)).exit_status == 0
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def train_and_stop_twice(folder: Path) -> None:
    train(folder, trainer=stop_at(5, signal.SIGTERM, signal.SIGINT))


def test_a_second_signal_ends_at_once_with_the_last_save_sound(tmp_path: Path) -> None:
    script = "import sys, pathlib, test_loop; test_loop.train_and_stop_twice(pathlib.Path(sys.argv[1]))"
    command = [sys.executable, "-c", script, str(tmp_path)]
    result = subprocess.run(
        command,
        cwd=Path(__file__).parent,
        env=os.environ | {"PYTHONPATH": os.pathsep.join([str(HELPERS), os.environ.get("PYTHONPATH", "")])},
        capture_output=True,
        timeout=60,
        check=False,
    )
    assert result.returncode == 128 + signal.SIGINT
    assert [read_state(path).iteration for path in list_states(tmp_path)] == [4, 2]


def test_resuming_past_a_damaged_state_loses_and_doubles_nothing(tmp_path: Path) -> None:
    train(tmp_path / "whole")
    train(tmp_path / "cut", "trainer.num_iterations=7")
    damaged = state_path(tmp_path / "cut", 7)
    damaged.write_bytes(damaged.read_bytes()[:1000])
    train(tmp_path / "cut", resume=tmp_path / "cut")
    assert lines(tmp_path / "cut") == lines(tmp_path / "whole")
    assert end_of(tmp_path / "cut") == end_of(tmp_path / "whole")


def test_a_finished_run_goes_on_to_more_iterations(tmp_path: Path) -> None:
    train(tmp_path / "whole")
    train(tmp_path / "short", "trainer.num_iterations=5")
    again = train(tmp_path / "short", "trainer.num_iterations=5", resume=tmp_path / "short")
    assert again.exit_status == 0
    assert again.iteration == 5
    train(tmp_path / "short", resume=tmp_path / "short")
    assert lines(tmp_path / "short") == lines(tmp_path / "whole")


def test_a_changed_configuration_is_refused_before_anything_is_touched(tmp_path: Path) -> None:
    train(tmp_path)
    before = (tmp_path / "metrics.jsonl").read_bytes(), (tmp_path / "config.yaml").read_bytes()
    with pytest.raises(UserError, match=r"trainer\.lr: 0\.0003 → 0\.0005"):
        train(tmp_path, "trainer.lr=0.0005", resume=tmp_path)
    assert before == ((tmp_path / "metrics.jsonl").read_bytes(), (tmp_path / "config.yaml").read_bytes())
    train(tmp_path, "trainer.lr=0.0005", "trainer.num_iterations=9", resume=tmp_path, override=["trainer.lr"])
    assert len(lines(tmp_path)) == 9


def test_a_run_that_goes_on_with_a_changed_configuration_keeps_the_one_before(tmp_path: Path) -> None:
    run_folder, branch = tmp_path / "a", tmp_path / "b"
    train(run_folder, "trainer.num_iterations=4")
    train(run_folder, "trainer.num_iterations=6", resume=run_folder)  # not a change
    assert list_stages(run_folder) == {}
    train(run_folder, "trainer.lr=0.0005", resume=run_folder, override=["trainer.lr"])
    train(branch, "trainer.lr=0.0001", "trainer.num_iterations=9", resume=run_folder, override=["trainer.lr"])
    assert list(list_stages(run_folder)) == [6]
    rates = [load_config(path).trainer.lr for path in [*list_stages(branch).values(), branch / "config.yaml"]]
    assert rates == [0.0003, 0.0005, 0.0001]
    train(branch, "trainer.lr=0.0001", "trainer.num_iterations=10", resume=branch)
    assert list(list_stages(branch)) == [6, 8]


def test_a_run_can_branch_off_an_earlier_state(tmp_path: Path) -> None:
    train(tmp_path / "a")
    with pytest.raises(UserError, match="newer than iter_00000004"):
        train(tmp_path / "a", resume=state_path(tmp_path / "a", 4))
    train(tmp_path / "b", resume=state_path(tmp_path / "a", 4))
    assert lines(tmp_path / "a") == lines(tmp_path / "b")
    mark_best(tmp_path / "a", 6, {"passed": True})
    train(tmp_path / "c", resume=tmp_path / "a/best/iter_00000006.npz")
    assert end_of(tmp_path / "c") == end_of(tmp_path / "a")


def test_a_fresh_run_sets_an_earlier_one_aside(tmp_path: Path) -> None:
    train(tmp_path)
    train(tmp_path, "trainer.seed=1", "trainer.num_iterations=2")
    assert len(lines(tmp_path)) == 2
    assert len(lines(tmp_path / "earlier/1")) == 8


def test_two_processes_do_not_share_a_folder(tmp_path: Path) -> None:
    with exclusive(tmp_path), pytest.raises(UserError, match="another process trains in"):
        train(tmp_path)


def test_numbers_that_keep_going_bad_stop_the_run_with_evidence(tmp_path: Path) -> None:
    class Bad(FakeTrainer):
        bad = frozenset({1, 3, 4, 5})

    result = train(tmp_path, "trainer.max_bad_env_iterations=3", trainer=Bad)
    assert (result.exit_status, result.iteration) == (3, 5)
    names = sorted(path.name for path in (tmp_path / "evidence").iterdir())
    assert names == [*(f"iter_0000000{i}.npz" for i in (1, 3, 4, 5)), "state_iter_00000005.npz"]
    assert read_state(tmp_path / "evidence/iter_00000003.npz").arrays["qpos"].shape == (18,)
    assert [line["bad_envs"] for line in lines(tmp_path)] == [1, 0, 1, 1, 1]
    assert read_state(list_states(tmp_path)[0]).iteration == 4


def test_updates_that_are_skipped_now_and_then_do_not_stop_it(tmp_path: Path) -> None:
    class Skips(FakeTrainer):
        skipped = frozenset({1, 2, 4, 5, 7})

    assert train(tmp_path, "trainer.max_skipped_update_iterations=3", trainer=Skips).exit_status == 0
    assert train(tmp_path, "trainer.max_skipped_update_iterations=2", trainer=Skips).exit_status == 3


def test_a_full_disk_during_a_save_keeps_the_last_good_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full_at(path: Path, state: FakeState, manifest: Manifest, record: Record) -> None:
        if record["iteration"] in (4, 6):
            raise OSError(28, "No space left on device")
        save_state(path, state, manifest, record)

    save_state = saver.save_state
    monkeypatch.setattr(saver, "save_state", full_at)
    assert train(tmp_path).exit_status == 0
    assert [path.name for path in list_states(tmp_path)] == ["iter_00000008.npz", "iter_00000002.npz"]
    said = capsys.readouterr().out
    assert "could not save iteration 4: No space left on device; the last save is iter_00000002.npz" in said


def test_an_end_that_cannot_be_written_has_its_own_status(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: Any, **__: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(saver, "save_policy", full)
    result = train(tmp_path)
    assert (result.exit_status, result.checkpoint) == (4, None)
    assert result.state is not None


def test_the_configuration_beside_the_run_is_the_resolved_one(tmp_path: Path) -> None:
    train(tmp_path, "trainer.seed=7")
    assert (tmp_path / "config.yaml").read_text() == dump_config(fake_config(tmp_path, "trainer.seed=7"))
    assert np.isfinite(read_policy(tmp_path / "final_iter_8.pkl").metrics["reward"])


def test_the_policy_file_of_a_trainer_with_a_motion_prior_holds_it(tmp_path: Path) -> None:
    class Amp(FakeTrainer):
        def policy(self, state: FakeState) -> TrainedPolicy:
            return super().policy(state)._replace(amp=AmpPrior({"kernel": state.weights["a/b"]}, 0.5))

    result = train(tmp_path, trainer=Amp)
    assert result.checkpoint is not None
    amp = read_policy(result.checkpoint).amp
    assert amp is not None
    assert amp.weight == 0.5
    kernel = amp.discriminator["kernel"]
    assert np.array_equal(kernel, read_state(state_path(tmp_path, 8)).arrays["weights/a/b"])
