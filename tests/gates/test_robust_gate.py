"""The gate robust: doing what is asked passes; standing still, ignoring a command and falling fail by name."""

import dataclasses
import io
import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from made_up_walks import CYCLE, DT
from rich.console import Console

from playground_amp.configs.loader import load_config
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates import gates, runner
from playground_amp.gates import table as report
from playground_amp.gates.cells import Cell
from playground_amp.gates.gait_metrics import EpisodeFigures, measure
from playground_amp.gates.gates import ROBUST
from playground_amp.gates.judgement import CellResult, judge_cell
from playground_amp.gates.runner import GateRun, gate_config, run_gate
from playground_amp.paths import ROBUST as ROBUST_YAML
from playground_amp.paths import STANDARD
from playground_amp.rollouts.recording import Recording, Segment, Task

CONFIG = load_config(STANDARD)
WEIGHT, LIMIT = 40.0, np.full(11, 4.0)


def moving(program: tuple[Segment, ...], share: float = 1.0, torque: float = 1.0, fell: bool = False) -> Recording:
    """A body that moves as the program says, at `share` of every speed from the first moment."""
    rows = [segment for segment in program for _ in range(round(segment.seconds / DT))]
    heading = np.concatenate([[0.0], np.cumsum([share * segment.yaw_rate * DT for segment in rows])])
    velocity = share * np.array([[segment.forward, segment.sideways] for segment in rows])
    cos, sin = np.cos(heading[:-1]), np.sin(heading[:-1])
    step = DT * np.stack([cos * velocity[:, 0] - sin * velocity[:, 1], sin * velocity[:, 0] + cos * velocity[:, 1]], 1)
    qpos = np.zeros((len(heading), 18))
    qpos[1:, :2] = np.cumsum(step, axis=0)
    foot, still = np.zeros((len(heading), 2, 3)), np.zeros((len(heading), 11))
    contact = np.ones((len(heading), 2), bool)
    torques = np.full_like(still, torque)
    return Recording(DT, qpos, heading, foot, foot[..., 2], contact, still, torques, still.copy(), fell)


def task_of(cell: Cell) -> Task:
    return Task(cell.program, 0.0, cell.distance, CYCLE, LIMIT, WEIGHT)


def judged(cell: Cell, *recordings: Recording) -> CellResult:
    return judge_cell(cell, CYCLE, [measure(recording, task_of(cell)) for recording in recordings])


# The gate


def test_the_gate_is_the_one_agreed_on():
    limits = {
        cell.name: {check.figure: (check.limit, check.required_share) for check in cell.checks} for cell in ROBUST.cells
    }

    assert {cell.episodes for cell in ROBUST.cells} == {128}
    assert all(limit["velocity_error"][0] == 0.05 and limit["yaw_rate_error"][0] == 0.1 for limit in limits.values())
    shares = {name: limit["survived"][1] for name, limit in limits.items()}
    assert {share for name, share in shares.items() if "10N" not in name and name != "rough"} == {0.99}
    assert {share for name, share in shares.items() if "10N" in name} == {0.90}
    assert (shares["rough"], ROBUST.cell("rough").scene) == (0.95, "rough")
    assert limits["forward_0.5"]["torque_rms"][0] == 1.3
    assert limits["forward_0.5"]["power"][0] == 15.0
    assert ROBUST.cell("stand").time_limit == 60.0
    assert ROBUST.cell("forward_0.8").time_limit == 20.0


def test_cells_have_names_and_seeds_of_their_own():
    seeds = [seed for cell in ROBUST.cells for seed in range(cell.first_seed, cell.first_seed + cell.episodes)]

    assert len({cell.name for cell in ROBUST.cells}) == len(ROBUST.cells)
    assert len(set(seeds)) == len(seeds)
    assert ROBUST.reduced(cells=["stand"]).cells[0].first_seed == ROBUST.cell("stand").first_seed


def test_columns_and_checks_name_figures_that_exist():
    fields = {field.name for field in dataclasses.fields(EpisodeFigures)}

    assert {check.figure for check in ROBUST.checks} | set(ROBUST.columns) | {ROBUST.ranked_by} <= fields


def test_an_unknown_cell_names_the_nearest():
    with pytest.raises(UserError, match=r"no cell 'stnd'.*did you mean 'stand'"):
        ROBUST.reduced(cells=["stnd"])


def test_distances_are_refused():
    with pytest.raises(UserError, match="last a time"):
        ROBUST.reduced(distance=5.0)


# Recordings made up


@pytest.mark.parametrize("cell", ROBUST.cells, ids=lambda cell: cell.name)
def test_doing_what_is_asked_passes(cell: Cell):
    assert judged(cell, moving(cell.program)).failed_checks == ()


@pytest.mark.parametrize("cell", ROBUST.cells, ids=lambda cell: cell.name)
def test_standing_still_fails_wherever_a_motion_is_asked_for(cell: Cell):
    failed = set(judged(cell, moving(cell.program, share=0.0)).failed_checks)

    asked = {segment for segment in cell.program if segment.moves}
    assert ("velocity_error" in failed) == any(segment.forward or segment.sideways for segment in asked)
    assert ("yaw_rate_error" in failed) == any(segment.yaw_rate for segment in asked)


def test_walking_on_when_told_to_stand_fails():
    on = moving((Segment(20.0, forward=0.5),))

    assert judged(ROBUST.cell("start_stop"), on).failed_checks == ("velocity_error",)
    assert "velocity_error" in judged(ROBUST.cell("stand"), moving((Segment(60.0, forward=0.06),))).failed_checks


def test_walking_forward_whatever_is_asked_fails():
    ahead = moving((Segment(20.0, forward=0.5),))

    for name in ("forward_0.3", "forward_0.8", "backward", "left", "right"):
        assert judged(ROBUST.cell(name), ahead).failed_checks == ("velocity_error",), name
    assert judged(ROBUST.cell("turn_left"), ahead).failed_checks == ("velocity_error", "yaw_rate_error")


def test_the_other_side_fails():
    right = moving(ROBUST.cell("right").program)

    assert judged(ROBUST.cell("left"), right).failed_checks == ("velocity_error",)


def test_as_many_may_fall_as_the_cell_allows():
    def falling(name: str, fallen: int) -> bool:
        cell = ROBUST.cell(name)
        good, bad = (measure(moving(cell.program, fell=fell), task_of(cell)) for fell in (False, True))
        return judge_cell(cell, CYCLE, [bad] * fallen + [good] * (128 - fallen)).passed

    assert falling("push_5N_standing", 1)  # 127 / 128 = 0.992
    assert not falling("push_5N_standing", 2)  # 0.984
    assert falling("push_10N_standing", 12)  # 0.906
    assert not falling("push_10N_standing", 13)  # 0.898


def test_what_fell_does_not_enter_the_means_but_the_survival():
    cell = ROBUST.cell("forward_0.5")
    result = judged(cell, moving(cell.program), moving(cell.program, share=0.2, fell=True))

    assert result.failed_checks == ("survived",)
    assert result.mean("velocity_error") == pytest.approx(0.0, abs=1e-6)


def test_a_cell_in_which_all_fell_fails_in_everything():
    cell = ROBUST.cell("forward_0.5")
    result = judged(cell, moving((Segment(1.0, forward=0.5),), fell=True))

    assert result.failed_checks == ("survived", "velocity_error", "yaw_rate_error", "torque_rms", "power")
    assert (result.checks[1].worst, result.checks[1].mean) == (None, None)


def test_strong_motors_fail_where_it_is_asked():
    cell = ROBUST.cell("forward_0.5")

    assert judged(cell, moving(cell.program, torque=1.4)).failed_checks == ("torque_rms",)


def test_survival_has_wilsons_interval():
    cell = dataclasses.replace(ROBUST.cell("stand"), program=(Segment(4.0),))
    survival = judged(cell, *[moving(cell.program, fell=number < 2) for number in range(8)]).survival

    # Newcombe 1998, method 3: (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n) with p = 0.75, n = 8, z = 1.96
    assert survival.share == 0.75
    assert (survival.low, survival.high) == pytest.approx((0.4093, 0.9285), abs=1e-4)


def test_a_new_command_may_be_settled_into():
    program = (Segment(4.0, forward=0.5), Segment(4.0))
    late = (
        Segment(1.9),
        Segment(2.0, forward=0.5),
        Segment(0.1),
        Segment(1.9, forward=0.5),
        Segment(2.1),
    )  # 1.9 s late
    figures = measure(moving(late), dataclasses.replace(task_of(ROBUST.cell("stand")), program=program))

    assert figures.velocity_error == pytest.approx(0.5 * 0.1 / 2.0 / 2, abs=1e-6)  # 0.1 of 2 s in one of two segments


def test_efforts_against_arithmetic():
    recording = moving((Segment(10.0, forward=0.5),), torque=0.0)
    recording.joint_torque[:, 3] = 3.9  # over 95 % of 4
    recording.joint_velocity[:, 3] = -2.0
    recording.joint_target[1::2, 0] = 0.01  # trembles: second differences of 0.02 rad in one of 11 joints
    recording.foot_position_w[:, 0, 0] = 0.03 * DT * np.arange(len(recording.qpos))
    figures = measure(recording, task_of(ROBUST.cell("forward_0.5")))

    assert figures.torque_rms == pytest.approx(3.9 / math.sqrt(11))
    assert figures.torque_p99 == pytest.approx(3.9)
    assert figures.torque_saturation == 1.0
    assert figures.joints.saturation == pytest.approx([0, 0, 0, 1] + [0] * 7)
    assert figures.power == pytest.approx(7.8)  # 3.9 × 2, braking
    assert figures.cost_of_transport == pytest.approx(7.8 / (WEIGHT * 0.5))
    assert figures.action_jitter == pytest.approx(0.02 / math.sqrt(11))
    assert figures.foot_slip == pytest.approx(0.015)  # one of two feet at 0.03 m/s


# Through the engine


@pytest.fixture(scope="module")
def env() -> WildRobotEnv:
    return runner.make_env(CONFIG, ROBUST, ROBUST.cells[0].physics, "flat")


def still(state: EnvState) -> jax.Array:
    del state
    return jnp.zeros(11)


def test_standing_stiff_survives_no_shove_of_10_newtons(env: WildRobotEnv):
    gate = ROBUST.reduced(episodes=8, cells=["push_10N_standing", "push_5N_walking"])
    run = run_gate(gate, CONFIG, lambda _: Partial(still), make_env=lambda *_: env)
    strong, weak = run.cells

    assert "survived" in strong.failed_checks
    fallen = [episode.duration for episode in strong.episodes if episode.survived == 0]
    # Each after a shove of its own, from 4 to 6 s on; a stiff robot takes up to 2.5 s to topple.
    assert all(4.0 < duration < 8.5 for duration in fallen)
    assert len(fallen) > 4
    assert len(set(fallen)) > len(fallen) / 2  # in steps of 0.02 s, two may coincide
    assert "velocity_error" in weak.failed_checks
    assert not run.passed
    assert_reports(run)


def assert_reports(run: GateRun) -> None:
    text = io.StringIO()
    report.print_report(run, Console(file=text))

    assert "push_10N_standing: survived" in text.getvalue()
    assert f"2 of {len(ROBUST.cells)} cells, 8 episodes of 128 episodes; this is not the full gate" in text.getvalue()


def test_robots_differ_by_the_full_ranges_whatever_the_policy_was_trained_with():
    ranges = load_config(ROBUST_YAML).domain_randomization

    assert CONFIG.domain_randomization.total_mass == (1.0, 1.0)
    drawn = gate_config(CONFIG, ROBUST).domain_randomization
    assert drawn.total_mass == ranges.total_mass == (0.85, 1.15)
    assert drawn.floor_friction == ranges.floor_friction == (0.4, 1.25)
    assert (drawn.latency, drawn.gyro_noise) == (ranges.latency, ranges.gyro_noise)
    assert gate_config(CONFIG, gates.WALK).domain_randomization.total_mass == (1.0, 1.0)


def test_nobody_is_pushed_but_by_the_cell():
    pushed = CONFIG.domain_randomization.model_copy(update={"push_force": (5.0, 9.0)})
    config = gate_config(CONFIG.model_copy(update={"domain_randomization": pushed}), ROBUST)

    assert config.domain_randomization.push_force == (0.0, 0.0)
    assert config.domain_randomization.push_duration == 0.2
