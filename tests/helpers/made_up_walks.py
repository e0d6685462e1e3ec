"""Recordings of walks that no robot walked, exact to the millimeter."""

import numpy as np

from playground_amp.gates.cells import Cell
from playground_amp.gates.judgement import CellResult, judge_cell
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.robot import load_robot
from playground_amp.rollouts.figures import measure
from playground_amp.rollouts.recording import Assignment, Recording, Segment

ROBOT = load_robot(DEFAULT_ROBOT, "flat")
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
    contact, height = stepping(rows)
    foot = np.zeros((rows, 2, 3))
    foot[..., 2] = height * lift
    for side in (0, 1):
        stride_number, in_cycle = np.divmod(time - side * half, 2 * half)
        landed = stride_number + (in_cycle >= 2)  # swings begun
        foot[:, side, 0] = np.maximum(landed, 0) * 2 * half * DT * speed + (left_ahead if side == 0 else 0.0)
        foot[:, side, 0] += side * half * DT * speed
    turn = np.array([[np.cos(heading), np.sin(heading)], [-np.sin(heading), np.cos(heading)]])
    qpos = np.zeros((rows, ROBOT.nq))
    qpos[:, :2] = np.stack([body, np.zeros(rows)], axis=1) @ turn
    foot[..., :2] = foot[..., :2] @ turn
    joints = np.zeros((rows, ROBOT.num_joints))
    joints = [joints.copy() for _ in range(3)]
    return Recording(DT, qpos, np.full(rows, heading), foot, foot[..., 2].copy(), contact, *joints, fell=False)


def stepping(rows: int) -> tuple[np.ndarray, np.ndarray]:
    """Which foot is on the floor [rows, 2], and its height as a share of how far it is lifted [rows, 2]."""
    half = round(CYCLE / 2 / DT)
    contact, height = np.ones((rows, 2), bool), np.zeros((rows, 2))
    for side in (0, 1):
        stride_number, in_cycle = np.divmod(np.arange(rows) - side * half, 2 * half)
        in_air = (in_cycle >= 2) & (in_cycle < half - 2) & (stride_number >= 0)
        contact[:, side] = ~in_air
        height[in_air, side] = np.sin(np.pi * (in_cycle[in_air] - 2) / (half - 4))
    return contact, height


def moving(program: tuple[Segment, ...], share: float = 1.0, torque: float = 1.0, fell: bool = False) -> Recording:
    """A body that moves as the program says, at `share` of every speed from the first moment, and steps if it does."""
    rows = [segment for segment in program for _ in range(round(segment.seconds / DT))]
    heading = np.concatenate([[0.0], np.cumsum([share * segment.yaw_rate * DT for segment in rows])])
    velocity = share * np.array([[segment.forward, segment.sideways] for segment in rows])
    cos, sin = np.cos(heading[:-1]), np.sin(heading[:-1])
    step = DT * np.stack([cos * velocity[:, 0] - sin * velocity[:, 1], sin * velocity[:, 0] + cos * velocity[:, 1]], 1)
    qpos = np.zeros((len(heading), ROBOT.nq))
    qpos[1:, :2] = np.cumsum(step, axis=0)
    foot, still = np.zeros((len(heading), 2, 3)), np.zeros((len(heading), ROBOT.num_joints))
    contact = np.ones((len(heading), 2), bool)
    if share and any(segment.moves for segment in program):
        contact, height = stepping(len(heading))
        foot[..., 2] = 0.03 * height
    torques = np.full_like(still, torque)
    return Recording(DT, qpos, heading, foot, foot[..., 2], contact, still, torques, still.copy(), fell)


def asked(speed: float = SPEED, heading: float = 0.0, distance: float = 10.0) -> Assignment:
    program = (Segment(distance / speed, forward=speed),)
    return Assignment(ROBOT, program, heading, distance, CYCLE)


def judged(cell: Cell, *recordings: Recording) -> CellResult:
    """Recordings judged as the episodes of a cell."""
    return judge_cell(cell, CYCLE, [measure(recording, asked_by(cell)) for recording in recordings])


def asked_by(cell: Cell) -> Assignment:
    """What a cell asks of WildRobot."""
    return Assignment(ROBOT, cell.program, 0.0, cell.distance, CYCLE)
