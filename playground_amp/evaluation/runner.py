"""A gate from beginning to end: the task as the policy knew it, the physics of the gate, episodes, judgement."""

from collections.abc import Callable
from dataclasses import dataclass

import jax

from playground_amp.configs.loader import config_from_dict
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import Command, hold
from playground_amp.envs.gait import cycle_time
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.evaluation.gait_metrics import Recording, Task, measure
from playground_amp.evaluation.gates import Cell, CellResult, Gate, judge_cell
from playground_amp.evaluation.rollouts import Controller, make_goals, roll_out


@dataclass(frozen=True)
class GateRun:
    """What came of a gate: the judgement, and the recordings of each cell's episodes."""

    gate: Gate
    config: Config
    cells: tuple[CellResult, ...]
    recordings: tuple[tuple[Recording, ...], ...]

    @property
    def passed(self) -> bool:
        """Whether every cell passed."""
        return all(cell.passed for cell in self.cells)


def gate_config(config: Config, gate: Gate) -> Config:
    """The task of `config` in the gate's physics (fine steps, a converged solver) and by the gate's notion of a fall.

    Raises UserError if the control period is no multiple of the gate's physics step.
    """
    data = config.model_dump(mode="json")
    data["physics"] |= {
        "engine": gate.engine,
        "timestep": gate.timestep,
        "solver": "newton",
        "iterations": gate.solver_iterations,
        "ls_iterations": gate.solver_iterations,
    }
    data["env"] |= {"fall_height": gate.fall_height, "fall_tilt": gate.fall_tilt}
    return config_from_dict(data, f"the checkpoint's configuration under gate {gate.name}")


def run_gate(
    gate: Gate,
    env: WildRobotEnv,
    controller: Controller,
    report_progress: Callable[[int, float], None] | None = None,
) -> GateRun:
    """Runs every episode of every cell side by side on `env`, which was made from `gate_config(...)`."""
    episodes = [cell for cell in gate.cells for _ in range(cell.episodes)]
    goals = make_goals([(_command(gate, cell), cell.distance, cell.time_limit) for cell in episodes])
    keys = jax.random.split(jax.random.PRNGKey(gate.seed), len(episodes))
    recordings = iter(roll_out(env, controller, goals, keys, report_progress))
    by_cell = tuple(tuple(next(recordings) for _ in range(cell.episodes)) for cell in gate.cells)
    config = env.config
    results = tuple(_judge(gate, config, cell, walks) for cell, walks in zip(gate.cells, by_cell, strict=True))
    return GateRun(gate, config, results, by_cell)


def _judge(gate: Gate, config: Config, cell: Cell, recordings: tuple[Recording, ...]) -> CellResult:
    gait_cycle = float(cycle_time(config.env.gait, _command(gate, cell)))
    task = Task(cell.speed, gate.heading, cell.distance, gait_cycle)
    return judge_cell(cell, gate.checks, gait_cycle, [measure(recording, task) for recording in recordings])


def _command(gate: Gate, cell: Cell) -> Command:
    return hold(cell.speed, heading=gate.heading)
