"""How far an exported policy is from the JAX policy, and how long it takes."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from playground_amp.deploy.recording import Recorded
from playground_amp.deploy.runtime import Memory, Sensors, WalkingPolicy


class Parity(NamedTuple):
    """Largest absolute differences over all observations."""

    observations: int
    action: float  # network: the same observation in, action out
    joint_target: float  # rad; network: the same observation in, servo target out
    joint_target_from_sensors: float  # rad; IMU and servo readings in, servo target out
    gait_phase: float  # the clock after a step


class Latency(NamedTuple):
    """Seconds from sensor readings to servo targets, of one robot."""

    median: float
    p99: float


def measure_parity(policy: WalkingPolicy, recorded: Recorded) -> Parity:
    """Every recorded moment through the exported file, against what the environment did."""
    rows = Recorded(*(column.reshape(recorded.command[..., 0].size, *column.shape[2:]) for column in recorded))
    action, joint_target = policy.network(rows.observation_si, rows.previous_target)
    memory = Memory(rows.gait_phase, rows.previous_action, rows.previous_target, rows.before)
    after = policy.act(memory, batch_sensors(policy, rows), rows.command)
    off = np.abs(after.gait_phase - rows.next_gait_phase)
    return Parity(
        observations=len(action),
        action=_largest(action, rows.action),
        joint_target=_largest(joint_target, rows.joint_target),
        joint_target_from_sensors=_largest(after.joint_target, rows.joint_target),
        gait_phase=float(np.max(np.minimum(off, 1 - off))),
    )


def batch_sensors(policy: WalkingPolicy, rows: Recorded) -> Sensors:
    """Recorded rows [N] as the readings of a batch."""
    columns = [dict(zip(policy.joint_names, x.T, strict=True)) for x in (rows.joint_position, rows.joint_velocity)]
    return Sensors(rows.orientation, rows.gyro, *columns)


def measure_latency(policy: WalkingPolicy, recorded: Recorded, calls: int = 2000) -> Latency:
    """`calls` steps of one robot over recorded readings on one core, after a tenth as many to warm up."""
    rows = Recorded(*(column[:, 0] for column in recorded))
    readings = [
        Sensors(
            rows.orientation[i],
            rows.gyro[i],
            dict(zip(policy.joint_names, rows.joint_position[i].tolist(), strict=True)),
            dict(zip(policy.joint_names, rows.joint_velocity[i].tolist(), strict=True)),
        )
        for i in range(len(rows.command))
    ]
    seconds = []
    policy.reset()
    with _one_core():
        for call in range(calls + calls // 10):
            started = time.perf_counter()
            policy.step(readings[call % len(readings)], (0.0, 0.0, 0.0))
            seconds.append(time.perf_counter() - started)
    measured = seconds[calls // 10 :]
    return Latency(float(np.median(measured)), float(np.quantile(measured, 0.99)))


@contextmanager
def _one_core() -> Iterator[None]:
    """Keeps this thread on one core, where the system has a call for it (Linux)."""
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {max(allowed)})
    try:
        yield
    finally:
        os.sched_setaffinity(0, allowed)


def _largest(a: np.ndarray, b: np.ndarray) -> float:
    return float(np.max(np.abs(a - b)))
