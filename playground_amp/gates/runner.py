"""A gate from beginning to end: the task as the policy knew it, the physics of the gate, episodes, judgement."""

import dataclasses
import math
from collections.abc import Callable, Iterator, Mapping

import jax
import numpy as np

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import Command, hold
from playground_amp.envs.gait import cycle_time
from playground_amp.envs.payment import known_weights
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.gates.cells import Cell, CellPhysics, Gate, Handicap
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.judged_bus import bench_randomization, judged_robot, sensors_of
from playground_amp.gates.judgement import CellResult, judge_cell
from playground_amp.paths import ROBUST
from playground_amp.physics.registry import check_ground, make_engine
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.episodes import Episode, record_episodes
from playground_amp.rollouts.figures import measure
from playground_amp.rollouts.recording import Assignment, Recording, Segment
from playground_amp.rollouts.rollout import Controller

_DIRECTIONS = 8  # of shoves
MakeEnv = Callable[[Config, Gate, CellPhysics, str, Handicap], WildRobotEnv]
_Place = tuple[CellPhysics, str, Handicap]
_NO_HANDICAP = Handicap()


def gate_config(
    config: Config, gate: Gate, physics: CellPhysics | None = None, handicap: Handicap = _NO_HANDICAP
) -> Config:
    """The task of `config` by the gate's notion of a fall, in the physics of a cell (those of the first, if None).

    Raises UserError if the control period is no multiple of the physics step.
    """
    physics = physics or gate.cells[0].physics
    changes = {
        "physics.engine": physics.engine,
        "physics.timestep": physics.timestep,
        "physics.solver": "newton",
        "physics.iterations": physics.solver_iterations,
        "physics.ls_iterations": physics.solver_iterations,
        "physics.cone": physics.cone,
        "env.fall_height": gate.fall_height,
        "env.fall_tilt": gate.fall_tilt,
        "env.bus": sensors_of(gate, config) != "ideal",
        "reward_weights": known_weights(config.reward_weights),
    }
    if gate.randomized:
        changes["domain_randomization"] = load_config(ROBUST, [f"robot={config.robot}"]).domain_randomization
    if gate.sensors == "bench":
        changes |= _each("domain_randomization", bench_randomization(load_robot(config.robot)))
    borne = {name: [value, value] for name, value in dataclasses.asdict(handicap).items() if value}
    changes |= _each("domain_randomization", borne)
    # Nobody is pushed but by the cell.
    changes |= {
        "domain_randomization.push_force": [0.0, 0.0],
        "domain_randomization.push_duration": gate.push_duration,
        "domain_randomization.push_interval": [gate.push_duration, gate.push_duration],
    }
    return changed(config, changes, f"the checkpoint's configuration under gate {gate.name}")


def make_env(
    config: Config, gate: Gate, physics: CellPhysics, scene: str, handicap: Handicap = _NO_HANDICAP
) -> WildRobotEnv:
    """The task in the physics and the scene of a cell, with what its robots have to bear."""
    config = gate_config(config, gate, physics, handicap)
    robot = judged_robot(gate, config, scene)
    return WildRobotEnv(config, make_engine(config.physics, robot, config.env.control_dt))


def run_gate(
    gate: Gate,
    config: Config,
    make_controller: Callable[[WildRobotEnv], Controller],
    report_progress: Callable[[int, float], None] | None = None,
    make_env: MakeEnv = make_env,
) -> GateRun:
    """Runs every episode of every cell, side by side where the physics are the same, and judges them.

    `gate` is in the numbers of the robot of `config`. Raises UserError, before the first episode, if the engine of a
    cell is not there or does not know its ground.
    """
    for (physics, scene, _), _ in _by_place(gate):
        check_ground(gate_config(config, gate, physics).physics, scene)
    recordings: dict[str, tuple[Recording, ...]] = {}
    results: dict[str, CellResult] = {}
    for (physics, scene, handicap), cells in _by_place(gate):
        env = make_env(config, gate, physics, scene, handicap)
        walks = _run_cells(gate, cells, env, make_controller(env), report_progress)
        for cell, walked in zip(cells, walks, strict=True):
            recordings[cell.name] = walked
            asked = assignment(gate, cell, env)
            results[cell.name] = judge_cell(cell, asked.gait_cycle, [measure(each, asked) for each in walked])
    names = [cell.name for cell in gate.cells]
    return GateRun(gate, config, tuple(results[name] for name in names), tuple(recordings[name] for name in names))


def assignment(gate: Gate, cell: Cell, env: WildRobotEnv) -> Assignment:
    """What the episodes of a cell are measured against."""
    fastest = max(cell.program, key=lambda segment: math.hypot(segment.forward, segment.sideways))
    return Assignment(
        robot=env.engine.robot,
        program=cell.program,
        heading=gate.heading,
        distance=cell.distance,
        gait_cycle=float(cycle_time(env.config.env.gait, _command(gate, fastest))),
    )


def _run_cells(
    gate: Gate,
    cells: list[Cell],
    env: WildRobotEnv,
    controller: Controller,
    report_progress: Callable[[int, float], None] | None,
) -> list[tuple[Recording, ...]]:
    """The recordings of the cells' episodes, in the cells' order. The longest begin first, so that none ends alone."""
    seeds = [cell.first_seed + number for cell in cells for number in range(cell.episodes)]
    keys = jax.random.split(jax.random.PRNGKey(gate.seed), max(seeds) + 1)[np.array(seeds)]
    episodes = [_episode(gate, cell, number) for cell in cells for number in range(cell.episodes)]
    limits = [cell.time_limit for cell in cells for _ in range(cell.episodes)]
    order = np.argsort(-np.array(limits), kind="stable")
    ordered = [episodes[index] for index in order]
    walked = record_episodes(env, controller, ordered, keys[order], report_progress, randomized=gate.randomized)
    in_order = iter([walked[place] for place in np.argsort(order, kind="stable")])
    return [tuple(next(in_order) for _ in range(cell.episodes)) for cell in cells]


def _each(section: str, values: Mapping[str, object]) -> dict[str, object]:
    return {f"{section}.{key}": value for key, value in values.items()}


def _by_place(gate: Gate) -> Iterator[tuple[_Place, list[Cell]]]:
    """The cells that can share an environment, place by place."""
    places = [(cell.physics, cell.scene, cell.handicap) for cell in gate.cells]
    for place in dict.fromkeys(places):
        yield place, [cell for cell, own in zip(gate.cells, places, strict=True) if own == place]


def _episode(gate: Gate, cell: Cell, number: int) -> Episode:
    program = [(_command(gate, segment), segment.seconds) for segment in cell.program]
    if cell.shove is None:
        return Episode(program, cell.distance)
    draws = np.random.default_rng((gate.seed, cell.first_seed + number))
    angle = 2 * math.pi * draws.integers(_DIRECTIONS) / _DIRECTIONS
    force = (cell.shove.force * math.cos(angle), cell.shove.force * math.sin(angle))
    return Episode(program, cell.distance, force, draws.uniform(cell.shove.earliest, cell.shove.latest))


def _command(gate: Gate, segment: Segment) -> Command:
    return hold(segment.forward, segment.sideways, segment.yaw_rate, heading=None if segment.yaw_rate else gate.heading)
