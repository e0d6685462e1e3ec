"""Gates through the engine: every script that does not walk fails by name; figures repeat; another robot is judged."""

import math

import jax
import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates import runner
from playground_amp.gates.cells import CellPhysics, Gate, Handicap
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import ROBUST, ROUGH, SIMULATORS, WALK
from playground_amp.gates.runner import gate_config, run_gate
from playground_amp.paths import ROBUST as ROBUST_YAML
from playground_amp.paths import STANDARD
from playground_amp.physics import registry
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

CONFIG = load_config(STANDARD)
IDEAL = WALK.with_ideal_sensors()  # whose targets the scripts below reach at once
TIME = np.arange(400) * CONFIG.env.control_dt  # s, of the scripts below


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
    return WildRobotEnv(gate_config(CONFIG, IDEAL))


def run_script(env: WildRobotEnv, **offsets: np.ndarray) -> GateRun:
    """One meter, twice at each speed."""
    moves = table(env.engine.robot.joint_names, **offsets)
    gate = IDEAL.reduced(1.0, 2, [cell.name for cell in IDEAL.cells if cell.speed])
    return run_gate(gate, CONFIG, lambda _: Partial(script, table=moves), make_env=lambda *_: env)


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
        assert {"distance_share", "speed_error", "step_length_ratio", "swing_clearance"} <= set(cell.failed_figures)
        assert not {"survived", "joint_torque", "lateral_error"} & set(cell.failed_figures)
        assert cell.episodes[0].steps == 0


def test_falling_forward_fails(env: WildRobotEnv):
    lean = np.full(len(TIME), -0.4)
    run = run_script(env, left_ankle_pitch=lean, right_ankle_pitch=lean)

    for cell in run.cells:
        assert {"survived", "distance_share", "step_length_ratio"} <= set(cell.failed_figures)
        assert all((figures.distance_share or 0) > 0.1 for figures in cell.episodes)  # it did go forward
        assert all(figures.duration < 2.0 for figures in cell.episodes)  # the recording ends with the fall


def test_shuffling_without_lifting_the_feet_fails(env: WildRobotEnv):
    shuffle = 0.15 * np.sin(2 * np.pi * 1.25 * TIME)
    run = run_script(env, left_hip_pitch=shuffle, right_hip_pitch=-shuffle)

    for cell in run.cells:
        assert {"swing_clearance", "step_length_ratio"} <= set(cell.failed_figures)
        assert "survived" not in cell.failed_figures


def test_tapping_the_feet_in_place_fails_for_its_steps_and_speed(env: WildRobotEnv):
    slow = run_script(env, **stepping(reach=0.0)).cells[0]

    assert {"speed_error", "step_length_ratio"} <= set(slow.failed_figures)
    assert not {"survived", "alternation", "swing_clearance"} & set(slow.failed_figures)  # it does lift its feet


def test_stepping_backwards_fails(env: WildRobotEnv):
    slow = run_script(env, **stepping(reach=0.1)).cells[0]

    assert {"distance_share", "speed_error", "step_length_ratio"} <= set(slow.failed_figures)
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


# The gate robust


@pytest.fixture(scope="module")
def robust_env() -> WildRobotEnv:
    return runner.make_env(CONFIG, ROBUST, ROBUST.cells[0].physics, "flat")


def still(state: EnvState) -> jax.Array:
    return jnp.zeros_like(state.joint_target)


def test_standing_stiff_survives_no_shove_of_10_newtons(robust_env: WildRobotEnv):
    gate = ROBUST.reduced(episodes=8, cells=["push_10N_standing", "push_5N_walking"])
    run = run_gate(gate, CONFIG, lambda _: Partial(still), make_env=lambda *_: robust_env)
    strong, weak = run.cells

    assert "survived" in strong.failed_figures
    fallen = [episode.duration for episode in strong.episodes if episode.survived == 0]
    # Each after a shove of its own, from 4 to 6 s on; a stiff robot takes up to 2.5 s to topple.
    assert all(4.0 < duration < 8.5 for duration in fallen)
    assert len(fallen) > 4
    assert len(set(fallen)) > len(fallen) / 2  # in steps of 0.02 s, two may coincide
    assert "velocity_error" in weak.failed_figures
    assert not run.passed


def test_robots_differ_by_the_full_ranges_whatever_the_policy_was_trained_with():
    ranges = load_config(ROBUST_YAML).domain_randomization

    assert CONFIG.domain_randomization.total_mass == (1.0, 1.0)
    drawn = gate_config(CONFIG, ROBUST).domain_randomization
    assert drawn.total_mass == ranges.total_mass == (0.85, 1.15)
    assert drawn.floor_friction == ranges.floor_friction == (0.4, 1.25)
    assert (drawn.latency, drawn.gyro_noise) == (ranges.latency, ranges.gyro_noise)
    assert gate_config(CONFIG, WALK).domain_randomization.total_mass == (1.0, 1.0)


def test_a_handicap_is_what_every_robot_of_the_cell_bears():
    physics = ROUGH.cells[0].physics
    drawn = gate_config(CONFIG, ROUGH, physics, ROUGH.cell("payload").handicap).domain_randomization
    assert (drawn.payload, drawn.weak_leg) == ((0.5, 0.5), (0.0, 0.0))
    drawn = gate_config(CONFIG, ROUGH, physics, ROUGH.cell("weak_leg").handicap).domain_randomization
    assert (drawn.payload, drawn.weak_leg) == ((0.0, 0.0), (0.15, 0.15))
    assert drawn.total_mass == (0.85, 1.15)
    assert gate_config(CONFIG, ROUGH).domain_randomization == gate_config(CONFIG, ROBUST).domain_randomization


def test_cells_share_an_environment_only_where_everything_is_alike():
    made = []

    def note(config: Config, gate: Gate, physics: CellPhysics, scene: str, handicap: Handicap) -> WildRobotEnv:
        made.append((scene, handicap))
        raise UserError("enough")

    with pytest.raises(UserError, match="enough"):
        run_gate(ROUGH.reduced(cells=["payload", "stairs_up"]), CONFIG, lambda _: Partial(still), make_env=note)
    assert made == [("flat", Handicap(payload=0.5))]


def test_an_engine_that_does_not_know_the_ground_is_told_before_the_first_episode():
    def run_anyway(*_):
        raise AssertionError("an environment was built")

    gate = ROUGH.reduced(engine="drake")
    with pytest.raises(UserError, match=r"drake (knows only flat floors, found the scene stairs_up|needs the package)"):
        run_gate(gate, CONFIG, lambda _: Partial(still), make_env=run_anyway)


def test_nobody_is_pushed_but_by_the_cell():
    pushed = CONFIG.domain_randomization.model_copy(update={"push_force": (5.0, 9.0)})
    config = gate_config(CONFIG.model_copy(update={"domain_randomization": pushed}), ROBUST)

    assert config.domain_randomization.push_force == (0.0, 0.0)
    assert config.domain_randomization.push_duration == 0.2


# Engines and robots


def test_an_engine_that_is_not_there_is_told_before_the_first_episode(monkeypatch: pytest.MonkeyPatch):
    def run_anyway(*_):
        raise AssertionError("an environment was built")

    monkeypatch.setattr(registry, "_there", lambda module: module != "pydrake")
    with pytest.raises(UserError, match=r"drake needs the package drake: pip install 'drake"):
        run_gate(SIMULATORS, CONFIG, lambda _: Partial(still), make_env=run_anyway)


@pytest.mark.slow
def test_a_second_body_is_judged_in_its_own_numbers(tmp_path_factory: pytest.TempPathFactory):
    folder = second_body(tmp_path_factory.mktemp("second"))
    robot = load_robot(folder, "flat")
    config = load_config(STANDARD, [f"robot={folder}"])
    full_gate = WALK.scaled_for(robot)
    gate = full_gate.reduced(distance=0.5, episodes=1, cells=[full_gate.cells[0].name])
    run = run_gate(gate, config, lambda _: Partial(still))
    (cell,) = run.cells

    full = 50 * scale_of(robot).length
    assert run.reductions == ["1 of 3 cells", f"0.5 m of {full:.4g} m", "1 episodes of 20 episodes"]
    assert cell.cell.speed == pytest.approx(0.3 * scale_of(robot).pace, rel=1e-5)
    assert cell.episodes[0].survived == 1.0  # it stands
    assert len(cell.episodes[0].joints.rms) == robot.num_joints
    assert {"distance_share", "speed_error", "swing_clearance"} <= set(cell.failed_figures)
    assert gate_config(config, gate).env.fall_height == gate.fall_height < WALK.fall_height


def test_randomized_robots_of_another_kind_have_ranges_of_their_own(tmp_path_factory: pytest.TempPathFactory):
    folder = second_body(tmp_path_factory.mktemp("second"))
    config = load_config(STANDARD, [f"robot={folder}"])
    ours, theirs = (load_config(ROBUST_YAML, overrides) for overrides in ([], [f"robot={folder}"]))
    gate = ROBUST.scaled_for(load_robot(folder, "flat"))

    drawn = gate_config(config, gate).domain_randomization
    assert drawn.motor_strength == theirs.domain_randomization.motor_strength
    assert drawn.no_load_speed == theirs.domain_randomization.no_load_speed != ours.domain_randomization.no_load_speed
