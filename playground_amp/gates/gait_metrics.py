"""What a recorded episode amounts to: a handful of figures. NumPy only, no engine.

Steps are read from the foot switches. A foot swings while neither its heel nor its toe touches the floor. Spells in
the air shorter than `SHORTEST_SWING`, or in which the sole's lowest point stays under `LOWEST_SWING`, are the rolling
and bouncing of a landing foot, not steps. Only swings that begin and end on the floor count.
"""

import math
from dataclasses import dataclass

import numpy as np

from playground_amp.gates.command_metrics import command_errors
from playground_amp.gates.effort_metrics import (
    JointTorques,
    action_jitter,
    cost_of_transport,
    foot_slip,
    joint_torques,
    mean_power,
    rms,
)
from playground_amp.rollouts.recording import Recording, Task

SHORTEST_SWING = 0.06  # s; a landing foot chatters for one or two control periods of 0.02 s
LOWEST_SWING = 0.005  # m; landing feet were seen to lift again by 1 to 4 mm, steps by 15 and more
FEWEST_STEPS = 4  # two of each foot, below which a gait has no left and right to compare


@dataclass(frozen=True)
class EpisodeFigures:
    """Figures of one episode.

    A figure that needs steps is at its worst value when there are too few; one that the task does not ask for (the
    asymmetry of steps to the side, the cost of transport of standing) is None.
    """

    survived: float  # 1: no fall, 0: fell
    duration: float  # s
    distance_share: float | None  # distance along the heading over the distance asked for
    mean_speed: float  # m/s along the heading, from rest
    speed_error: float | None  # |mean speed / commanded speed - 1|
    velocity_error: float | None  # m/s, command_metrics.command_errors
    yaw_rate_error: float | None  # rad/s, likewise
    lateral_error: float | None  # m, largest distance from the straight line
    heading_error: float | None  # rad, mean of its absolute value
    steps: float  # touchdowns
    alternation: float | None  # share of touchdowns that follow one of the other foot
    step_length: float  # m, mean of the foot with the shorter steps
    step_length_ratio: float | None  # step_length over speed × half the gait cycle
    step_asymmetry: float | None  # |left - right| over the mean of both; 1 without steps
    swing_clearance: float | None  # m, peak of the sole's lowest point in a swing; median over swings; lower foot
    foot_slip: float  # m/s, mean horizontal speed of a foot on the floor
    joint_torque: float  # N·m, mean of its absolute value; the joint with the largest
    torque_rms: float  # N·m, over time and all joints
    torque_p99: float  # N·m, 99th percentile of its absolute value; the joint with the largest
    torque_saturation: float  # share of time above 95 % of the limit; the joint with the largest
    joints: JointTorques  # the same, joint by joint
    power: float  # W, mean of the joints' absolute mechanical power
    cost_of_transport: float | None  # power over weight × speed
    action_jitter: float  # rad, RMS of the second difference of the joint targets from control step to control step


@dataclass(frozen=True)
class Steps:
    """Every touchdown of an episode in order of time."""

    foot: np.ndarray  # [K] 0 left, 1 right
    row: np.ndarray  # [K] row of the recording where the foot touches down
    length: np.ndarray  # [K] m from the other foot's touchdown just before; NaN if there was none
    clearance: np.ndarray  # [K] m, greatest height of the sole's lowest point in the swing that ends here


def swings(contact: np.ndarray, sole_height: np.ndarray, control_dt: float) -> np.ndarray:
    """Rows [K, 2] where a foot leaves the floor and where it touches down again.

    Args:
      contact: [T] bool, of one foot.
      sole_height: [T] m, of its sole's lowest point.
      control_dt: s from row to row.
    """
    change = np.flatnonzero(contact[1:] != contact[:-1]) + 1
    if change.size and contact[change[0]]:
        change = change[1:]  # the recording begins in the air
    spells = change[: change.size // 2 * 2].reshape(-1, 2)
    duration = (spells[:, 1] - spells[:, 0]) * control_dt
    height = np.array([sole_height[lift_off:touchdown].max() for lift_off, touchdown in spells])
    return spells[(duration > SHORTEST_SWING - control_dt / 2) & (height >= LOWEST_SWING)]


def find_steps(recording: Recording) -> Steps:
    """The steps of an episode.

    A step is measured along the body's own mean heading while it lasts: a robot that walks straight with its body
    turned a little does not limp, although along its path one foot is always ahead.
    """
    events = []
    for foot in (0, 1):
        contact, height = recording.foot_contact[:, foot], recording.sole_height[:, foot]
        for lift_off, touchdown in swings(contact, height, recording.control_dt):
            events.append((touchdown, foot, height[lift_off:touchdown].max()))
    row, foot, clearance = np.array(sorted(events)).reshape(-1, 3).T
    row, foot = row.astype(int), foot.astype(int)
    length = np.full(len(row), np.nan)
    for index in range(1, len(row)):
        if foot[index] != foot[index - 1]:
            begin, end = row[index - 1], row[index]
            reach = recording.foot_position_w[end, foot[index]] - recording.foot_position_w[begin, foot[index - 1]]
            length[index] = reach[:2] @ _direction(_mean_angle(recording.heading[begin : end + 1]))
    return Steps(foot, row, length, clearance)


def measure(recording: Recording, task: Task) -> EpisodeFigures:
    """All figures of one episode."""
    traveled = recording.qpos[:, :2].astype(float) - recording.qpos[0, :2]
    forward = _direction(task.heading)
    along, across = traveled @ forward, traveled @ np.array([-forward[1], forward[0]])
    heading_error = (recording.heading - task.heading + math.pi) % (2 * math.pi) - math.pi
    duration = (len(recording.qpos) - 1) * recording.control_dt
    mean_speed = along[-1] / duration
    velocity_error, yaw_rate_error = command_errors(recording, task.program)
    steps = find_steps(recording)
    left, right = (_mean_length(steps, foot) for foot in (0, 1))
    due_length = task.speed * task.gait_cycle / 2 if task.speed else None
    joints = joint_torques(recording, task.torque_limit)
    power = mean_power(recording)
    return EpisodeFigures(
        survived=0.0 if recording.fell else 1.0,
        duration=duration,
        distance_share=float(along[-1] / task.distance) if math.isfinite(task.distance) else None,
        mean_speed=float(mean_speed),
        speed_error=float(abs(mean_speed / task.speed - 1)) if task.speed else None,
        velocity_error=velocity_error,
        yaw_rate_error=yaw_rate_error,
        lateral_error=float(np.abs(across).max()) if task.straight else None,
        heading_error=None if task.turns else float(np.abs(heading_error).mean()),
        steps=float(len(steps.row)),
        alternation=_alternation(steps) if task.moves else None,
        step_length=min(left, right),
        step_length_ratio=min(left / due_length, right / due_length) if due_length else None,
        step_asymmetry=_asymmetry(left, right) if task.straight else None,
        swing_clearance=min(_median_clearance(steps, foot) for foot in (0, 1)) if task.moves else None,
        foot_slip=foot_slip(recording),
        joint_torque=float(np.abs(recording.joint_torque[1:].astype(float)).mean(axis=0).max()),
        torque_rms=rms(recording.joint_torque[1:]),
        torque_p99=max(joints.p99),
        torque_saturation=max(joints.saturation),
        joints=joints,
        power=power,
        cost_of_transport=cost_of_transport(recording, task.weight, power) if task.moves and not task.turns else None,
        action_jitter=action_jitter(recording),
    )


def _direction(heading: float) -> np.ndarray:
    return np.array([math.cos(heading), math.sin(heading)])


def _mean_angle(angles: np.ndarray) -> float:
    return math.atan2(np.sin(angles).mean(), np.cos(angles).mean())


def _alternation(steps: Steps) -> float:
    if len(steps.foot) < FEWEST_STEPS:
        return 0.0
    return float((steps.foot[1:] != steps.foot[:-1]).mean())


def _mean_length(steps: Steps, foot: int) -> float:
    lengths = steps.length[(steps.foot == foot) & ~np.isnan(steps.length)]
    return float(lengths.mean()) if len(steps.foot) >= FEWEST_STEPS and lengths.size else 0.0


def _median_clearance(steps: Steps, foot: int) -> float:
    heights = steps.clearance[steps.foot == foot]
    return float(np.median(heights)) if len(steps.foot) >= FEWEST_STEPS and heights.size else 0.0


def _asymmetry(left: float, right: float) -> float:
    """|left - right| over the mean of their sizes: 0 for equal steps, 2 when one foot does it all."""
    size = (abs(left) + abs(right)) / 2
    return abs(left - right) / size if size > 0 else 1.0
