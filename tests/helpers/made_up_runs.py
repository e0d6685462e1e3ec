"""A run folder and a performance that no robot gave, for tests of the report."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
from made_up_walks import CYCLE, asked, walk

from playground_amp.configs.loader import load_config
from playground_amp.configs.schema import Config
from playground_amp.envs.gait import swing_progress
from playground_amp.gates.gate_report import report_of
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import WALK
from playground_amp.gates.judgement import judge_cell
from playground_amp.gates.result_file import write_result
from playground_amp.paths import STANDARD
from playground_amp.report.program import Performance, program
from playground_amp.robot.identity import identity_of
from playground_amp.robot.record import BASE_QPOS_SIZE
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of
from playground_amp.rollouts.figures import measure
from playground_amp.runs.checkpoint import save_policy

CONFIG = load_config(STANDARD)
ITERATIONS = 40
PRIOR_METRICS = ("amp/discriminator_accuracy", "amp/gradient_penalty", "amp/anything_else")


def make_run(folder: Path, clearances: tuple[float, ...] = (0.03,), config: Config = CONFIG) -> Path:
    """A run folder with metrics and, for each clearance of the feet in m, a gate of that walk; its policy's path."""
    folder.mkdir(parents=True, exist_ok=True)
    checkpoint = folder / f"final_iter_{ITERATIONS}.pkl"
    params = {
        "normalizer": {"mean": {"state": np.zeros(4)}, "std": {"state": np.ones(4)}},
        "policy": {"w": np.zeros((4, 2))},
        "value": {"w": np.zeros((4, 1))},
    }
    robot = identity_of(load_robot(config.robot, config.env.terrain)).as_plain()
    save_policy(checkpoint, params, {}, config.model_dump(mode="json"), robot)
    (folder / "metrics.jsonl").write_text("".join(json.dumps(record(n)) + "\n" for n in range(1, ITERATIONS + 1)))
    for index, clearance in enumerate(clearances):
        write_result(gate_result(checkpoint, clearance), folder / f"gate_{index}.json")
    return checkpoint


def record(iteration: int) -> dict[str, Any]:
    terms = {f"reward/{name}": 0.01 * iteration for name in CONFIG.reward_weights}
    return {
        "iteration": iteration,
        "env_steps": 100 * iteration,
        "reward": float(iteration),
        "episode_length": 10.0 * iteration,
        "kl": None if iteration == 3 else 0.01,
        "time/iteration": 2.0,
        **terms,
        **dict.fromkeys(PRIOR_METRICS, 0.7),
    }


def gate_result(checkpoint: Path, clearance: float) -> dict[str, object]:
    """The JSON of the gate `walk` for a perfect walk whose feet are lifted by so many meters."""
    recording = walk(seconds=25.0, lift=(clearance, clearance))
    cell = dataclasses.replace(WALK.cells[1].over(10.0), episodes=2)
    judged = judge_cell(cell, CYCLE, [measure(recording, asked())] * 2)
    return report_of(GateRun(WALK, CONFIG, (judged,), ((recording, recording),)), checkpoint, seconds=1.0).as_json()


def make_performance(seconds: float | None = None, config: Config = CONFIG) -> Performance:
    """Every command followed to the letter, joints that swing as sines of the gait phase; a fall after `seconds`."""
    dt, robot = config.env.control_dt, load_robot(config.robot, "flat")
    stages = program(config.env.commands, scale_of(robot))
    stage = np.repeat(np.arange(len(stages)), [round(each.seconds / dt) for each in stages])
    rows = len(stage) if seconds is None else round(seconds / dt)
    stage = stage[:rows]
    phase = np.arange(rows) * dt / CYCLE % 1.0
    swing = np.sin(2 * np.pi * phase)
    due = np.asarray([swing_progress(p, config.env.gait) == 0 for p in np.unique(phase)])
    due = due[np.unique(phase, return_inverse=True)[1]]
    command = np.array([each.command for each in stages])[stage]
    qpos = np.tile(robot.home_qpos, (rows, 1))
    qpos[:, BASE_QPOS_SIZE:] = 0.3 * swing[:, None]
    return Performance(
        robot=robot,
        control_dt=dt,
        stages=stages,
        stage=stage,
        command=command,
        velocity=command.copy(),
        gait_phase=phase,
        due_contact=due,
        qpos=qpos,
        joint_velocity=np.gradient(qpos[:, BASE_QPOS_SIZE:], dt, axis=0),
        joint_torque=0.5 * robot.torque_limit * swing[:, None],
        sole_height=np.maximum(0.0, 0.03 * np.stack([swing, -swing], axis=1)),
        foot_contact=due.copy(),
        fell=seconds is not None,
    )
