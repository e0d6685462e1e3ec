"""A film without a screen: the robot under one command, or in one episode of a gate."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from playground_amp.cockpit.first_command import Asked
from playground_amp.cockpit.simulation import Simulation, Wishes, play_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.gates.cells import Gate
from playground_amp.gates.runner import run_gate
from playground_amp.policies.source import PolicySource
from playground_amp.rendering.film import write_film
from playground_amp.rendering.frames import require_rendering
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.film import write_episode

_AFTER_A_FALL = 1.0  # s that are still filmed


def film_command(
    source: PolicySource,
    command: Asked,
    seconds: float,
    path: Path,
    say: Callable[[str], None],
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> str:
    """Films `seconds` s from rest under a command (forward, to the left m/s, yaw rate rad/s); what came of it in words.

    `report_progress` as in `write_film`.

    Raises UserError if this machine cannot draw, before anything compiles.
    """
    require_rendering()
    env = WildRobotEnv(play_config(source.config))
    wishes = Wishes(*command, floor_friction=env.engine.robot.floor_friction)
    say("compiling one control step")
    simulation = Simulation(env, source.controller(env), wishes)
    qpos, velocities, fell = _walk(simulation, wishes, seconds)
    say(f"drawing {len(qpos) * simulation.control_dt:.1f} s")
    write_film(qpos, simulation.control_dt, env.engine.robot, path, report_progress=report_progress)
    mean = velocities[len(velocities) // 2 :].mean(axis=0)
    walked = f"{mean[0]:.2f} m/s forward, {mean[1]:.2f} m/s to the left, {mean[2]:.2f} rad/s in its second half"
    return f"fell after {fell:.1f} s" if fell else walked


def _walk(simulation: Simulation, wishes: Wishes, seconds: float) -> tuple[np.ndarray, np.ndarray, float]:
    """States [T, 7 + J], velocities [T, 3], and when it fell, s (0: it did not)."""
    qpos, velocities, fell = [], [], 0.0
    for step in range(round(seconds / simulation.control_dt)):
        qpos.append(simulation.moment.qpos)
        velocities.append(simulation.moment.velocity)
        now = step * simulation.control_dt
        if simulation.moment.fallen:
            fell = fell or now
            if now - fell > _AFTER_A_FALL or not np.isfinite(simulation.moment.qpos).all():
                break
        simulation.step(wishes)
    return np.array(qpos), np.array(velocities), fell


def film_episode(source: PolicySource, gate: Gate, episode: int, path: Path, say: Callable[[str], None]) -> str:
    """Films the beginning of an episode of a gate's only cell, the very one that the gate judges; its figures in words.

    All episodes of the cell are run, since each is drawn as one of them. Raises UserError as `film_command`.
    """
    require_rendering()
    (cell,) = gate.cells
    say(f"running the {cell.episodes} episodes of gate {gate.name}, cell {cell.name}")
    run = run_gate(gate, source.config, source.controller)
    recording = run.recordings[0][episode]
    say("drawing")
    write_episode(recording, load_robot(source.config.robot, cell.scene), path)
    failed = [result.criterion.figure for result in run.cells[0].results if episode in result.failed_episodes]
    seconds = (len(recording.qpos) - 1) * recording.control_dt
    judgement = f"failed {', '.join(failed)}" if failed else "passed every check"
    return f"{'fell after' if recording.fell else 'lasted'} {seconds:.1f} s, {judgement}"


def choose_cell(gate: Gate, cell_name: str | None, episode: int) -> Gate:
    """The gate with that cell only, or with its first. Raises UserError if there is no such cell or episode."""
    gate = gate.reduced(cells=[cell_name or gate.cells[0].name])
    episodes = gate.cells[0].episodes
    if episode >= episodes:
        raise UserError(f"--episode {episode}: cell {gate.cells[0].name} has episodes 0 to {episodes - 1}")
    return gate
