"""What is typed: numbers are decimal, paths may begin at home, and what is printed can be typed again."""

import argparse
import os
from pathlib import Path

import pytest

from playground_amp.cli import evaluate, play, train
from playground_amp.cli.parser import CommandParser, finite_float, positive_int, whole_number
from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.paths import PROJECT, STANDARD, command_line


@pytest.mark.parametrize(("text", "value"), [("010", 10), ("0100", 100), ("008", 8), ("7", 7)])
def test_whole_numbers_are_decimal_everywhere(text: str, value: int) -> None:
    assert (whole_number(text), positive_int(text)) == (value, value)
    assert vars(train.build_parser().parse_args(["--seed", text]))["trainer.seed"] == value
    assert load_config(STANDARD, [f"env.episode_length={text}"]).env.episode_length == value


@pytest.mark.parametrize("text", ["1:40", "0x10", "0b11", "1_000", "0o17", "1,000"])
def test_what_is_no_decimal_number_is_no_number(text: str) -> None:
    for read in (whole_number, positive_int, finite_float):
        with pytest.raises(argparse.ArgumentTypeError):
            read(text)
    with pytest.raises(UserError, match=r"env\.episode_length must be a whole number, found '"):
        load_config(STANDARD, [f"env.episode_length={text}"])


def test_negative_numbers_are_no_flags() -> None:
    parsed = play.build_parser().parse_args(["--checkpoint", "x", "--command", "-1e-1", "-.5", "-2.E+0"])
    assert parsed.command == [-0.1, -0.5, -2.0]
    assert vars(train.build_parser().parse_args(["--amp-weight", "-1e-3"]))["amp.weight"] == -1e-3


def test_a_path_without_its_flag_is_told_the_flag() -> None:
    with pytest.raises(UserError, match=r"unknown argument runs/a, did you mean --checkpoint runs/a\?"):
        play.build_parser().parse_args(["runs/a"])


def test_home_is_meant_by_a_tilde_wherever_a_path_is_given(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    parsed = evaluate.build_parser().parse_args(["--checkpoint=~/x", "--json=~/y", "--report=~/z"])
    assert (parsed.checkpoint, parsed.json, parsed.report) == (Path("/home/me/x"), Path("/home/me/y"), "/home/me/z")
    assert train.build_parser().parse_args(["--resume=~/x"]).resume == "/home/me/x"
    config = load_config(STANDARD, ["checkpoint_dir=~/runs/x", "amp.demonstrations=~/clips"])
    assert (config.trainer.checkpoint_dir, config.amp.demonstrations) == ("/home/me/runs/x", "/home/me/clips")


def test_every_path_flag_of_a_group_knows_it_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    parser = CommandParser("")
    parser.add_argument_group("a group").add_argument("--file", type=Path)
    assert parser.parse_args(["--file", "~/x"]).file == Path("/home/me/x")


def test_a_printed_command_can_be_typed_where_it_is_printed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(PROJECT)
    assert command_line("train", "--resume", Path("my run")) == "python playground_amp/train.py --resume 'my run'"
    monkeypatch.chdir(tmp_path)
    assert os.path.isfile(command_line("train").split()[1])
