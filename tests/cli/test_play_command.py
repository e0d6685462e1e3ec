"""`play.py`: films show what was asked for; mistakes end in one sentence before anything compiles."""

import json
import re
import shutil
import socket
from pathlib import Path

import imageio_ffmpeg
import pytest
from paths import BUNDLE
from ports import free_port

from playground_amp.cli import play
from playground_amp.cockpit import film
from playground_amp.errors import UserError
from playground_amp.gates.gates import WALK
from playground_amp.paths import ROBOTS
from playground_amp.policies.opening import open_policy
from playground_amp.rendering import frames as rendering


@pytest.fixture
def nothing_compiles(monkeypatch: pytest.MonkeyPatch) -> None:
    def compile_anyway(*_) -> None:
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


def error_of(*arguments: object) -> str:
    with pytest.raises(UserError) as caught:
        play.main([str(argument) for argument in arguments])
    assert "\n" not in str(caught.value)
    return str(caught.value)


@pytest.fixture
def opengl() -> None:
    try:
        rendering.require_rendering()
    except UserError as error:
        pytest.skip(str(error))


@pytest.mark.filterwarnings("ignore:os.fork")
def test_a_film_shows_what_was_asked_for(tmp_path: Path, opengl: None, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "walk.mp4"
    command = ["--checkpoint", str(BUNDLE), "--video", str(path), "--command", "0.5", "0", "0", "--seconds", "4"]
    assert play.main(command) == 0
    said = capsys.readouterr().out.splitlines()[-1]
    assert said.startswith((f"video: {path} (0.4", f"video: {path} (0.5"))
    frames = imageio_ffmpeg.read_frames(str(path))
    properties = next(frames)
    assert isinstance(properties, dict)
    assert properties["duration"] == pytest.approx(4.0, abs=0.1)
    assert properties["size"] == (640, 480)


@pytest.mark.filterwarnings("ignore:os.fork")
@pytest.mark.slow
def test_an_episode_of_a_gate_is_filmed(tmp_path: Path, opengl: None) -> None:
    side_by_side = 2 * len(WALK.cells)  # as in a short gate of two episodes a cell, whose compiled program it shares
    gate = film.choose_cell(WALK, "walk 0.5 m/s", 1).reduced(distance=2.0, episodes=side_by_side)
    path = tmp_path / "episode.mp4"
    said = film.film_episode(open_policy(BUNDLE), gate, 1, path, print)
    assert re.fullmatch(r"lasted [3-5]\.\d s, .*", said)
    properties = next(imageio_ffmpeg.read_frames(str(path)))
    assert isinstance(properties, dict)
    assert 3.0 < properties["duration"] < 6.0


@pytest.mark.usefixtures("nothing_compiles")
class TestMistakes:
    def test_a_port_that_is_taken(self):
        with socket.create_server(("127.0.0.1", 0)) as other:
            port = other.getsockname()[1]
            assert f"port {port} is taken" in error_of("--checkpoint", BUNDLE, "--port", port)

    def test_an_address_of_another_machine(self):
        assert "cannot listen on 192.0.2.1:8080" in error_of("--checkpoint", BUNDLE, "--host", "192.0.2.1")

    def test_no_port(self):
        assert "'70000' is no port" in error_of("--checkpoint", BUNDLE, "--port", "70000")

    def test_no_such_checkpoint(self, tmp_path: Path):
        assert "No such file" in error_of("--checkpoint", tmp_path / "final_iter_1.pkl", "--port", free_port())

    def test_without_a_checkpoint_the_robot_must_come_with_a_policy(self, tmp_path: Path):
        robot = tmp_path / "my robot"
        shutil.copytree(ROBOTS / "wildrobot", robot, ignore=shutil.ignore_patterns("policy", "demonstrations"))
        assert "comes without a policy (robots with one: wildrobot" in error_of("--robot", robot, "--port", free_port())

    def test_a_folder_of_something_else(self, tmp_path: Path):
        assert "is no folder of a run" in error_of("--checkpoint", tmp_path, "--port", free_port())

    def test_a_command_beyond_training(self, tmp_path: Path):
        low, high = json.loads((BUNDLE / "manifest.json").read_text())["config"]["env"]["commands"]["forward"]
        message = error_of("--checkpoint", BUNDLE, "--video", tmp_path / "a.mp4", "--command", "2", "0", "0")
        assert message == f"--command: forward 2 is outside of what was trained, {low:g} to {high:g}"

    def test_a_command_of_words(self):
        assert "'fast' is no number" in error_of("--checkpoint", BUNDLE, "--command", "fast", "0", "0")

    def test_a_film_of_another_kind(self, tmp_path: Path):
        assert "name it FILE.mp4" in error_of("--checkpoint", BUNDLE, "--video", tmp_path / "a.gif")

    def test_a_film_where_nothing_can_be_written(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        message = error_of("--checkpoint", BUNDLE, "--video", tmp_path / "file" / "a.mp4")
        assert "cannot be written" in message

    def test_a_length_without_a_film(self):
        assert error_of("--checkpoint", BUNDLE, "--seconds", "5") == "--seconds means nothing without --video"

    def test_a_cell_without_a_gate(self, tmp_path: Path):
        message = error_of("--checkpoint", BUNDLE, "--video", tmp_path / "a.mp4", "--cell", "walk 0.5 m/s")
        assert message == "--cell means nothing without --gate"

    @pytest.mark.parametrize(
        ("flags", "expected"),
        [
            (["--gate", "wall"], "did you mean 'walk'"),
            (["--gate", "walk", "--cell", "walk 5 m/s"], "did you mean 'walk 0.5 m/s'"),
            (["--gate", "walk", "--episode", "20"], "--episode 20: cell walk 0.3 m/s has episodes 0 to 19"),
            (["--gate", "walk", "--command", "0.5", "0", "0"], "--command: the gate says"),
        ],
    )
    def test_an_episode_that_is_not_there(self, tmp_path: Path, flags: list[str], expected: str):
        assert expected in error_of("--checkpoint", BUNDLE, "--video", tmp_path / "a.mp4", *flags)

    def test_a_machine_that_cannot_draw(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.delenv("MUJOCO_GL", raising=False)
        monkeypatch.setattr(rendering, "find_library", lambda name: None)
        monkeypatch.setattr(rendering.sys, "platform", "linux")
        message = error_of("--checkpoint", BUNDLE, "--video", tmp_path / "a.mp4")
        assert "apt-get install libegl1 libgl1-mesa-dri" in message
