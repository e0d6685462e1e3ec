"""Recordings of walks that no robot walked, exact to the millimeter."""

import numpy as np

from playground_amp.rollouts.recording import Recording, Segment, Task

DT = 0.02
CYCLE = 0.8  # s: a step of 0.4 s is 20 rows
SPEED = 0.5  # m/s: a step of 0.2 m


def walk(
    seconds: float = 20.0,
    speed: float = SPEED,
    lift: tuple[float, float] = (0.03, 0.03),
    left_ahead: float = 0.0,
    heading: float = 0.0,
) -> Recording:
    """A gait with exact feet: left swings in the first half of each cycle, right in the second, 16 rows in the air.

    A foot jumps to its next place at lift-off: one step ahead of the body's mean path; `left_ahead` m is added to
    every place of the left foot.
    """
    rows = round(seconds / DT) + 1
    half = round(CYCLE / 2 / DT)
    time = np.arange(rows)
    body = time * DT * speed
    contact = np.ones((rows, 2), bool)
    foot = np.zeros((rows, 2, 3))
    for side in (0, 1):
        stride_number, in_cycle = np.divmod(time - side * half, 2 * half)
        in_air = (in_cycle >= 2) & (in_cycle < half - 2) & (stride_number >= 0)
        landed = stride_number + (in_cycle >= 2)  # swings begun
        contact[:, side] = ~in_air
        foot[:, side, 0] = np.maximum(landed, 0) * 2 * half * DT * speed + (left_ahead if side == 0 else 0.0)
        foot[:, side, 0] += side * half * DT * speed
        foot[in_air, side, 2] = lift[side] * np.sin(np.pi * (in_cycle[in_air] - 2) / (half - 4))
    turn = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])
    qpos = np.zeros((rows, 18))
    qpos[:, :2] = np.stack([body, np.zeros(rows)], axis=1) @ turn
    foot[..., :2] = foot[..., :2] @ turn
    joints = np.zeros((rows, 11))
    joints = [joints.copy() for _ in range(3)]
    return Recording(DT, qpos, np.full(rows, heading), foot, foot[..., 2].copy(), contact, *joints, fell=False)


def task(speed: float = SPEED, heading: float = 0.0, distance: float = 10.0) -> Task:
    program = (Segment(distance / speed, forward=speed),)
    return Task(program, heading, distance, CYCLE, torque_limit=np.full(11, 4.0), weight=40.5)
