"""Do the arms swing against the legs, and what does that take?

    python benchmarks/arm_swing.py checkpoints/walk_wildrobot_arms checkpoints/walk

Each policy, deterministic, walks straight from rest on its robot's bus at both speeds, eight times. A line each: the
mean speed, energy a meter, of all joints and of the legs; of a robot whose arms act, how far the upper arms
swing to each side, and their correlation with the place, ahead of the hips, of the other side's foot and of their own.
"""

import argparse
from pathlib import Path

import jax
import numpy as np

from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.motion.generate.leg import forward
from playground_amp.physics.registry import prepare
from playground_amp.policies.opening import open_policy
from playground_amp.policies.source import PolicySource
from playground_amp.record.recorder import TakenRows, walk
from playground_amp.robot.arms import arms_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of, times

SPEEDS = (0.3, 0.5)  # m/s, of WildRobot
SETTLE, SECONDS = 3.0, 20.0
WALKS = 8


def walked(source: PolicySource, speed: float) -> TakenRows:
    """Rows [WALKS, T] of walks at a speed in m/s, without their first seconds."""
    env = WildRobotEnv(source.config)
    settle, steps = (round(seconds / source.config.env.control_dt) for seconds in (SETTLE, SETTLE + SECONDS))
    commands = np.tile(np.array([speed, 0.0, 0.0], np.float32), (WALKS, 1))
    rows = walk(env, source.controller(env), commands, 0, steps)
    return jax.tree.map(lambda column: np.swapaxes(np.asarray(column), 0, 1)[:, settle:], rows)


def line(robot: Robot, rows: TakenRows, control_dt: float) -> str:
    """What the walks took, and what the arms did."""
    if np.any(rows.terminated):
        return "fell"
    way = rows.qpos[:, -1, :2] - rows.qpos[:, 0, :2]
    speed = float(np.hypot(*way.T).mean() / ((rows.qpos.shape[1] - 1) * control_dt))
    power = np.abs(rows.joint_torque * rows.qvel[..., BASE_QVEL_SIZE:]).mean(axis=(0, 1))
    legs = np.concatenate([leg.joints for leg in robot.legs])
    found = f"{speed:.3f} m/s, {power.sum() / speed:.1f} J/m, {power[legs].sum() / speed:.1f} of them in the legs"
    if (arms := arms_of(robot)) is None:
        return found
    swings = np.stack([arm.forward * rows.qpos[..., BASE_QPOS_SIZE + arm.swing] for arm in arms], axis=-1)
    feet = np.stack([feet_ahead(robot, each) for each in rows.qpos])  # [WALKS, T, 2]
    sides = [np.ptp(swings[..., side], axis=1).mean() / 2 for side in (0, 1)]
    alike = [[correlation(swings[..., arm], feet[..., foot]) for foot in (1 - arm, arm)] for arm in (0, 1)]
    other, own = np.mean(alike, axis=0)
    return f"{found}; swing {np.mean(sides):.2f} rad, correlation {other:.2f} with the other foot, {own:.2f} with its"


def feet_ahead(robot: Robot, qpos: np.ndarray) -> np.ndarray:
    """How far the soles are ahead in the base frame [T, 2], m, for qpos [T, 7 + J]."""
    joints = qpos[:, BASE_QPOS_SIZE:].astype(float)
    return np.stack([forward(leg, joints[:, leg.joints]).sole[:, 0] for leg in robot.legs], axis=-1)


def correlation(one: np.ndarray, other: np.ndarray) -> float:
    """The mean over walks of two columns [WALKS, T]."""
    return float(np.mean([np.corrcoef(a, b)[0, 1] for a, b in zip(one, other, strict=True)]))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("policies", type=Path, nargs="+", metavar="POLICY")
    arguments = parser.parse_args()
    prepare("native")
    for path in arguments.policies:
        source = open_policy(path)
        robot = load_robot(source.config.robot)
        for speed in SPEEDS:
            own = times(speed, scale_of(robot).speed)
            print(path, f"{own:g} m/s:", line(robot, walked(source, own), source.config.env.control_dt), flush=True)
    return 0


if __name__ == "__main__":
    from playground_amp.cli.parser import run_command

    run_command(main)
