"""The sole's lowest point against the corners of the compiled model's contact shapes."""

import jax
import jax.numpy as jnp
import mujoco
import numpy as np

from playground_amp.physics.kinematics import make_foot_kinematics
from playground_amp.physics.sole import make_sole_height
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot
from playground_amp.rotations import rotate


def lowest_of_model(data: mujoco.MjData, side: str) -> float:
    """Lowest point of the capsules under toe and heel: center, ± half length along their axis, minus the radius."""
    lowest = np.inf
    for name in (f"{side}_toe", f"{side}_heel"):
        geom, size = data.geom(name), data.model.geom(name).size
        rise = abs(geom.xmat.reshape(3, 3)[2, 2]) * size[1]
        lowest = min(lowest, geom.xpos[2] - rise - size[0])
    return lowest


def test_lowest_point_is_that_of_the_contact_shapes():
    robot = load_robot("wildrobot")
    data = mujoco.MjData(model_of(robot))
    sole_height, foot_positions_b = make_sole_height(robot), make_foot_kinematics(robot)
    random = np.random.default_rng(0)

    @jax.jit
    def heights(qpos: jax.Array) -> jax.Array:
        feet = qpos[:3] + jax.vmap(rotate, (0, None))(foot_positions_b(qpos), qpos[3:7])
        return sole_height(qpos, feet)

    for _ in range(20):
        qpos = robot.home_qpos.copy()
        qpos[3:7] += random.uniform(-0.1, 0.1, 4)
        qpos[3:7] /= np.linalg.norm(qpos[3:7])
        qpos[7:] += random.uniform(-0.2, 0.2, 11)
        data.qpos[:] = qpos
        mujoco.mj_kinematics(model_of(robot), data)
        expected = [lowest_of_model(data, side) for side in ("left", "right")]

        # The rectangle has the corners that the capsules' round ends lack: up to a radius of 4 mm, times the tilt.
        np.testing.assert_allclose(heights(jnp.asarray(qpos)), expected, atol=0.003)


def test_flat_feet_are_as_high_as_their_centers():
    robot = load_robot("wildrobot")
    feet = jnp.array([[0.0, 0.09, 0.02], [0.0, -0.09, 0.0]])
    level = jnp.asarray(robot.home_qpos).at[7:].set(0.0)

    np.testing.assert_allclose(make_sole_height(robot)(level, feet), [0.02, 0.0], atol=1e-6)
