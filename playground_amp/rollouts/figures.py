"""What a recorded episode amounts to: a handful of figures. NumPy only, no engine.

The limits that they are held against are in criteria.py.
"""

import math
from dataclasses import dataclass

import numpy as np

from playground_amp.robot.record import BASE_QPOS_SIZE
from playground_amp.rollouts.command_errors import SETTLING, command_errors
from playground_amp.rollouts.effort import (
    JointTorques,
    action_jitter,
    cost_of_transport,
    foot_slip,
    joint_torques,
    mean_power,
    rms,
    servo_weights,
)
from playground_amp.rollouts.recording import Assignment, Recording
from playground_amp.rollouts.steps import direction, find_steps


@dataclass(frozen=True)
class EpisodeFigures:
    """Figures of one episode.

    A figure that needs steps is at its worst value when there are too few; one that is not asked for (the asymmetry of
    steps to the side, the cost of transport of standing) is None. Where servos differ, `joint_torque`, `torque_rms` and
    `torque_p99` count each joint's torque as that share of the strongest servo's limit which it is of its own limit.
    """

    survived: float  # 1: no fall, 0: fell
    duration: float  # s
    distance_share: float | None  # distance along the heading over the distance asked for
    mean_speed: float  # m/s along the heading, from rest
    speed_error: float | None  # |mean speed / commanded speed - 1|
    velocity_error: float | None  # m/s, command_errors.py
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
    joints: JointTorques  # the same, joint by joint, as it is
    power: float  # W, mean of the joints' absolute mechanical power
    cost_of_transport: float | None  # power over weight × speed
    joint_travel: float | None  # rad, range within 2 s of the joint that moves most; of standing, once settled
    action_jitter: float  # rad, RMS of the second difference of the joint targets from control step to control step


def measure(recording: Recording, asked: Assignment) -> EpisodeFigures:
    """All figures of one episode."""
    traveled = recording.qpos[:, :2].astype(float) - recording.qpos[0, :2]
    forward = direction(asked.heading)
    along, across = traveled @ forward, traveled @ np.array([-forward[1], forward[0]])
    heading_error = (recording.heading - asked.heading + math.pi) % (2 * math.pi) - math.pi
    duration = (len(recording.qpos) - 1) * recording.control_dt
    mean_speed = along[-1] / duration
    velocity_error, yaw_rate_error = command_errors(recording, asked.program, asked.scale)
    steps = find_steps(recording, asked.scale)
    left, right = (steps.mean_length(foot) for foot in (0, 1))
    due_length = asked.speed * asked.gait_cycle / 2 if asked.speed else None
    torque, velocity = recording.joint_torque[1:].astype(float), recording.joint_velocity[1:].astype(float)
    joints, weights = joint_torques(torque, asked.robot.torque_limit), servo_weights(asked.robot.torque_limit)
    power = mean_power(torque, velocity)
    transports = asked.moves and not asked.turns
    return EpisodeFigures(
        survived=0.0 if recording.fell else 1.0,
        duration=duration,
        distance_share=float(along[-1] / asked.distance) if math.isfinite(asked.distance) else None,
        mean_speed=float(mean_speed),
        speed_error=float(abs(mean_speed / asked.speed - 1)) if asked.speed else None,
        velocity_error=velocity_error,
        yaw_rate_error=yaw_rate_error,
        lateral_error=float(np.abs(across).max()) if asked.straight else None,
        heading_error=None if asked.turns else float(np.abs(heading_error).mean()),
        steps=float(len(steps.row)),
        alternation=steps.alternation if asked.moves else None,
        step_length=min(left, right),
        step_length_ratio=min(left / due_length, right / due_length) if due_length else None,
        step_asymmetry=_asymmetry(left, right) if asked.straight else None,
        swing_clearance=min(steps.median_clearance(foot) for foot in (0, 1)) if asked.moves else None,
        foot_slip=foot_slip(recording),
        joint_torque=float((np.abs(torque).mean(axis=0) * weights).max()),
        torque_rms=rms(torque * weights),
        torque_p99=float((np.array(joints.p99) * weights).max()),
        torque_saturation=max(joints.saturation),
        joints=joints,
        power=power,
        cost_of_transport=cost_of_transport(recording, asked, power) if transports else None,
        joint_travel=None if asked.moves else _joint_travel(recording, SETTLING * asked.scale.time),
        action_jitter=action_jitter(recording),
    )


def _joint_travel(recording: Recording, settling: float) -> float | None:
    """Largest range of a joint within `settling` s, after the first of these, rad; None of an episode so short.

    Windows, because feet on a soft floor creep: over a minute that is more than a servo's trembling.
    """
    rows, joints = max(round(settling / recording.control_dt), 2), recording.qpos[:, BASE_QPOS_SIZE:]
    windows = joints[: len(joints) // rows * rows].reshape(-1, rows, joints.shape[1])[1:]
    return float(np.ptp(windows, axis=1).max()) if len(windows) else None


def _asymmetry(left: float, right: float) -> float:
    """|left - right| over the mean of their sizes: 0 for equal steps, 2 when one foot does it all."""
    size = (abs(left) + abs(right)) / 2
    return abs(left - right) / size if size > 0 else 1.0
