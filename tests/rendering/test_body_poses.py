"""Where the bodies are, for whoever draws them."""

from pathlib import Path

import numpy as np
from second_body import second_body

from playground_amp.rendering.body_poses import BodyPlacer
from playground_amp.robot.looks import body_names
from playground_amp.robot.robot import load_robot


def test_the_base_is_where_the_state_says_and_the_hips_turn_with_it(tmp_path: Path) -> None:
    robot = load_robot(second_body(tmp_path), "flat")
    qpos = robot.home_qpos.copy()
    qpos[:7] = [1.0, 2.0, 0.5, np.sqrt(0.5), 0.0, 0.0, np.sqrt(0.5)]  # turned to the left by 90 degrees
    place = BodyPlacer(robot)
    poses, home = place(qpos), place(robot.home_qpos)
    names = body_names(robot)
    base, hip = names.index(robot.base_name), names.index("l_hip_yaw_link")
    assert poses.position_w.shape == (1 + robot.num_bodies, 3)
    np.testing.assert_allclose(poses.position_w[base], [1.0, 2.0, 0.5])
    np.testing.assert_allclose(poses.quaternion_w[base], qpos[3:7])
    x, y, z = home.position_w[hip] - home.position_w[base]
    np.testing.assert_allclose(poses.position_w[hip] - poses.position_w[base], [-y, x, z], atol=1e-12)
