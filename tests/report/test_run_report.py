"""The report of a run: what is read from its folder, the curves, the tables, and the command that repeats it."""

import dataclasses
import itertools
import shlex
from pathlib import Path

import numpy as np
import pytest
from made_up_runs import CONFIG, ITERATIONS, PRIOR_METRICS, make_performance, make_run
from made_up_walks import CYCLE, asked, walk
from second_body import second_body

from playground_amp.cli import report
from playground_amp.configs.changes import changed
from playground_amp.configs.loader import config_from_dict, dump_config, load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.payment import TERMS
from playground_amp.errors import UserError
from playground_amp.gates.gate_report import report_of
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import ROBUST
from playground_amp.gates.judgement import judge_cell
from playground_amp.gates.result_file import write_result
from playground_amp.paths import STANDARD
from playground_amp.report import learning_charts, page, tracking_charts
from playground_amp.report.cycles import POINTS, measured_gait, reference_gait, spells
from playground_amp.report.facts import read_facts
from playground_amp.report.gait_charts import joint_charts, load_chart, portrait_charts, torque_charts
from playground_amp.report.program import program
from playground_amp.report.repeat import changes, repeat_command
from playground_amp.report.summary import summary, verdict
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of
from playground_amp.rollouts.figures import measure
from playground_amp.runs.checkpoint import find_checkpoint
from playground_amp.runs.stages import config_at

ROBOT = load_robot("wildrobot", "flat")
PHYSICS = CONFIG.physics.model_dump(mode="json")


class TestFolder:
    def test_gates_metrics_and_policy_are_found(self, tmp_path: Path) -> None:
        facts = read_facts(make_run(tmp_path, clearances=(0.03,)))
        assert len(facts.records) == facts.iteration == ITERATIONS
        assert [gate.checkpoint.sha256 for gate in facts.gates] == [facts.sha256]
        assert verdict(facts.gates).word == "PASS"
        assert {figure.name: figure.value for figure in summary(facts, facts.gates)}.items() >= {
            "iterations": "40",
            "control steps": "4 k",
            "training time": "1 min 20 s",
            "gate walk": "1 of 1",
            "without a fall": "2 of 2",
        }.items()

    def test_a_gate_that_was_judged_again_counts_once(self, tmp_path: Path) -> None:
        (gate,) = read_facts(make_run(tmp_path, clearances=(0.03, 0.001))).gates
        assert verdict([gate]).word == "FAIL"
        assert "swing clearance" in verdict([gate]).sentence

    def test_every_cell_shows_the_limit_that_it_was_judged_by(self, tmp_path: Path) -> None:
        checkpoint = make_run(tmp_path, clearances=())
        gate = ROBUST.reduced(cells=["stand", "push_10N_walking"], episodes=1)
        strict, *others = gate.cells[0].criteria
        lenient = dataclasses.replace(others[0], limit=0.07)  # of the second cell alone
        second = dataclasses.replace(gate.cells[1], criteria=(gate.cells[1].criteria[0], lenient))
        episode = measure(walk(), asked())
        cells = tuple(judge_cell(cell, CYCLE, [episode]) for cell in (gate.cells[0], second))
        run = GateRun(dataclasses.replace(gate, cells=(gate.cells[0], second)), CONFIG, cells, ((walk(),), (walk(),)))
        write_result(report_of(run, checkpoint, seconds=1.0).as_json(), tmp_path / "gate_robust.json")

        (judged,) = read_facts(checkpoint).gates
        limits = [[cell.limit_of(check) for check in cell.checks] for cell in judged.cells]
        assert [[limit and limit.limit for limit in cell] for cell in limits] == [[1.0, 0.05, 0.1], [1.0, 0.07]]
        assert [cell[0] and cell[0].held_by for cell in limits] == [
            "in 99 % of the episodes",
            "in 90 % of the episodes",
        ]
        assert [limit and limit.held_by for limit in limits[0][1:]] == ["mean of the episodes without a fall"] * 2
        assert (strict.figure, limits[0][0] and limits[0][0].sign) == ("survived", "≥")

    def test_without_gates_nothing_is_known(self, tmp_path: Path) -> None:
        assert verdict(read_facts(make_run(tmp_path, clearances=())).gates).word == "NOT JUDGED"

    def test_the_newest_policy_of_a_folder(self, tmp_path: Path) -> None:
        checkpoint = make_run(tmp_path)
        (tmp_path / "final_iter_9.pkl").write_bytes(checkpoint.read_bytes())
        assert find_checkpoint(tmp_path) == checkpoint
        with pytest.raises(UserError, match="holds no policy"):
            find_checkpoint(tmp_path.parent)

    @pytest.mark.parametrize(
        ("line", "complaint"),
        [
            ('{"iteration": 1, "rew', "line 2 is no JSON"),
            ("[1]", "line 2 is no record"),
            ('{"iteration": 2, "reward": "high"}', "line 2 holds no number under reward"),
        ],
    )
    def test_damaged_metrics_are_named(self, tmp_path: Path, line: str, complaint: str) -> None:
        checkpoint = make_run(tmp_path)
        metrics = tmp_path / "metrics.jsonl"
        metrics.write_text(f'{{"iteration": 1}}\n{line}\n')
        with pytest.raises(UserError, match=complaint) as caught:
            report.main(["--checkpoint", str(checkpoint)])
        assert str(metrics) in str(caught.value)

    @pytest.mark.parametrize("content", ["{", "[]", '{"gate": "walk"}'])
    def test_damaged_gates_are_named(self, tmp_path: Path, content: str) -> None:
        checkpoint = make_run(tmp_path)
        (tmp_path / "gate_walk.json").write_text(content)
        with pytest.raises(UserError, match=r"gate_walk\.json"):
            read_facts(checkpoint)

    def test_an_unwritable_place_and_a_missing_video(self, tmp_path: Path) -> None:
        checkpoint = str(make_run(tmp_path))
        with pytest.raises(UserError, match="is a directory"):
            report.main(["--checkpoint", checkpoint, "--output", str(tmp_path)])
        with pytest.raises(UserError, match="there is no video"):
            report.main(["--checkpoint", checkpoint, "--video", str(tmp_path / "none.mp4")])


class TestLearningCurves:
    def test_every_metric_has_a_chart(self, tmp_path: Path) -> None:
        records = read_facts(make_run(tmp_path)).records
        rewards = learning_charts.reward_charts(records, CONFIG.reward_weights)
        assert [chart.title.replace(" ", "_") for chart in rewards] == list(CONFIG.reward_weights)
        assert rewards[0].caption.startswith("weight 2: Gaussian of the averaged")
        priors = learning_charts.prior_charts(records, (0.6, 0.8))
        assert [f"amp/{chart.title.replace(' ', '_')}" for chart in priors] == list(PRIOR_METRICS)
        assert priors[0].caption.endswith("held within 0.6 to 0.8")
        assert [chart.title for chart in learning_charts.learner_charts(records)] == ["kl", "time/iteration"]
        assert [chart.title for chart in learning_charts.progress_charts(records)] == ["reward", "episode length"]

    def test_a_gap_in_a_curve_stays_a_gap(self, tmp_path: Path) -> None:
        records = read_facts(make_run(tmp_path)).records
        assert learning_charts.learner_charts(records)[0].figure["data"][0]["y"][2] is None

    def test_long_curves_are_averaged_and_smoothed(self) -> None:
        values = np.array([1.0, 3.0, np.nan, 5.0, np.nan, np.nan, 7.0])
        np.testing.assert_array_equal(learning_charts.thinned(values, most=4), [2.0, 5.0, np.nan, 7.0])
        ramp = np.arange(100.0)
        np.testing.assert_allclose(learning_charts.smoothed(ramp)[2:-2], ramp[2:-2])  # over 5 points
        assert learning_charts.smoothed(ramp)[0] == 1.0  # mean of 0, 1, 2

    def test_every_term_says_what_it_is(self) -> None:
        records = [{"iteration": 1, f"reward/{term}": 0.0} for term in TERMS]
        assert all(chart.caption for chart in learning_charts.reward_charts(records, {}))


class TestGait:
    def test_a_cycle_is_recovered(self) -> None:
        gait = measured_gait(make_performance())
        assert gait is not None
        assert gait.cycle_time == pytest.approx(CYCLE)
        assert gait.cycles == 9  # of 0.8 s, in 8 s less a control step
        expected = 0.3 * np.sin(2 * np.pi * np.linspace(0, 1, POINTS))
        np.testing.assert_allclose(gait.joint_position.mean[:, 3], expected, atol=2e-3)
        np.testing.assert_allclose(gait.joint_position.low, gait.joint_position.high, atol=4e-3)

    def test_the_reference_is_beside_it(self) -> None:
        gait = measured_gait(make_performance())
        assert gait is not None
        reference = reference_gait(ROBOT, CONFIG.env.gait, gait, CONFIG.env.control_dt)
        assert reference is not None
        left, right = (
            reference.joint_position.mean[:-1, ROBOT.joint_names.index(f"{s}_hip_pitch")] for s in ("left", "right")
        )
        np.testing.assert_allclose(left, np.roll(right, (POINTS - 1) // 2), atol=0.02)
        hip, *_ = joint_charts(ROBOT, gait, reference)
        assert [trace["name"] for trace in hip.figure["data"] if "name" in trace] == [
            "left",
            "left, reference",
            "right",
            "right, reference",
        ]

    def test_torque_stands_against_its_limit(self) -> None:
        performance = make_performance()
        gait = measured_gait(performance)
        assert gait is not None
        by_name = {trace["name"]: trace["x"] for trace in load_chart(performance).figure["data"]}
        assert by_name["limit"] == [4.0] * 11
        assert by_name["RMS"] == pytest.approx([1.41] * 11, abs=0.02)  # 2 N·m / √2
        assert [shape["y0"] for shape in torque_charts(ROBOT, gait)[0].figure["layout"]["shapes"]] == [-4.0, 4.0]

    def test_a_robot_that_fell_early_has_no_gait(self) -> None:
        assert measured_gait(make_performance(seconds=5.0)) is None

    def test_spells(self) -> None:
        np.testing.assert_allclose(spells(np.array([1, 1, 0, 0, 1, 0, 1], bool), 0.5), [[0, 1], [2, 0.5], [3, 0.5]])


class TestCommands:
    def test_the_program_stays_within_the_task(self) -> None:
        trained = CONFIG.env.commands
        stages = program(trained, Scale())
        for low_high, values in zip(
            (trained.forward, trained.sideways, trained.yaw_rate),
            zip(*(s.command for s in stages), strict=True),
            strict=True,
        ):
            assert min(values) >= low_high[0]
            assert max(values) <= low_high[1]
        assert {"stand", "walk", "turn in place", "step to the left", "stop"} <= {stage.name for stage in stages}
        only_ahead = trained.model_copy(update={"sideways": (0.0, 0.0), "yaw_rate": (0.0, 0.0), "forward": (0.0, 0.8)})
        assert [stage.name for stage in program(only_ahead, Scale())] == ["stand", "walk slowly", "walk", "stop"]

    def test_what_was_asked_and_what_was_got(self) -> None:
        results = tracking_charts.stage_results(make_performance(seconds=10.0))
        assert results[2].name == "walk"
        assert results[2].measured == pytest.approx(results[2].asked)
        assert results[3].measured is None


class TestRepeating:
    def test_the_command_leads_to_the_same_configuration(self) -> None:
        data = CONFIG.model_dump(mode="json")
        data["trainer"] |= {"lr": 0.00012, "num_envs": 512, "actor_layers": [64, 64]}
        data["env"]["commands"]["forward"] = [0.0, 0.6]
        data["reward_weights"] |= {"torque": -0.5, "standing_posture": -1.0}
        config = config_from_dict(data, "the test")
        words = shlex.split(repeat_command([config]).replace("\\\n", " "))
        settings = [value for flag, value in itertools.pairwise(words) if flag == "--set"]
        assert load_config(STANDARD, settings) == config
        assert {change.key: change.value for change in changes(config)}["reward_weights.standing_posture"] == -1.0

    def test_a_run_of_two_stages_is_repeated_by_two_commands(self, tmp_path: Path) -> None:
        checkpoint = make_run(tmp_path)
        before = config_from_dict(
            CONFIG.model_dump(mode="json") | {"physics": {**PHYSICS, "timestep": 0.004}}, "the test"
        )
        for end in (20, ITERATIONS):  # the second one began where this policy ends
            (tmp_path / f"config_until_{end}.yaml").write_text(dump_config(before))
        facts = read_facts(checkpoint)
        assert [stage.trainer.num_iterations for stage in facts.stages] == [20]
        first, second = repeat_command([*facts.stages, facts.config]).split(" &&\n")
        assert "--set physics.timestep=0.004" in first
        assert "--set trainer.num_iterations=20" in first
        assert "--resume checkpoints/again" in second
        assert f"--set physics.timestep={CONFIG.physics.timestep}" in second
        assert second.endswith("--override physics.timestep")

    def test_a_run_with_stages_of_its_own_is_repeated_by_one_command(self) -> None:
        stages = "stages={a: {until: 3}, b: {until: 5, changes: {reward_weights: {torque: -0.5}}}, c: {}}"
        config = load_config(STANDARD, ["num_iterations=9", "alive=0.7", stages])
        gone_through = [config_at(changed(config, {"trainer.num_iterations": end}), end) for end in (3, 5, 9)]
        words = shlex.split(repeat_command(gone_through).replace("\\\n", " "))
        assert words.count("playground_amp/train.py") == 1
        assert load_config(STANDARD, [value for flag, value in itertools.pairwise(words) if flag == "--set"]) == config

    def test_the_default_is_changed_by_nothing(self) -> None:
        assert changes(CONFIG) == []


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    """The standard task of a second body."""
    return load_config(STANDARD, flags={"robot": second_body(tmp_path_factory.mktemp("second"))})


class TestAnotherRobot:
    def test_its_joints_are_shown_in_pairs_and_the_others_after_them(self, config: Config) -> None:
        performance = make_performance(config=config)
        gait = measured_gait(performance)
        assert gait is not None
        legs = ["hip yaw", "hip roll", "hip pitch", "knee", "ankle pitch", "ankle roll"]
        robot = performance.robot
        assert [chart.title for chart in joint_charts(robot, gait, None)] == [*legs, "neck"]
        assert [chart.title for chart in torque_charts(robot, gait)] == [f"{leg} torque" for leg in legs]
        assert [chart.title for chart in portrait_charts(robot, gait, None)] == [
            f"{joint} phase portrait" for joint in ("hip pitch", "knee", "ankle pitch")
        ]
        by_name = {trace["name"]: trace["x"] for trace in load_chart(performance).figure["data"]}
        assert by_name["limit"] == pytest.approx(robot.torque_limit)

    def test_the_program_asks_for_what_a_robot_of_its_size_can_do(self, config: Config) -> None:
        robot = load_robot(config.robot, "flat")
        walk_stage = next(stage for stage in program(config.env.commands, scale_of(robot)) if stage.name == "walk")
        assert walk_stage.forward == pytest.approx(0.5 * scale_of(robot).speed)
        assert walk_stage.seconds == pytest.approx(10.0 * scale_of(robot).time)

    def test_a_page_is_made_of_its_run(self, config: Config, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(page, "film_program", lambda performance: f"data:{performance.robot.name}")
        facts = read_facts(make_run(tmp_path / "run", clearances=(), config=config))
        text = page.render(facts, facts.gates, make_performance(config=config), film=None)
        assert "knee phase portrait" in text
        assert "left, reference" in text  # the gait that is planned for it
        assert f"data:{config.robot}" in text

    def test_the_command_names_it(self, config: Config) -> None:
        (change,) = changes(config)
        assert (change.key, change.default, change.value) == ("robot", "wildrobot", config.robot)
        words = shlex.split(repeat_command([config]).replace("\\\n", " "))
        settings = [value for flag, value in itertools.pairwise(words) if flag == "--set"]
        assert load_config(STANDARD, settings) == config
