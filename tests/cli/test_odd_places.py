"""Whatever a path or a number on the command line is, a command answers in a sentence, at once."""

import os
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from paths import BUNDLE, ROOT

from playground_amp.cli import doctor, evaluate, export, motion, play, randomization, replay, report, train
from playground_amp.errors import UserError

Main = Callable[[Sequence[str]], int]
POLICY = next(BUNDLE.glob("final_iter_*.pkl"))
READERS: dict[str, tuple[Main, list[str]]] = {
    "train --config": (train.main, ["--print-config", "--config"]),
    "train --resume": (train.main, ["--verify", "--no-wandb", "--checkpoint-dir", "run", "--resume"]),
    "train --robot": (train.main, ["--print-config", "--robot"]),
    "evaluate --checkpoint": (evaluate.main, ["--checkpoint"]),
    "evaluate --bundle": (evaluate.main, ["--bundle"]),
    "export --checkpoint": (export.main, ["--output", "out", "--checkpoint"]),
    "report --checkpoint": (report.main, ["--checkpoint"]),
    "play --checkpoint": (play.main, ["--video", "film.mp4", "--checkpoint"]),
    "replay": (replay.main, []),
    "doctor --checkpoint": (doctor.main, ["--checkpoint"]),
    "doctor --demonstrations": (doctor.main, ["--demonstrations"]),
    "motion check": (motion.main, ["check"]),
    "motion show": (motion.main, ["show"]),
    "motion import": (motion.main, ["import"]),
    "randomization --config": (randomization.main, ["--robots", "2", "--config"]),
}
WRITERS: dict[str, tuple[Main, list[str]]] = {
    "export --output": (export.main, ["--checkpoint", str(POLICY), "--output"]),
    "motion generate --output": (motion.main, ["generate", "--output"]),
    "train --checkpoint-dir": (train.main, ["--verify", "--no-wandb", "--checkpoint-dir"]),
    "play --video": (play.main, ["--checkpoint", str(POLICY), "--video"]),
}
NO_INPUTS = ("pipe", "empty", "dangling", "circle", "damaged.pkl", "damaged.npz", "x" * 300, "/dev/zero", "empty/x")
NO_OUTPUTS = ("pipe", "circle", "damaged.pkl", "x" * 300, "empty/x")


@pytest.fixture
def odd_places(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    os.mkfifo("pipe")
    Path("empty").touch()
    Path("dangling").symlink_to("nowhere")
    Path("circle").symlink_to("circle")
    Path("damaged.pkl").write_bytes(b"junk")
    Path("damaged.npz").write_bytes(b"PK\x03\x04junk")
    return tmp_path


@pytest.mark.parametrize(("main", "arguments"), READERS.values(), ids=READERS)
def test_what_is_no_input(odd_places: Path, main: Main, arguments: list[str]) -> None:
    before = set(os.listdir(odd_places))
    for path in NO_INPUTS:
        with pytest.raises(UserError):
            main([*arguments, path])
    assert set(os.listdir(odd_places)) - before <= {"run", "imported_clips"}  # where the output would have gone


@pytest.mark.parametrize(("main", "arguments"), WRITERS.values(), ids=WRITERS)
def test_what_is_no_output(odd_places: Path, main: Main, arguments: list[str]) -> None:
    for path in NO_OUTPUTS:
        with pytest.raises(UserError):
            main([*arguments, path])
    assert Path("damaged.pkl").read_bytes() == b"junk"


@pytest.mark.parametrize(
    ("setting", "words"),
    [
        ("trainer.num_envs=1000000000", "need more than"),
        ("trainer.num_envs=1000000000000", "must be less than 2,147,483,648"),
        ("env.episode_length=1000000000000", "env.episode_length must be less than 2,147,483,648"),
        ("trainer.actor_layers=[1000000000]", "trainer.actor_layers must be at most 10000000"),
        ("physics.timestep=1e-12", "10,000 at most"),
    ],
)
def test_numbers_that_no_machine_holds(tmp_path: Path, setting: str, words: str) -> None:
    with pytest.raises(UserError) as error:
        train.main(["--verify", "--no-wandb", "--checkpoint-dir", str(tmp_path / "run"), "--set", setting])
    assert words in str(error.value)


def test_a_name_that_no_file_can_have() -> None:
    with pytest.raises(UserError, match="cannot be written: embedded null byte"):
        train.main(["--verify", "--no-wandb", "--set", 'trainer.checkpoint_dir="a\\0b"'])


@pytest.mark.parametrize(
    ("main", "arguments"),
    [
        (randomization.main, ["--robots", "1000000000000"]),
        (evaluate.main, ["--checkpoint", str(POLICY), "--episodes", "1000000000"]),
        (motion.main, ["record", "--commands", "1000000000"]),
    ],
    ids=["robots", "episodes", "commands"],
)
def test_counts_that_never_end(main: Main, arguments: list[str]) -> None:
    with pytest.raises(UserError, match=r"is more than [\d,]+ \(--help"):
        main(arguments)


def test_a_folder_that_is_gone_under_the_command(tmp_path: Path) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    command = f"rmdir {gone}; exec {sys.executable} {ROOT / 'playground_amp' / 'train.py'} --print-config"
    done = subprocess.run(["sh", "-c", command], cwd=gone, capture_output=True, text=True, check=False)
    assert "Traceback" not in done.stderr
    assert done.returncode in (0, 2)


def test_a_table_of_clips_that_never_ends(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"env.commands.forward asks for 0 to 1e[+]09: more than 10,000 gaits"):
        motion.main(["generate", "--output", str(tmp_path), "--set", "env.commands.forward=[0,1e9]"])
