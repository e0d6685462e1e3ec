"""The program of commands on a robot of another build: every stage shows what was asked for in it."""

from pathlib import Path

import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from second_body import second_body

from playground_amp.configs.loader import load_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.report.program import ProgramStage, perform
from playground_amp.robot.scale import scale_of


def test_every_row_shows_the_command_of_its_stage(tmp_path: Path) -> None:
    settings = ["physics.engine=native", "physics.num_threads=1", "env.fall_tilt=3.0"]
    config = load_config(STANDARD, settings, flags={"robot": second_body(tmp_path)})
    env = WildRobotEnv(config)
    robot = env.engine.robot
    time = scale_of(robot).time  # so that no stage is a whole number of control steps
    stages = tuple(ProgramStage(f"turn {turn}", 0.13 * time, yaw_rate=0.1 * turn) for turn in range(1, 5))
    performance = perform(env, Partial(lambda state: jnp.zeros(robot.num_joints)), stages)
    assert performance.robot is robot
    assert performance.qpos.shape[1] == robot.nq
    assert performance.joint_torque.shape[1] == robot.num_joints
    # 0.13 s of WildRobot are 5.4 control steps here; the start is not shown, the end belongs to the last stage
    np.testing.assert_array_equal(np.bincount(performance.stage), [4, 5, 5, 6])
    asked = [stages[stage].yaw_rate for stage in performance.stage]
    assert performance.command[:, 2] == pytest.approx(asked)
