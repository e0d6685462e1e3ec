"""The gait: its cycles, and the charts of joints, torques and phase portraits."""

import numpy as np
import pytest
from made_up_runs import CONFIG, make_performance
from made_up_walks import CYCLE

from playground_amp.configs.schema import Config
from playground_amp.motion.clip import load_clips
from playground_amp.motion.demonstrations import shipped_folder
from playground_amp.report.cycles import POINTS, demonstrated_gait, measured_gait, reference_gait, spells
from playground_amp.report.gait_charts import joint_charts, load_chart, portrait_charts, torque_charts
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot", "flat")


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

    def test_the_demonstration_of_that_command_is_beside_it(self) -> None:
        gait = measured_gait(make_performance())
        assert gait is not None
        clips = load_clips(shipped_folder(ROBOT), ROBOT)
        command = np.array(gait.stage.command)
        nearest = min(clips, key=lambda clip: float(np.linalg.norm(clip.command - command)))
        shown = demonstrated_gait(ROBOT, clips, gait)
        assert shown is not None
        hip = ROBOT.joint_names.index("left_hip_pitch")
        at_half = nearest.joint_position[np.abs(nearest.gait_phase - 0.5) < 0.02, hip]
        assert shown.joint_position.mean[POINTS // 2, hip] == pytest.approx(at_half.mean(), abs=0.03)
        far = [clip for clip in clips if clip.command[0] < 0]
        assert demonstrated_gait(ROBOT, far, gait) is None
        assert demonstrated_gait(ROBOT, [], gait) is None

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
