"""Drivers and calibration end to end: pseudo-terminals, three protocols' bytes, MuJoCo's body, a person who sees."""

import os
import time
from typing import ClassVar

import numpy as np
import pytest

pytest.importorskip("serial")
pytest.importorskip("dynamixel_sdk")
pytest.importorskip("scservo_sdk")

from playground_amp.hardware.calibration import steps
from playground_amp.hardware.calibration.bench import Bench, open_bench
from playground_amp.hardware.calibration.imu_axes import mounting_from, read_gravities
from playground_amp.hardware.imu import ImuReading
from playground_amp.robot.robot import load_robot
from playground_amp.rotations import conjugate, multiply
from playground_amp.twin.control import ask
from playground_amp.twin.live import Twin
from playground_amp.twin.nominal import hardware_of_robot
from playground_amp.twin.positive_motion import facts_of_robot
from playground_amp.twin.world import World

ROBOT = load_robot("wildrobot")
JOINTS = ("left_hip_roll", "right_hip_pitch")


class Lain:
    """Somebody who puts the robot into the poses that are asked for; what its IMU then says."""

    failure = None
    BASES: ClassVar = {
        "upright": (1.0, 0.0, 0.0, 0.0),
        "face down": (np.sqrt(0.5), 0.0, np.sqrt(0.5), 0.0),  # wxyz: x points to the floor
        "left side down": (np.sqrt(0.5), -np.sqrt(0.5), 0.0, 0.0),  # y does
    }

    def __init__(self, world: World):
        self._world = world

    def answer(self, question: str) -> str:
        (base,) = [base for pose, base in self.BASES.items() if f"pose {pose}:" in question]
        self._world.body.data.qpos[3:7] = base
        return ""

    def tell(self, text: str) -> None:
        raise AssertionError(text)

    @property
    def reading(self) -> ImuReading:
        sample = self._world.measure()
        return ImuReading(tuple(sample.orientation), tuple(sample.gyro), 0.0, 0.0)


@pytest.mark.parametrize("seed", [3, 4])
def test_three_poses_find_how_the_imu_of_a_twin_is_mounted(seed: int) -> None:
    written = hardware_of_robot(ROBOT, seed)
    person = Lain(World(ROBOT, written, lambda port, data: None, seed=seed))
    gravities = read_gravities(person, person, sleep=lambda _: None, clock=lambda: 0.0)
    found = mounting_from(gravities, facts_of_robot(ROBOT).imu_in_base)
    w, *_ = multiply(np.array(found), conjugate(np.array(written.imu.mounting)))
    assert 2 * np.arccos(min(abs(w), 1.0)) < 0.005  # rad; it leans by up to 13 degrees


class Onlooker:
    """Sees which way a joint goes while it is being asked about, by looking at the truth every now and then."""

    def __init__(self, control_port: int) -> None:
        self.control_port, self.seen = control_port, []

    def positions(self) -> dict[str, float]:
        answer = ask(self.control_port, {"do": "state"})["position"]
        assert isinstance(answer, dict)
        return answer

    def tell(self, text: str) -> None:
        pass

    def answer(self, question: str) -> str:
        if "went and came back" not in question:
            return "yes"
        joint = question.split()[0]
        path = [positions[joint] - self.seen[0][joint] for positions in self.seen]
        self.seen = []
        return "yes" if max(path, key=abs) > 0 else "no"


@pytest.mark.slow
@pytest.mark.skipif(os.getloadavg()[0] > 4, reason="in real time, on a machine that has time")
@pytest.mark.parametrize("protocol", ["hiwonder", "dynamixel", "feetech"])
def test_a_servo_that_was_mounted_anew_is_calibrated(protocol: str, monkeypatch: pytest.MonkeyPatch) -> None:
    faults = [f"wrong_sign:{JOINTS[1]}", f"zero_off:{JOINTS[0]}=10"]
    with Twin(ROBOT, hardware_of_robot(ROBOT, 3, protocol=protocol), faults=faults) as twin:
        person, facts = Onlooker(twin.control_port), facts_of_robot(ROBOT)

        def look_on(seconds: float) -> None:
            time.sleep(seconds)
            person.seen.append(person.positions())

        def watched(boards, counts) -> Bench:
            return Bench(open_bench(boards, counts).lines, counts, look_on)

        monkeypatch.setattr(steps, "open_bench", watched)
        found = steps.directions_step(person, twin.hardware, facts, "moving", JOINTS)
        time.sleep(1.0)
        hanging = {joint: person.positions()[joint] for joint in JOINTS}  # what a jig would say
        found, _ = steps.zeros_step(person, found, facts, hanging)
        for joint in JOINTS:
            built = twin.world.servos[joint].built
            assert found.servos[joint].direction == built.direction
            assert found.servos[joint].angle(built.center) == pytest.approx(built.angle_at_center, abs=2 * built.count)
