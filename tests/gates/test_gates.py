"""The gate walk: an exact walk passes; every cheat fails, and for the right reason."""

import dataclasses
import io
import json
import math
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from made_up_walks import CYCLE, task, walk
from rich.console import Console

from playground_amp.configs.loader import load_config
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates import gates
from playground_amp.gates import table as report
from playground_amp.gates.gait_metrics import EpisodeFigures, measure
from playground_amp.gates.gates import WALK, WALK_CHECKS
from playground_amp.gates.judgement import CellResult, judge_cell
from playground_amp.gates.result_file import write_result
from playground_amp.gates.runner import GateRun, gate_config, run_gate
from playground_amp.paths import STANDARD
from playground_amp.rollouts.recording import Recording

CONFIG = load_config(STANDARD)
CELL = dataclasses.replace(WALK.cells[1].over(10.0), episodes=1)
TIME = np.arange(400) * CONFIG.env.control_dt  # s, of the scripts below


def judged(*recordings: Recording) -> CellResult:
    return judge_cell(CELL, CYCLE, [measure(recording, task()) for recording in recordings])


def failed(*recordings: Recording) -> set[str]:
    return set(judged(*recordings).failed_checks)


# Recordings made up


def test_checks_name_figures_that_exist():
    fields = {field.name for field in dataclasses.fields(EpisodeFigures)}

    assert {check.figure for check in WALK.checks} <= fields


def test_the_gate_is_the_one_agreed_on():
    limits = {check.figure: (check.bound, check.limit) for check in WALK.checks}

    assert [(cell.speed, cell.distance, cell.episodes) for cell in WALK.cells] == [(0.3, 50.0, 20), (0.5, 50.0, 20)]
    assert all(cell.checks == WALK_CHECKS for cell in WALK.cells)
    assert {(cell.physics.engine, cell.physics.timestep) for cell in WALK.cells} == {("native", 0.002)}
    assert limits["speed_error"] == ("at most", 0.1)
    assert limits["lateral_error"] == ("at most", 1.0)
    assert limits["step_length_ratio"] == ("at least", 0.8)
    assert limits["step_asymmetry"] == ("at most", 0.15)
    assert limits["swing_clearance"] == ("at least", 0.015)
    assert limits["joint_torque"] == ("at most", 1.5)


def test_an_exact_walk_passes():
    assert judged(walk()).passed


def test_one_bad_episode_fails_a_cell_however_good_the_mean():
    result = judged(walk(), walk(), walk(lift=(0.01, 0.01)), walk())
    clearance = next(each for each in result.checks if each.check.figure == "swing_clearance")

    assert result.failed_checks == ("swing_clearance",)
    assert clearance.failed_episodes == (2,)
    assert clearance.worst == pytest.approx(0.01, rel=1e-3)
    assert (clearance.mean or 0) > clearance.check.limit


def test_a_share_of_episodes_can_be_enough():
    survival = dataclasses.replace(WALK.checks[0], required_share=0.75)
    cell = dataclasses.replace(CELL, checks=(survival,))
    fallen = dataclasses.replace(walk(), fell=True)
    figures = [measure(recording, task()) for recording in (walk(), walk(), walk(), fallen)]

    assert judge_cell(cell, CYCLE, figures).passed
    assert not judge_cell(cell, CYCLE, [*figures, figures[-1]]).passed  # 3 of 5


def test_gliding_at_the_right_speed_without_lifting_the_feet_fails():
    glide = walk()
    glide.foot_contact[:] = True

    assert failed(glide) == {"alternation", "step_length_ratio", "step_asymmetry", "swing_clearance"}


def test_dragging_feet_fail_by_clearance_alone():
    assert failed(walk(lift=(0.03, 0.012))) == {"swing_clearance"}


def test_walking_backwards_fails():
    assert failed(walk(speed=-0.5)) == {"distance_share", "speed_error", "step_length_ratio"}


def test_walking_backwards_along_the_line_with_the_back_to_it_fails():
    turned_round = walk()
    turned_round.heading[:] = math.pi

    assert failed(turned_round) == {"heading_error", "step_length_ratio"}


def test_tapping_the_feet_in_place_fails():
    assert failed(walk(speed=0.0)) == {"distance_share", "speed_error", "step_length_ratio", "step_asymmetry"}


def test_a_limp_fails():
    assert failed(walk(left_ahead=0.02)) == {"step_asymmetry"}


def test_a_figure_that_is_not_a_number_fails():
    assert not any(check.holds(math.nan) for check in WALK.checks)


def test_the_time_limit_is_where_the_slowest_speed_allowed_arrives():
    assert [cell.time_limit for cell in WALK.cells] == pytest.approx([50 / 0.27, 50 / 0.45])


def test_an_unknown_gate_names_the_nearest():
    with pytest.raises(UserError, match=r"unknown gate 'wlak'.*walk.*did you mean 'walk'"):
        gates.find_gate("wlak")


# Scripts driven through the engine


def script(state: EnvState, table: jax.Array) -> jax.Array:
    """Plays joint offsets from home [T, 11] rad, one row a control step."""
    return table[state.step % len(table)] / CONFIG.env.action_scale


def table(joint_names: tuple[str, ...], **offsets: np.ndarray) -> jax.Array:
    rows = np.zeros((len(TIME), len(joint_names)), np.float32)
    for joint, offset in offsets.items():
        rows[:, joint_names.index(joint)] = offset
    return jnp.asarray(rows)


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return WildRobotEnv(gate_config(CONFIG, WALK))


def run_script(env: WildRobotEnv, **offsets: np.ndarray) -> GateRun:
    """One meter, twice at each speed."""
    moves = table(env.engine.robot.joint_names, **offsets)
    return run_gate(WALK.reduced(1.0, 2), CONFIG, lambda _: Partial(script, table=moves), make_env=lambda *_: env)


def stepping(reach: float) -> dict[str, np.ndarray]:
    """Sway from foot to foot and bend the free leg; its hip swings by `reach` rad to the back."""
    cycle = 2 * np.pi * 1.25 * TIME
    sway = 0.05 * np.sin(cycle + 0.6)
    lift = {"left": 0.3 * np.maximum(np.sin(cycle), 0), "right": 0.3 * np.maximum(-np.sin(cycle), 0)}
    moves = {}
    for side, sign in (("left", 1), ("right", -1)):
        swing = -sign * reach * np.cos(cycle) * np.minimum(cycle / 8, 1)
        moves |= {f"{side}_hip_roll": -sway, f"{side}_ankle_roll": sway, f"{side}_knee_pitch": lift[side]}
        moves |= {
            f"{side}_hip_pitch": swing - lift[side] / 2,
            f"{side}_ankle_pitch": -swing - lift[side] / 2,
        }
    return moves


def test_standing_still_fails(env: WildRobotEnv):
    run = run_script(env)

    for cell in run.cells:
        assert {"distance_share", "speed_error", "step_length_ratio", "swing_clearance"} <= set(cell.failed_checks)
        assert not {"survived", "joint_torque", "lateral_error"} & set(cell.failed_checks)
        assert cell.episodes[0].steps == 0


def test_falling_forward_fails(env: WildRobotEnv):
    lean = np.full(len(TIME), -0.4)
    run = run_script(env, left_ankle_pitch=lean, right_ankle_pitch=lean)

    for cell in run.cells:
        assert {"survived", "distance_share", "step_length_ratio"} <= set(cell.failed_checks)
        assert all((figures.distance_share or 0) > 0.1 for figures in cell.episodes)  # it did go forward
        assert all(figures.duration < 2.0 for figures in cell.episodes)  # the recording ends with the fall


def test_shuffling_without_lifting_the_feet_fails(env: WildRobotEnv):
    shuffle = 0.15 * np.sin(2 * np.pi * 1.25 * TIME)
    run = run_script(env, left_hip_pitch=shuffle, right_hip_pitch=-shuffle)

    for cell in run.cells:
        assert {"swing_clearance", "step_length_ratio"} <= set(cell.failed_checks)
        assert "survived" not in cell.failed_checks


def test_tapping_the_feet_in_place_fails_for_its_steps_and_speed(env: WildRobotEnv):
    slow = run_script(env, **stepping(reach=0.0)).cells[0]

    assert {"speed_error", "step_length_ratio"} <= set(slow.failed_checks)
    assert not {"survived", "alternation", "swing_clearance"} & set(slow.failed_checks)  # it does lift its feet


def test_stepping_backwards_fails(env: WildRobotEnv):
    slow = run_script(env, **stepping(reach=0.1)).cells[0]

    assert {"distance_share", "speed_error", "step_length_ratio"} <= set(slow.failed_checks)
    assert all(figures.mean_speed < 0 and figures.step_length < 0 for figures in slow.episodes)


def test_episodes_differ_and_repeat(env: WildRobotEnv):
    once, again = run_script(env), run_script(env)
    first, second = once.recordings[0]

    assert once.cells == again.cells
    assert not np.array_equal(first.qpos, second.qpos)


def test_recordings_start_at_rest_and_last_until_the_time_limit(env: WildRobotEnv):
    run = run_script(env)

    for cell, recordings in zip(run.cells, run.recordings, strict=True):
        for recording in recordings:
            assert len(recording.qpos) == 1 + math.ceil(cell.cell.time_limit / CONFIG.env.control_dt)
            assert recording.qpos.dtype == np.float32
            assert np.abs(recording.joint_velocity[0]).max() == 0
            assert recording.foot_contact.shape == (len(recording.qpos), 2)


def test_a_checkpoint_cannot_bring_its_own_notion_of_a_fall():
    lenient = CONFIG.model_copy(update={"env": CONFIG.env.model_copy(update={"fall_tilt": 3.1, "fall_height": 0.01})})
    config = gate_config(lenient, WALK)

    assert (config.env.fall_tilt, config.env.fall_height) == (0.785, 0.25)
    assert (config.physics.engine, config.physics.timestep, config.physics.iterations) == ("native", 0.002, 50)


def test_a_control_period_the_gate_cannot_step_is_a_user_error():
    odd = CONFIG.model_copy(update={"env": CONFIG.env.model_copy(update={"control_dt": 0.015})})

    with pytest.raises(UserError, match="control_dt"):
        gate_config(odd, WALK)


# Report


def test_the_json_is_strict_and_whole(env: WildRobotEnv, tmp_path: Path):
    checkpoint = tmp_path / "final_iter_1.pkl"
    checkpoint.write_bytes(b"abc")
    path = tmp_path / "gate.json"
    write_result(report.as_json(run_script(env), checkpoint, seconds=1.5), path)
    content = json.loads(path.read_text(), parse_constant=pytest.fail)

    assert content["passed"] is False
    assert content["full_gate"] is False
    assert content["reduced"] == ["1 m of 50 m", "2 episodes of 20 episodes"]
    assert content["checkpoint"]["sha256"].startswith("ba7816bf")  # of "abc"
    assert content["cells"][0]["physics"]["timestep"] == 0.002
    assert [check["figure"] for check in content["checks"]] == [check.figure for check in WALK.checks]
    assert [cell["speed_m_s"] for cell in content["cells"]] == [0.3, 0.5]
    assert len(content["cells"][0]["episodes"]) == 2


def test_the_table_reads_without_a_terminal(env: WildRobotEnv):
    text = io.StringIO()
    report.print_report(run_script(env), Console(file=text))

    assert "reduced: 1 m of 50 m, 2 episodes of 20 episodes; this is not the full gate" in text.getvalue()
    assert "gate walk FAILED" in text.getvalue()
    assert "swing clearance" in text.getvalue()
    assert "\x1b" not in text.getvalue()


def test_the_full_gate_has_no_reductions():
    assert report.reductions(WALK) == []
    assert report.reductions(WALK.reduced(engine="mjx")) == ["engine mjx instead of native"]
