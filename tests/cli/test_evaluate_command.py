"""`evaluate.py`: mistakes end in one sentence and status 2 before anything is compiled."""

import io
import json
import pickle
import subprocess
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path
from types import SimpleNamespace
from typing import NamedTuple

import jax
import made_up_walks
import numpy as np
import pytest
from deployable import ROBOT_DATA

from playground_amp.cli import evaluate
from playground_amp.cli.judging import seed_for
from playground_amp.configs.loader import load_config
from playground_amp.envs.observations import observation_sizes
from playground_amp.errors import UserError
from playground_amp.gates.cells import Gate
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import ROBUST
from playground_amp.gates.judgement import judge_cell
from playground_amp.learning.networks import make_networks
from playground_amp.paths import PACKAGE
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.figures import measure
from playground_amp.runs.checkpoint import save_policy

SCRIPT = PACKAGE / "evaluate.py"
CONFIG = load_config(SCRIPT.parent / "configs" / "wildrobot_phase3_training.yaml")


@pytest.fixture(scope="module")
def untrained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The checkpoint of a policy that has learned nothing."""
    robot = load_robot(CONFIG.robot)
    sizes = observation_sizes(robot, history=1)
    networks = make_networks(CONFIG.trainer, robot, sizes)
    key = jax.random.PRNGKey(0)
    params = {
        "normalizer": {"mean": {"state": np.zeros(sizes["state"])}, "std": {"state": np.ones(sizes["state"])}},
        "policy": networks.policy_network.init(key),
        "value": networks.value_network.init(key),
    }
    path = tmp_path_factory.mktemp("untrained") / "final_iter_0.pkl"
    save_policy(path, params, {}, CONFIG.model_dump(mode="json"), ROBOT_DATA)
    return path


@pytest.fixture
def nothing_compiles(monkeypatch: pytest.MonkeyPatch):
    def compile_anyway(*_):
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


def error_of(*arguments: object) -> str:
    with pytest.raises(UserError) as caught:
        evaluate.main([str(argument) for argument in arguments])
    message = str(caught.value)
    assert "\n" not in message
    return message


@pytest.mark.usefixtures("nothing_compiles")
class TestMistakes:
    def test_no_checkpoint_given(self):
        assert "--checkpoint" in error_of("--gate", "walk")

    def test_missing_checkpoint(self, tmp_path: Path):
        assert f"{tmp_path}/none.pkl: No such file" in error_of("--checkpoint", tmp_path / "none.pkl")

    def test_directory_without_a_policy(self, tmp_path: Path):
        assert "holds no policy (final_iter_<N>.pkl)" in error_of("--checkpoint", tmp_path)

    def test_a_run_folder_means_its_newest_policy(self, untrained: Path):
        with pytest.raises(AssertionError, match="the environment was built"):
            evaluate.main(["--checkpoint", str(untrained.parent)])

    def test_foreign_pickle(self, tmp_path: Path):
        path = tmp_path / "foreign.pkl"
        path.write_bytes(pickle.dumps(Path("/")))

        assert str(path) in error_of("--checkpoint", path)

    def test_unknown_gate(self, untrained: Path):
        assert "did you mean 'walk'?" in error_of("--checkpoint", untrained, "--gate", "walks")

    def test_unknown_engine(self, untrained: Path):
        assert "did you mean native?" in error_of("--checkpoint", untrained, "--physics", "nativ")

    @pytest.mark.parametrize("flag", ["--json", "--video", "--report"])
    def test_unwritable_output(self, untrained: Path, tmp_path: Path, flag: str):
        (tmp_path / "file").touch()

        assert "cannot be written" in error_of("--checkpoint", untrained, flag, tmp_path / "file" / "out")
        assert "is a directory" in error_of("--checkpoint", untrained, flag, tmp_path)

    @pytest.mark.parametrize("value", ["0", "-3", "abc", "1.5"])
    def test_episodes_that_are_no_count(self, untrained: Path, value: str):
        assert f"'{value}' is no whole number above 0" in error_of("--checkpoint", untrained, f"--episodes={value}")

    @pytest.mark.parametrize("value", ["0", "-3", "abc", "nan", "inf"])
    def test_distances_that_are_none(self, untrained: Path, value: str):
        assert f"'{value}' is no number above 0" in error_of("--checkpoint", untrained, f"--distance={value}")

    def test_configuration_of_another_task(self, untrained: Path, tmp_path: Path):
        content = pickle.loads(untrained.read_bytes())
        content["config"]["env"]["legs"] = 4
        path = tmp_path / "other.pkl"
        save_policy(path, content["params"], {}, content["config"], ROBOT_DATA)

        assert "env.legs" in error_of("--checkpoint", path)


def test_an_error_is_one_line_and_status_2(tmp_path: Path):
    command = [sys.executable, str(SCRIPT), "--checkpoint", str(tmp_path / "none.pkl")]
    done = subprocess.run(command, capture_output=True, text=True, cwd=tmp_path, check=False)

    assert done.returncode == 2
    assert done.stdout == ""
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1


def test_help_needs_no_jax():
    code = """
import sys
from playground_amp.cli import evaluate
evaluate.build_parser().print_help()
print("jax" in sys.modules)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert "--checkpoint PATH" in done.stdout
    assert done.stdout.endswith("False\n")


class Judged(NamedTuple):
    status: int
    out: str
    err: str
    folder: Path


@pytest.fixture(scope="module")
def judged(untrained: Path, tmp_path_factory: pytest.TempPathFactory) -> Judged:
    """One short gate for all tests, on a machine that cannot draw."""

    def no_library(*_, **__):
        raise UserError("this machine cannot draw pictures; apt-get install libegl1")

    folder, out, err = tmp_path_factory.mktemp("judged"), io.StringIO(), io.StringIO()
    outputs = ["--json", folder / "reports" / "gate.json", "--video", folder / "walk.mp4"]
    outputs += ["--report", folder / "report.html"]
    arguments = ["--checkpoint", untrained, "--distance", 0.5, "--episodes", 1, *outputs]
    with pytest.MonkeyPatch.context() as patch, redirect_stdout(out), redirect_stderr(err):
        patch.setattr("playground_amp.rendering.film.render_frames", no_library)
        status = evaluate.main([str(argument) for argument in arguments])
    return Judged(status, out.getvalue(), err.getvalue(), folder)


def test_an_untrained_policy_fails_the_gate(judged: Judged):
    assert judged.status == 1
    assert "gate walk FAILED" in judged.out
    assert '"full_gate": false' in (judged.folder / "reports" / "gate.json").read_text()


def test_episodes_are_drawn_from_the_policys_own_bytes(judged: Judged, untrained: Path, tmp_path: Path):
    result = json.loads((judged.folder / "reports" / "gate.json").read_text())
    assert result["seed"] == seed_for(untrained, None)
    assert f"seed {result['seed']}" in judged.out
    assert seed_for(untrained, 5) == 5
    other = tmp_path / "other.pkl"
    other.write_bytes(untrained.read_bytes() + b" ")
    assert seed_for(other, None) != seed_for(untrained, None)
    assert 0 <= seed_for(other, None) < 2**31


def test_a_gate_is_judged_anew_on_three_drawings(
    untrained: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    verdicts = iter([True, False, True])
    seeds: list[int] = []

    def made_up(gate: Gate, *_: object) -> tuple[SimpleNamespace, float]:
        seeds.append(gate.seed)
        return SimpleNamespace(passed=next(verdicts), seed=gate.seed), 1.0

    def report(run: SimpleNamespace, *_: object) -> SimpleNamespace:
        run.named_from = lambda _: SimpleNamespace(as_json=lambda: {"seed": run.seed})
        return run

    monkeypatch.setattr("playground_amp.cli.judging.judge", made_up)
    monkeypatch.setattr("playground_amp.gates.table.print_report", lambda _: None)
    monkeypatch.setattr("playground_amp.gates.gate_report.report_of", report)
    result = tmp_path / "drawings.json"
    assert evaluate.main(["--checkpoint", str(untrained), "--verify", "--json", str(result)]) == 1
    assert len(set(seeds)) == 3
    assert "gate walk: passed 2 of 3 drawings" in capsys.readouterr().out
    assert json.loads(result.read_text()) == {"passed": 2, "drawings": [{"seed": seed} for seed in seeds]}
    with pytest.raises(UserError, match="leave --seed"):
        evaluate.main(["--checkpoint", str(untrained), "--verify", "--seed", "3"])


def test_a_video_that_cannot_be_drawn_leaves_the_result_alone(judged: Judged):
    assert judged.status == 1
    assert "no video: this machine cannot draw pictures; apt-get install libegl1" in judged.err
    assert not (judged.folder / "walk.mp4").exists()


def test_a_walk_over_rough_ground_is_filmed_over_rough_ground(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    drawn: list[Robot] = []
    monkeypatch.setattr("playground_amp.rendering.film.render_frames", lambda robot, *_, **__: drawn.append(robot))
    monkeypatch.setattr("playground_amp.rendering.film.write_video", lambda *_, **__: None)
    gate = ROBUST.reduced(cells=["rough"], episodes=1)
    recording, asked = made_up_walks.walk(), made_up_walks.asked()
    cell = judge_cell(gate.cells[0], asked.gait_cycle, [measure(recording, asked)])
    video = tmp_path / "rough.mp4"

    assert evaluate._write_video(GateRun(gate, CONFIG, (cell,), ((recording,),)), video) == video
    assert [robot.scene for robot in drawn] == ["rough"]
    assert capsys.readouterr().out == f"video: {video}\n"


def test_the_report_shows_the_result(judged: Judged):
    assert f"report: {judged.folder / 'report.html'}" in judged.out
    page = (judged.folder / "report.html").read_text()
    for words in ("FAIL", "Gate walk", "reduced: 0.5 m of 50 m, 1 episodes of 20 episodes", "There is no film"):
        assert words in page


@pytest.mark.usefixtures("nothing_compiles")
def test_a_report_needs_a_run(tmp_path: Path):
    assert "--report shows a run" in error_of("--bundle", tmp_path, "--report")
