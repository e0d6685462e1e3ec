"""Logs of a walking robot with one fault of its body: the true fault explains them, and a healthy robot needs none."""

from functools import cache

import numpy as np
import pytest
from walked_logs import Fault, Walker

from playground_amp.compare.builds import as_described, candidates
from playground_amp.compare.gap import replay, replay_starts
from playground_amp.compare.measured import Measured, measured_motion
from playground_amp.compare.misfit import Misfit, described_support, misfits, witnesses
from playground_amp.deploy.runtime import WalkingPolicy, load_policy
from playground_amp.hardware.hardware_file import HardwareFile, parse_hardware
from playground_amp.hardware.log import RobotLog
from playground_amp.robot.models import shipped_policy
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot")
HIP, ROLL, KNEE, ANKLE = (
    ROBOT.joint_names.index(f"left_{name}") for name in ("hip_pitch", "hip_roll", "knee_pitch", "ankle_pitch")
)


@cache
def policy() -> WalkingPolicy:
    return load_policy(shipped_policy("wildrobot"), "numpy")


@cache
def walked(seed: int = 0, seconds: float = 4.0, **fault: object) -> RobotLog:
    """A log of a robot that walks from 2 s on."""
    walker = Walker(ROBOT, policy(), Fault(**fault), seed)  # pyright: ignore[reportArgumentType]
    return walker.walk(lambda now: (0.3 * (now > 2), 0.0, 0.0), seconds)


def read(log: RobotLog) -> tuple[HardwareFile, Measured]:
    hardware = parse_hardware(log.header.hardware, "the header")
    motion = measured_motion(log, ROBOT, hardware)
    assert motion is not None
    return hardware, motion


def compared(log: RobotLog, fault: str, joints: tuple[int, ...], amount: tuple[float, ...] = ()) -> list[Misfit]:
    """Misfit of the robot as described, and of one with that fault."""
    hardware, motion = read(log)
    names = tuple(ROBOT.joint_names[joint] for joint in sorted(joints))
    (candidate,) = (c for c in candidates(hardware, ROBOT.joint_names) if (c.fault, c.joints) == (fault, names))
    seen = witnesses(ROBOT, motion, described_support(ROBOT, motion), 30, 14)
    return misfits(seen, [as_described(ROBOT.num_joints), candidate.build(np.array(amount))])


FAULTS = [
    ({"swapped": (HIP, ANKLE)}, "swapped_ids", (HIP, ANKLE), ()),
    ({"reversed": HIP}, "wrong_sign", (HIP,), ()),
    ({"zero_off": (KNEE, 0.17)}, "zero_off", (KNEE,), (0.17,)),
    ({"tilt": (0.1, 0.15, 0.0)}, "tilted_imu", (), (0.1, 0.15)),
    ({"weak": (KNEE, 0.5)}, "weak_servo", (KNEE,), (0.5,)),
    ({"slack": (ROLL, 0.05)}, "slack", (ROLL,), (0.05,)),
]


@pytest.mark.parametrize(("made", "fault", "joints", "amount"), FAULTS, ids=[each[1] for each in FAULTS])
def test_the_true_fault_explains_a_log(
    made: dict[str, object], fault: str, joints: tuple[int, ...], amount: tuple[float, ...]
) -> None:
    described, true = compared(walked(**made), fault, joints, amount)
    assert described.total - true.total > 0.4
    healthy, made_up = compared(walked(), fault, joints, amount)
    assert made_up.total > healthy.total


def test_without_foot_switches_replays_alone_tell() -> None:
    for made, better in (({"zero_off": (ANKLE, 0.17)}, True), ({}, False)):
        log = walked(**made)
        hardware, motion = read(log)
        blind = motion._replace(pressed=0 * motion.pressed, has_switches=False)
        (candidate,) = (
            c
            for c in candidates(hardware, ROBOT.joint_names)
            if (c.fault, c.joints) == ("zero_off", (ROBOT.joint_names[ANKLE],))
        )
        seen = witnesses(ROBOT, blind, described_support(ROBOT, blind), 30, 14)
        described, true = misfits(seen, [as_described(ROBOT.num_joints), candidate.build(np.array([0.17]))])
        assert described.feet == described.hanging == 0
        assert (true.total < described.total - 0.5) == better


def test_a_healthy_robot_does_what_the_simulation_says() -> None:
    _, motion = read(walked())
    support = described_support(ROBOT, motion)
    starts = replay_starts(motion, support, 10, 5)
    (gap,) = replay(ROBOT, motion, support, [as_described(ROBOT.num_joints)], starts, 10)
    assert len(starts) > 10
    assert np.median(np.abs(gap.joint[:, -1])) < 0.01
    assert np.median(gap.tilt[:, 4]) < 0.02


def test_motion_is_put_on_one_clock_without_delay() -> None:
    """A sine that is read late, in counts: what comes out is the sine at the steps' times."""
    log = walked()
    phase = 2 * np.pi * 1.5 * (log.time[:, None] - log.joint_age)
    sine = np.round(0.3 * np.sin(phase) / 0.0042) * 0.0042
    made = RobotLog(**{**vars(log), "joint_position": sine})
    _, motion = read(made)
    inner = slice(20, -20)
    expected = 0.3 * np.sin(2 * np.pi * 1.5 * motion.time[inner])
    assert np.abs(motion.position[inner, KNEE] - expected).max() < 0.006
    speed = 0.3 * 2 * np.pi * 1.5 * np.cos(2 * np.pi * 1.5 * motion.time[inner])
    assert np.abs(motion.velocity[inner, KNEE] - speed).max() < 0.25


def test_a_log_without_targets_has_no_motion() -> None:
    log = walked()
    made = RobotLog(**{**vars(log), "target": np.full_like(log.target, np.nan)})
    assert measured_motion(made, ROBOT, parse_hardware(log.header.hardware, "the header")) is None
