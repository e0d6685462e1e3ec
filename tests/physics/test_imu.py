"""The IMU behind any hinges: what it measures, and that the robot's runtime turns it back into the base frame."""

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from deployable import made_up_policy
from scipy.spatial.transform import Rotation

from playground_amp.deploy import runtime
from playground_amp.deploy.runtime import Sensors
from playground_amp.physics.imu import hinges_of, imu_readings
from playground_amp.physics.readings import make_readings
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Chain
from playground_amp.robot.robot import load_robot

NAMES = ("lower_back", "elsewhere", "upper_back")
POSITION, VELOCITY = np.array([0.4, -1.0, -0.7]), np.array([1.5, 9.0, -2.5])


def chain(hinges: int) -> Chain:
    """Oblique hinges in turned frames, the IMU turned in the last one."""
    rng = np.random.default_rng(hinges)
    axes = rng.normal(size=(hinges, 3))
    turns = Rotation.random(hinges + 1, rng=rng).as_quat(scalar_first=True)
    return Chain(
        joints=np.array([0, 2])[:hinges],
        offset=np.zeros((hinges, 3)),
        rotation=turns[:hinges],
        axis=axes / np.linalg.norm(axes, axis=1, keepdims=True),
        tip=np.zeros(3),
        tip_rotation=turns[-1],
    )


def orientation_by_scipy(imu: Chain, base: Rotation, position: np.ndarray) -> Rotation:
    total = base
    for joint, rotation, axis in zip(imu.joints, imu.rotation, imu.axis, strict=True):
        total = total * Rotation.from_quat(rotation, scalar_first=True) * Rotation.from_rotvec(position[joint] * axis)
    return total * Rotation.from_quat(imu.tip_rotation, scalar_first=True)


@pytest.mark.parametrize("hinges", [0, 1, 2])
def test_an_imu_behind_hinges(hinges: int) -> None:
    imu, base, gyro_b = chain(hinges), Rotation.from_rotvec([0.3, -0.5, 0.8]), np.array([0.7, -0.2, 1.1])
    orientation, gyro = imu_readings(
        imu, *(jnp.asarray(x) for x in (base.as_quat(scalar_first=True), gyro_b, POSITION, VELOCITY))
    )
    expected = orientation_by_scipy(imu, base, POSITION)
    assert (Rotation.from_quat(np.asarray(orientation), scalar_first=True) * expected.inv()).magnitude() < 1e-6
    # The gyro is the rate of that orientation, in its own frame: by differences over 1e-6 s.
    dt = 1e-6
    later = orientation_by_scipy(imu, base * Rotation.from_rotvec(gyro_b * dt), POSITION + VELOCITY * dt)
    np.testing.assert_allclose(gyro, (expected.inv() * later).as_rotvec() / dt, atol=1e-5)

    manifest = {
        "quaternion_order": "wxyz",
        "hinges": hinges_of(imu, NAMES),
        "mounting": imu.tip_rotation.tolist(),
    }
    back = runtime._Imu(manifest, NAMES).in_base(np.asarray(orientation), np.asarray(gyro), POSITION, VELOCITY)
    np.testing.assert_allclose(back[0], base.inv().apply([0, 0, -1]), atol=1e-6)
    np.testing.assert_allclose(back[1], gyro_b, atol=1e-6)

    rows = [np.stack([x, x]) for x in (orientation, gyro, POSITION, VELOCITY)]
    batch = runtime._Imu(manifest, NAMES).in_base(*rows)
    np.testing.assert_allclose(batch, np.stack([np.stack([x, x]) for x in back]), atol=1e-12)


def test_the_imu_is_where_the_model_has_it_and_is_turned_back_into_the_base_frame() -> None:
    """MuJoCo's own orientation and velocity of the site `imu`, in a tumbling robot with a turned, turning waist."""
    robot, rng = load_robot("wildrobot"), np.random.default_rng(0)
    data = mujoco.MjData(model_of(robot))
    data.qpos[:] = robot.home_qpos
    data.qpos[3:7] = np.array([0.8, 0.1, -0.4, 0.4]) / np.sqrt(0.97)
    data.qpos[7:] += rng.uniform(-0.2, 0.2, 11)
    data.qvel[:] = rng.uniform(-1, 1, 17)
    mujoco.mj_forward(model_of(robot), data)
    site, quaternion, velocity = model_of(robot).site("imu").id, np.empty(4), np.empty(6)
    mujoco.mju_mat2Quat(quaternion, data.site_xmat[site])
    mujoco.mj_objectVelocity(model_of(robot), data, mujoco.mjtObj.mjOBJ_SITE, site, velocity, 1)

    zeros = jnp.zeros(4), jnp.zeros(11)
    readings = make_readings(robot)(jnp.asarray(data.qpos), jnp.asarray(data.qvel), *zeros)
    orientation, gyro = imu_readings(
        robot.imu, readings.base_quaternion_w, readings.gyro_b, readings.joint_position, readings.joint_velocity
    )

    np.testing.assert_allclose(orientation * np.sign(orientation[0] * quaternion[0]), quaternion, atol=1e-6)
    np.testing.assert_allclose(gyro, velocity[:3], atol=1e-6)

    policy = made_up_policy(backend="numpy")
    by_joint = [dict(zip(robot.joint_names, values, strict=True)) for values in (data.qpos[7:], data.qvel[6:])]
    sensed = policy.observation(policy.start(), Sensors(quaternion, velocity[:3], *by_joint), np.zeros(3, np.float32))
    np.testing.assert_allclose(sensed[:3], readings.gravity_b, atol=1e-6)
    np.testing.assert_allclose(sensed[3:6], readings.gyro_b, atol=1e-6)
