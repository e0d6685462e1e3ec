"""What a walk costs: torque, power, slip, jitter. NumPy only, no engine."""

from dataclasses import dataclass

import numpy as np

from playground_amp.rollouts.recording import Assignment, Recording

SATURATED = 0.95  # of the torque limit
# WildRobot's; another robot's are scaled.
SLOWEST_TRANSPORT = 0.05  # m/s, under which nothing is carried anywhere
STRIDE = 0.5  # s over which speed is averaged


@dataclass(frozen=True)
class JointTorques:
    """Torque joint by joint, in the robot's order."""

    rms: tuple[float, ...]  # [J] N·m
    p99: tuple[float, ...]  # [J] N·m, 99th percentile of its absolute value
    saturation: tuple[float, ...]  # [J] share of time above 95 % of the limit
    square: tuple[float, ...]  # [J] mean square of the share of the limit: what heats a servo


def joint_torques(torque: np.ndarray, torque_limit: np.ndarray) -> JointTorques:
    """The torques [T, J] of an episode against their limits [J], N·m."""
    size = np.abs(torque)
    return JointTorques(
        rms=tuple(np.sqrt((size**2).mean(axis=0)).tolist()),
        p99=tuple(np.percentile(size, 99, axis=0).tolist()),
        saturation=tuple((size > SATURATED * torque_limit).mean(axis=0).tolist()),
        square=tuple(((size / torque_limit) ** 2).mean(axis=0).tolist()),
    )


def servo_weights(limit: np.ndarray) -> np.ndarray:
    """How much more a unit of torque or speed is to a weaker or slower servo [J] than to the best, by their limits."""
    return limit.max() / limit


def rms(values: np.ndarray) -> float:
    """Root mean square of all numbers of an array; 0 of none."""
    return float(np.sqrt(np.mean(values.astype(float) ** 2))) if values.size else 0.0


def mean_power(torque: np.ndarray, velocity: np.ndarray) -> float:
    """Mechanical power of all joints, braking counted like driving, mean over time, W. [T, J] N·m and rad/s."""
    return float(np.abs(torque * velocity).sum(axis=1).mean())


def cost_of_transport(recording: Recording, asked: Assignment, power: float) -> float | None:
    """Power over weight × speed, where the speed is that along the path, averaged over half a second.

    The average leaves out the sway of each step. None for a robot that stays where it is.
    """
    stride = max(1, round(STRIDE * asked.scale.time / recording.control_dt))
    position = recording.qpos[::stride, :2].astype(float)
    if len(position) < 2:
        return None
    seconds = (len(position) - 1) * stride * recording.control_dt
    speed = np.linalg.norm(np.diff(position, axis=0), axis=1).sum() / seconds
    slowest = SLOWEST_TRANSPORT * asked.scale.speed
    return float(power / (asked.robot.weight * speed)) if speed > slowest else None


def foot_slip(recording: Recording) -> float:
    """Mean horizontal speed of the sole's center while its foot is on the floor, m/s; 0 if no foot ever is."""
    on_floor = recording.foot_contact[1:] & recording.foot_contact[:-1]
    step = np.diff(recording.foot_position_w[..., :2].astype(float), axis=0)
    speed = np.linalg.norm(step, axis=2) / recording.control_dt
    return float(speed[on_floor].mean()) if on_floor.any() else 0.0


def action_jitter(recording: Recording) -> float:
    """RMS of the second difference of the joint targets from control step to control step, rad.

    A smooth motion changes its targets by nearly as much from one step to the next; what trembles does not.
    """
    return rms(np.diff(recording.joint_target.astype(float), n=2, axis=0))
