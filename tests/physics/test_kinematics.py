"""Feet and soles against MuJoCo: WildRobot, and a body whose axes are oblique and whose frames are turned."""

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from second_body import second_body

from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.physics.motion_analysis import center_of_pressure, inverse_dynamics, sole_motion
from playground_amp.physics.sole import make_sole_height, sole_points, sole_tilt
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot


@pytest.fixture(scope="module", params=["wildrobot", "second"])
def robot(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Robot:
    name = request.param
    return load_robot(name if name == "wildrobot" else second_body(tmp_path_factory.mktemp("second")))


def postures(robot: Robot, count: int) -> tuple[np.ndarray, list[mujoco.MjData]]:
    """Configurations [count, 7 + J] with joints anywhere in their ranges, and MuJoCo's kinematics of them."""
    rng = np.random.default_rng(0)
    qpos, found = np.tile(robot.home_qpos, (count, 1)), []
    qpos[:, 3:7] = rng.normal(size=(count, 4))
    qpos[:, 3:7] /= np.linalg.norm(qpos[:, 3:7], axis=1, keepdims=True)
    qpos[:, 7:] = rng.uniform(robot.joint_lower, robot.joint_upper, (count, robot.num_joints))
    for row in qpos:
        data = mujoco.MjData(model_of(robot))
        data.qpos[:] = row
        mujoco.mj_kinematics(model_of(robot), data)
        found.append(data)
    return qpos, found


def test_feet_are_where_mujoco_has_them(robot: Robot):
    qpos, found = postures(robot, 20)
    feet = jax.jit(jax.vmap(make_foot_kinematics(robot)))(jnp.asarray(qpos, jnp.float32))
    for row, data in enumerate(found):
        base = data.body(robot.base_name).xmat.reshape(3, 3)
        expected = [base.T @ (data.site(name).xpos - qpos[row, :3]) for name in robot.foot_names]
        np.testing.assert_allclose(feet[row], expected, atol=1e-6)


def test_soles_are_tilted_as_mujoco_has_them(robot: Robot):
    qpos, found = postures(robot, 20)
    tilt = jax.jit(jax.vmap(lambda row: sole_tilt(robot, row[3:7], row[7:])))(jnp.asarray(qpos, jnp.float32))
    for row, data in enumerate(found):
        expected = [data.site(name).xmat.reshape(3, 3)[2] for name in robot.foot_names]
        np.testing.assert_allclose(tilt[row], expected, atol=2e-6)


def test_a_sole_is_as_high_as_the_lowest_corner_of_its_rectangle(robot: Robot):
    qpos, found = postures(robot, 20)
    sole_height = jax.jit(make_sole_height(robot))
    for row, data in enumerate(found):
        sites = [data.site(name) for name in robot.foot_names]
        corners = [
            site.xpos + points @ site.xmat.reshape(3, 3).T
            for site, points in zip(sites, sole_points(robot), strict=True)
        ]
        feet = jnp.asarray([site.xpos for site in sites], jnp.float32)
        lowest = [points[:, 2].min() for points in corners]
        np.testing.assert_allclose(sole_height(jnp.asarray(qpos[row], jnp.float32), feet), lowest, atol=1e-6)


def test_corners_and_headings_of_soles_move_as_their_difference_quotients_say(robot: Robot):
    rng, step, model = np.random.default_rng(1), 1e-6, model_of(robot)
    qpos = np.tile(robot.home_qpos, (4, 1))
    qpos[:, 7:] += rng.uniform(-0.1, 0.1, (4, robot.num_joints))
    qvel = rng.uniform(-1, 1, (4, robot.nv))
    after = qpos.copy()
    for row in range(4):
        mujoco.mj_integratePos(model, after[row], qvel[row], step)
    now, then = sole_motion(robot, qpos, qvel), sole_motion(robot, after, qvel)
    np.testing.assert_allclose((then.yaw - now.yaw) / step, now.yaw_rate, atol=0.3)  # of level soles they are the same
    # A round edge's lowest point moves as the edge's axis; the sole at that point also turns about the axis.
    radius, fastest = max(sole.edge_radius for sole in robot.soles), 6.0  # m, rad/s
    np.testing.assert_allclose((then.position_w - now.position_w) / step, now.velocity_w, atol=radius * fastest)


def test_at_rest_the_floor_pushes_below_the_center_of_mass_with_the_weight(robot: Robot):
    """Standing still needs the weight, shared by both soles; with it, the base needs no other force."""
    qpos, still = robot.home_qpos[None], np.zeros((1, robot.nv))
    data = mujoco.MjData(model_of(robot))
    data.qpos[:] = robot.home_qpos
    mujoco.mj_kinematics(model_of(robot), data)
    mujoco.mj_comPos(model_of(robot), data)
    center = data.subtree_com[model_of(robot).body(robot.base_name).id]
    np.testing.assert_allclose(center_of_pressure(robot, qpos, still, still)[0], center[:2], atol=1e-9)
    everywhere = np.ones((1, 2, 4), bool)
    effort = inverse_dynamics(robot, qpos, still, still, everywhere, friction=0.8)
    assert np.abs(effort.unexplained[0, :3]).max() < 0.01 * robot.weight
    assert np.abs(effort.torque).max() < 0.5 * robot.torque_limit.max()
    lifted = inverse_dynamics(robot, qpos, still, still, ~everywhere, friction=0.8)
    assert lifted.unexplained[0, 2] == pytest.approx(robot.weight)
