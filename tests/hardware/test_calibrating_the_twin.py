"""Drivers and calibration end to end: pseudo-terminals, three protocols' bytes, MuJoCo's body, a person who sees."""

import os
import time

import pytest

pytest.importorskip("serial")
pytest.importorskip("dynamixel_sdk")
pytest.importorskip("scservo_sdk")

from playground_amp.hardware.calibration import steps
from playground_amp.hardware.calibration.bench import Bench, open_bench
from playground_amp.robot.robot import load_robot
from playground_amp.twin.control import ask
from playground_amp.twin.live import Twin
from playground_amp.twin.nominal import hardware_of_robot
from playground_amp.twin.positive_motion import facts_of_robot

ROBOT = load_robot("wildrobot")
JOINTS = ("left_hip_roll", "right_hip_pitch")


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
