"""Quaternion arithmetic against MuJoCo's own and against SciPy."""

from functools import partial

import jax
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


@pytest.mark.parametrize("gravity_b", [(0, 0, -1), (0.6, 0, -0.8), (0, 1, 0), (0.02, 0, 1), (0, 0, 1)])
@pytest.mark.parametrize("array", [np.array, jnp.array])
def test_a_frame_is_turned_upright_from_anywhere_even_from_upside_down(gravity_b, array):
    turned = rotations.rotate(array(gravity_b, float), rotations.upright(array(gravity_b, float)))
    np.testing.assert_allclose(turned / np.linalg.norm(turned), [0, 0, -1], atol=1e-5)


RANDOM = np.random.default_rng(0)
QUATERNIONS = RANDOM.normal(size=(5, 4))
QUATERNIONS /= np.linalg.norm(QUATERNIONS, axis=1, keepdims=True)
VECTORS, ANGLES = RANDOM.normal(size=(5, 3)), RANDOM.uniform(-3, 3, 5)
AXIS = np.array([0.6, 0.0, 0.8])
CALLS = {
    "multiply": (rotations.multiply, QUATERNIONS, QUATERNIONS[::-1]),
    "conjugate": (rotations.conjugate, QUATERNIONS),
    "rotate": (rotations.rotate, VECTORS, QUATERNIONS),
    "rotate_inverse": (rotations.rotate_inverse, VECTORS, QUATERNIONS),
    "about_axis": (partial(rotations.about_axis, AXIS), ANGLES),
    "about_vertical": (rotations.about_vertical, ANGLES),
    "rotation_vector": (rotations.rotation_vector, QUATERNIONS),
    "matrix_of": (rotations.matrix_of, QUATERNIONS),
    "matrix_about_axis": (partial(rotations.matrix_about_axis, AXIS), ANGLES),
    "heading_of": (rotations.heading_of, QUATERNIONS),
    "to_heading_frame": (rotations.to_heading_frame, VECTORS, ANGLES),
    "from_heading_frame": (rotations.from_heading_frame, VECTORS[:, :2], ANGLES),
}


@pytest.mark.parametrize("name", CALLS)
def test_batches_are_rows_and_numpy_and_jax_agree(name: str):
    function, *arrays = CALLS[name]
    batch = function(*arrays)
    assert isinstance(batch, np.ndarray)
    assert batch.dtype == np.float64
    rows = np.array([function(*row) for row in zip(*arrays, strict=True)])
    np.testing.assert_array_equal(batch, rows)
    vmapped = jax.vmap(function)(*map(jnp.asarray, arrays))
    assert isinstance(vmapped, jax.Array)
    np.testing.assert_allclose(vmapped, batch, atol=2e-6)
    np.testing.assert_allclose(function(*map(jnp.asarray, arrays)), batch, atol=2e-6)


def test_matrices_and_rotation_vectors_match_mujoco():
    matrix, vector = np.zeros(9), np.zeros(3)
    for quaternion in QUATERNIONS:
        mujoco.mju_quat2Mat(matrix, quaternion)
        np.testing.assert_allclose(rotations.matrix_of(quaternion), matrix.reshape(3, 3), atol=1e-12)
        mujoco.mju_quat2Vel(vector, quaternion, 1.0)
        np.testing.assert_allclose(rotations.rotation_vector(quaternion), vector, atol=1e-12)
    turn = rotations.about_axis(AXIS, np.array(0.7))
    np.testing.assert_allclose(rotations.matrix_about_axis(AXIS, np.array(0.7)), rotations.matrix_of(turn), atol=1e-12)


def test_a_rotation_too_small_to_have_an_axis_has_a_vector():
    small = np.array([1.0, 0.0, 5e-14, 0.0])
    np.testing.assert_allclose(rotations.rotation_vector(small), [0, 1e-13, 0], rtol=1e-9)


def test_one_vector_for_many_headings():
    # At 0 and at a quarter turn: x stays x, then becomes y; heights stay.
    turned = rotations.from_heading_frame(np.array([1.0, 0.0, 0.5]), np.array([0.0, np.pi / 2]))
    np.testing.assert_allclose(turned, [[1, 0, 0.5], [0, 1, 0.5]], atol=1e-12)
