"""Quaternion arithmetic against MuJoCo's own and against SciPy."""

import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from playground_amp import rotations

ANGLE = st.floats(-3.1, 3.1)
COORDINATE = st.floats(-2, 2, width=32)


def quaternion(axis: tuple[float, float, float], angle: float) -> np.ndarray:
    unit = np.add(axis, (0.0, 0.0, 3.0))  # never zero
    result = np.zeros(4)
    mujoco.mju_axisAngle2Quat(result, unit / np.linalg.norm(unit), angle)
    return result


@settings(max_examples=30, deadline=None)
@given(st.tuples(COORDINATE, COORDINATE, COORDINATE), ANGLE, st.tuples(COORDINATE, COORDINATE, COORDINATE))
def test_rotation_and_inverse_match_mujoco(axis, angle, vector):
    q = quaternion(axis, angle)
    expected = np.zeros(3)
    mujoco.mju_rotVecQuat(expected, np.array(vector), q)
    rotated = rotations.rotate(jnp.array(vector), jnp.array(q))
    np.testing.assert_allclose(rotated, expected, atol=1e-5)
    np.testing.assert_allclose(rotations.rotate_inverse(rotated, jnp.array(q)), vector, atol=1e-5)


def test_product_and_axis_angle_match_mujoco():
    p, q = quaternion((1, 2, -1), 0.7), quaternion((-1, 0.5, 1), -2.1)
    expected = np.zeros(4)
    mujoco.mju_mulQuat(expected, p, q)
    np.testing.assert_allclose(rotations.multiply(jnp.array(p), jnp.array(q)), expected, atol=1e-6)
    np.testing.assert_allclose(
        rotations.about_axis(jnp.array([0.0, 0.0, 1.0]), jnp.float32(0.4)), quaternion((0, 0, -2), 0.4), atol=1e-6
    )


@pytest.mark.parametrize("yaw", [-3.0, -0.5, 0.0, 1.2, 3.1])
def test_heading_survives_roll_and_pitch(yaw):
    turned = rotations.about_axis(jnp.array([0.0, 0.0, 1.0]), jnp.float32(yaw))
    pitched = rotations.multiply(turned, rotations.about_axis(jnp.array([0.0, 1.0, 0.0]), jnp.float32(0.3)))
    np.testing.assert_allclose(rotations.heading_of(pitched), yaw, atol=1e-5)


def test_heading_frame_turns_the_world_back():
    # Looking along the world's y axis (yaw 90 degrees), a velocity along y is forward, one along x to the right.
    turned = rotations.to_heading_frame(jnp.array([0.5, 1.0, 2.0]), jnp.float32(jnp.pi / 2))
    np.testing.assert_allclose(turned, [1, -0.5, 2], atol=1e-6)
