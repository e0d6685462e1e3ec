"""The bench in simulation: a servo that turns a load about a level axis, by the servo model of training.

Angles are from where the load hangs straight down. One joint's step of MuJoCo (`implicitfast`, dry friction as its
constraint; Computation chapter of its manual) is a few lines, which a test holds against MuJoCo: a fit needs thousands
of such benches, and compiled by JAX they are a hundred times as fast as an engine that is made for many joints.
"""

import math
from collections.abc import Sequence
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.identify.servo_parameters import Servo
from playground_amp.physics import servo as servo_model
from playground_amp.physics.protocol import PhysicalParameters

# MuJoCo's dry friction is a constraint, a little soft. These are its defaults for solref and solimp.
_IMPEDANCE = 0.9
_RATE = 2 / (0.95 * 0.02)  # 1/s


class Load(NamedTuple):
    """What the servo turns."""

    mass: float  # kg
    distance: float  # m, of the center of mass from the axis
    inertia: float  # kg·m² about the axis


class Segment(NamedTuple):
    """A stretch of a log that is simulated by itself."""

    load: Load
    start: float  # s
    order_time: np.ndarray  # [K] s when targets were sent; the first one before `start`
    order: np.ndarray  # [K] rad, as the servo reads
    torque_on: np.ndarray  # [K] bool, from then on
    position: float  # rad at the start, as the servo reads
    velocity: float  # rad/s
    time: np.ndarray  # [T] s of the readings
    reading: np.ndarray  # [T] rad


class _Given(NamedTuple):
    """What a simulation of S segments is given; shorter ones are filled up, with nothing that counts."""

    load: np.ndarray | jax.Array  # [S, 3]
    start: np.ndarray | jax.Array  # [S, 2] rad, rad/s
    order_time: np.ndarray | jax.Array  # [S, K] s from the segment's start
    order: np.ndarray | jax.Array  # [S, K, 2] rad; on: 0 or 1
    total: np.ndarray | jax.Array  # [S, K, 2] its integral until then
    read_at: np.ndarray | jax.Array  # [S, T] steps


class Bench:
    """Simulates segments [S] for one servo, or for several."""

    def __init__(self, segments: Sequence[Segment], gravity: float, timestep: float):
        """`gravity` in m/s²; `timestep` of the physics in s."""
        self._lengths = [len(segment.time) for segment in segments]
        steps = 1 + max(math.ceil((segment.time[-1] - segment.start) / timestep) for segment in segments)
        self._given = _given(segments, timestep)

        def readings(values: jax.Array, given: _Given) -> tuple[jax.Array, jax.Array]:
            one = Servo(*values)
            path, bounded = jax.vmap(lambda each: _moved(one, each, gravity, timestep, steps))(given)
            return path + one.offset, jnp.mean(bounded)

        self._readings = jax.jit(readings)
        self._several = jax.jit(jax.vmap(lambda values, given: readings(values, given)[0], (1, None), 2))

    def readings(self, servo: Servo) -> list[np.ndarray]:
        """What the servo would have read: an array [T] for every segment, rad."""
        return self._cut(self._computed(self._readings, np.array(servo, float))[0])

    def readings_of_several(self, values: np.ndarray) -> list[np.ndarray]:
        """The same for constants [10, P]: arrays [T, P]."""
        return self._cut(self._computed(self._several, values))

    def at_limit(self, servo: Servo) -> float:
        """The share of the time that a servo is at a torque limit (limp: too)."""
        return float(self._computed(self._readings, np.array(servo, float))[1])

    def _computed(self, function, values: np.ndarray):
        with jax.enable_x64(True):
            return jax.tree.map(np.asarray, function(values, self._given))

    def _cut(self, rows: np.ndarray) -> list[np.ndarray]:
        return [row[:length] for row, length in zip(rows, self._lengths, strict=True)]


def _given(segments: Sequence[Segment], timestep: float) -> _Given:
    orders = max(len(segment.order) for segment in segments)
    readings = max(len(segment.time) for segment in segments)

    def filled(column: np.ndarray, size: int, start: float = 0.0) -> np.ndarray:
        return np.pad(np.asarray(column, float) - start, (0, size - len(column)), "edge")

    times = np.array([filled(segment.order_time, orders, segment.start) for segment in segments])
    order = np.array([[filled(s.order, orders), filled(s.torque_on, orders)] for s in segments]).swapaxes(1, 2)
    steps = order[:, :-1] * np.diff(times)[..., None]
    return _Given(
        load=np.array([segment.load for segment in segments]),
        start=np.array([[segment.position, segment.velocity] for segment in segments]),
        order_time=times,
        order=order,
        total=np.concatenate([np.zeros_like(order[:, :1]), np.cumsum(steps, axis=1)], axis=1),
        read_at=np.array([filled(segment.time, readings, segment.start) for segment in segments]) / timestep,
    )


def _moved(servo: Servo, given: _Given, gravity: float, timestep: float, steps: int) -> tuple[jax.Array, jax.Array]:
    """The load's angle at each reading [T] of one segment, rad, and the share of the time at a torque limit."""
    mass, distance, inertia = given.load
    moving, weight = inertia + servo.armature, mass * gravity * distance
    parameters = PhysicalParameters(
        floor_friction=None,  # pyright: ignore[reportArgumentType]
        backlash=jnp.asarray(servo.backlash),
        speed_droop=jnp.asarray(servo.droop),
    )
    edges = timestep * jnp.arange(steps + 1) - servo.delay
    index = jnp.clip(jnp.searchsorted(given.order_time, edges, side="right") - 1, 0, len(given.order_time) - 1)
    integral = given.total[index] + given.order[index] * (edges - given.order_time[index])[:, None]
    orders, on = (jnp.diff(integral, axis=0) / timestep).T  # means over each step

    def step(state: tuple[jax.Array, jax.Array], now: tuple[jax.Array, jax.Array]):
        position, velocity = state
        order, stiff = now
        aim = servo_model.order(jnp, parameters, order, order, position, 0.0, timestep)
        wanted = servo.gain * (aim - position) - servo.velocity_gain * velocity
        limit = jnp.asarray(servo.torque_limit)
        limits = servo_model.torque_range(jnp, parameters, limit, velocity[None])
        assert limits is not None
        torque = jnp.clip(wanted, stiff * limits[0, 0], stiff * limits[0, 1])
        free = torque - servo.damping * velocity - weight * jnp.sin(position)
        braking = -_IMPEDANCE * (moving * _RATE * velocity + free)
        force = free + jnp.clip(braking, -servo.friction, servo.friction)
        within = torque == wanted
        drag = servo.damping + jnp.where(within, servo.velocity_gain, 0.0)
        velocity = velocity + timestep * force / (moving + timestep * drag)
        position = position + timestep * velocity
        return (position, velocity), (position, ~within)

    start = given.start[0] - servo.offset, given.start[1]
    _, (path, bounded) = jax.lax.scan(step, start, (orders - servo.offset, on))
    path = jnp.concatenate([start[0][None], path])
    before = jnp.clip(given.read_at.astype(int), 0, steps - 1)
    share = given.read_at - before
    return jnp.asarray((1 - share) * path[before] + share * path[before + 1]), jnp.mean(bounded)
