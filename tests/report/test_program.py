"""The program of commands: within the task, right for the robot's size; every stage shows what was asked for in it."""

import jax.numpy as jnp
import numpy as np
import pytest
from jax.tree_util import Partial
from made_up_runs import CONFIG, make_performance

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.report import tracking_charts
from playground_amp.report.program import ProgramStage, perform, program
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of


def test_every_row_shows_the_command_of_its_stage(config: Config) -> None:
    env = WildRobotEnv(changed(config, {"physics.engine": "native", "physics.num_threads": 1, "env.fall_tilt": 3.0}))
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

    def test_the_program_asks_for_what_a_robot_of_its_size_can_do(self, config: Config) -> None:
        robot = load_robot(config.robot, "flat")
        walk_stage = next(stage for stage in program(config.env.commands, scale_of(robot)) if stage.name == "walk")
        assert walk_stage.forward == pytest.approx(0.5 * scale_of(robot).pace)
        assert walk_stage.seconds == pytest.approx(10.0 * scale_of(robot).time)
