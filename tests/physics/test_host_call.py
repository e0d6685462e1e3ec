"""Where XLA does not take the handlers, the same functions are called by JAX's own means, with the same results."""

import warnings
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.physics.engines import host_call
from playground_amp.physics.protocol import PhysicsState
from playground_amp.physics.registry import make_engine
from playground_amp.robot.robot import load_robot

ROW = jax.ShapeDtypeStruct((1,), jnp.float32)


def lose_registration(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(jax.ffi, "register_ffi_target")


def lose_calls(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(jax.ffi, "ffi_call")


def refuse(monkeypatch: pytest.MonkeyPatch) -> None:
    """XLA asks a handler for its version when it is registered, and refuses one of another major version."""
    monkeypatch.setattr(host_call, "_API_VERSION", (99, 0))


@pytest.fixture(scope="module")
def by_handlers() -> PhysicsState:
    return states()


@pytest.fixture(params=[lose_registration, lose_calls, refuse])
def changed_interface(by_handlers: PhysicsState, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """A process whose XLA is another, and which has registered nothing yet."""
    undecided = cache(host_call.xla_reads_handlers.__wrapped__)
    monkeypatch.setattr(host_call, "xla_reads_handlers", undecided)
    monkeypatch.setattr(host_call, "_functions", {})
    request.param(monkeypatch)


def states() -> PhysicsState:
    """Of three robots after three control periods, from a program of its own."""
    engine = make_engine(load_config(STANDARD).physics, load_robot("wildrobot"), 0.02)
    robot, parameters = engine.robot, engine.nominal_parameters()
    qpos = jnp.tile(jnp.asarray(robot.home_qpos, jnp.float32), (3, 1)).at[:, 2].add(jnp.array([0.0, 0.01, 0.1]))

    def walk(start: jax.Array) -> PhysicsState:
        state, _ = engine.reset(start, jnp.zeros(robot.nv), parameters)
        for _ in range(3):
            state, _ = engine.step(state, start[7:] + 0.1, jnp.zeros(3), parameters)
        return state

    return jax.tree.map(np.asarray, jax.jit(jax.vmap(walk))(qpos))


def test_this_xla_takes_the_handlers():
    assert host_call.xla_reads_handlers()


def test_the_native_engine_gives_the_same_bits_without_a_word(
    by_handlers: PhysicsState, changed_interface, capfd: pytest.CaptureFixture[str]
):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert not host_call.xla_reads_handlers()
        fallback = states()
    assert capfd.readouterr() == ("", "")
    jax.tree.map(np.testing.assert_array_equal, fallback, by_handlers)


def test_a_function_gets_all_rows_at_once_and_its_error_reaches_the_caller(changed_interface):
    seen = []

    def add_up(rows: np.ndarray, results: np.ndarray) -> None:
        seen.append(rows.shape)
        if len(rows) > 2:
            raise ValueError(f"{len(rows)} rows are too many")
        results[...] = rows.sum(axis=-1, keepdims=True)

    host_call.register("test_add_up", add_up)
    function = jax.jit(jax.vmap(jax.vmap(lambda row: host_call.call("test_add_up", ROW, row))))
    rows = jnp.arange(24, dtype=jnp.float32).reshape(2, 3, 4)
    np.testing.assert_array_equal(function(rows), np.asarray(rows).sum(axis=-1, keepdims=True))
    assert seen == [(2, 3, 4)]
    with pytest.raises(jax.errors.JaxRuntimeError, match="ValueError: 3 rows are too many"):
        function(jnp.ones((3, 1, 4))).block_until_ready()
