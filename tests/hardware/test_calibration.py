"""Calibration against servos in memory whose truth the answers come from: a person who looks."""

import math
from pathlib import Path

import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.hardware.calibration.bench import Bench, ServoPlace
from playground_amp.hardware.calibration.imu_axes import POSES, mounting_from, read_gravities
from playground_amp.hardware.calibration.person import Script, ask
from playground_amp.hardware.calibration.robot_facts import JointFacts, RobotFacts, facts_of_bundle
from playground_amp.hardware.calibration.servos import assign_servos, find_directions, with_ports, with_servos
from playground_amp.hardware.calibration.zeros import pose_called, read_pose, with_zeros
from playground_amp.hardware.hardware_file import (
    BoardSetup,
    HardwareFile,
    ImuSetup,
    Limits,
    ServoSetup,
    SwitchSetup,
)
from playground_amp.hardware.imu import ImuReading
from playground_amp.hardware.line import LineCounters, PositionReading, always
from playground_amp.paths import ROBOTS
from playground_amp.robot.robot import load_robot
from playground_amp.rotations import conjugate, multiply, rotate_inverse
from playground_amp.twin.positive_motion import facts_of_robot

COUNT = math.tau / 1500
TRUTH = {  # as it is built: nothing of it is what the file says at first
    "left_hip": ServoSetup("right", 4, -1, 433, 0.0, COUNT),
    "left_knee": ServoSetup("right", 2, 1, 571, 0.0, COUNT),
    "right_hip": ServoSetup("left", 9, 1, 512, 0.0, COUNT),
}
ROBOT = RobotFacts(
    "two legs",
    tuple(
        JointFacts(name, -0.5, 1.0, home, f"{name} moves forward")
        for name, home in zip(TRUTH, (0.2, -0.3, 0.0), strict=True)
    ),
    np.array([1.0, 0.0, 0.0, 0.0]),
)
HARDWARE = HardwareFile(
    robot="two legs",
    boards={"left": BoardSetup("hiwonder", "/dev/a", 115200), "right": BoardSetup("hiwonder", "/dev/b", 115200)},
    servos={
        name: ServoSetup("right" if name.startswith("right") else "left", number, 1, 500, 0.0, COUNT)
        for number, name in enumerate(TRUTH, 1)
    },
    counts_per_turn=1500.0,
    count_range=(0, 1000),
    speed="differenced",
    imu=ImuSetup("bno085_uart", "/dev/c"),
    switches=SwitchSetup(),
    limits=Limits(9.6, 70.0),
)


class Robot:
    """Joints at angles, behind two lines."""

    def __init__(self) -> None:
        self.angle = dict.fromkeys(TRUTH, 0.1)
        self.moved: list[tuple[str, float]] = []  # joint, rad
        self.limp = True
        self.dead: set[str] = set()
        self.ends: dict[str, float] = {}  # rad
        self.lines = {"left": Line(self, "left"), "right": Line(self, "right")}
        self.bench = Bench(self.lines, (0, 1000), lambda _: None)


class Line:
    """Servos of one board, after the truth."""

    def __init__(self, robot: Robot, board: str) -> None:
        self.robot = robot
        self.joints = {servo.id: joint for joint, servo in TRUTH.items() if servo.board == board}
        self.closed = False
        self.counters = LineCounters()

    def write_positions(self, counts):
        for id, target in counts.items():
            joint = self.joints[id]
            if joint not in self.robot.dead:
                wanted = min(TRUTH[joint].angle(target), self.robot.ends.get(joint, math.inf))
                before, self.robot.angle[joint] = self.robot.angle[joint], wanted
                self.robot.moved.append((joint, self.robot.angle[joint] - before))

    def read_positions(self, ids, go_on=always):
        for id in ids:
            if joint := self.joints.get(id):
                yield PositionReading(id, TRUTH[joint].counts(self.robot.angle[joint]), None, 0.0)

    def read_voltage(self, id):
        return None

    def read_temperature(self, id):
        return None

    def set_torque(self, id, on):
        self.robot.limp = not on

    def ping(self, id):
        return id in self.joints

    def close(self):
        self.closed = True


class Looker:
    """Answers what a person would who sees the joints move, or moves them."""

    def __init__(self, robot: Robot) -> None:
        self.robot, self.said, self.pose = robot, [], {}

    def tell(self, text: str) -> None:
        self.said.append(text)

    def answer(self, question: str) -> str:
        self.said.append(question)
        joint, towards = next(((joint, by) for joint, by in self.robot.moved if abs(by) > 1e-3), ("", 0.0))
        self.robot.moved.clear()
        if question.startswith("Which joint"):
            return joint
        if "turn it by hand" in question:
            self.robot.angle[question.partition(":")[0]] += math.radians(20)
        if "to these angles" in question:
            self.robot.angle |= self.pose
        return "yes" if towards > 0 else "no"


@pytest.mark.parametrize("way", ["moving", "hand"])
def test_ids_boards_and_directions_are_found(way: str) -> None:
    robot = Robot()
    person = Looker(robot)
    with robot.bench as bench:
        found = bench.find(range(12))
        assert found == [ServoPlace("left", 9), ServoPlace("right", 2), ServoPlace("right", 4)]
        assigned = assign_servos(person, bench, found, ROBOT.joints, COUNT, way)
    hardware = with_servos(HARDWARE, assigned)
    # Two left joints answer at the port that was called right: it is the left board's, and the other way round.
    assert hardware.boards == {"left": HARDWARE.boards["right"], "right": HARDWARE.boards["left"]}
    assert {name: (servo.id, servo.direction) for name, servo in hardware.servos.items()} == {
        name: (servo.id, servo.direction) for name, servo in TRUTH.items()
    }
    assert [servo.board for servo in hardware.servos.values()] == ["left", "left", "right"]
    assert robot.limp
    assert all(line.closed for line in robot.lines.values())


@pytest.mark.parametrize("way", ["moving", "hand"])
def test_directions_alone(way: str) -> None:
    robot = Robot()
    places = {name: ServoPlace(servo.board, servo.id) for name, servo in TRUTH.items()}
    found = find_directions(Looker(robot), robot.bench, places, ROBOT.joints, COUNT, way)
    assert found == {"left_hip": -1, "left_knee": 1, "right_hip": 1}


def test_a_servo_near_the_end_of_its_counts_is_moved_the_other_way() -> None:
    robot = Robot()
    robot.angle["left_knee"] = TRUTH["left_knee"].angle(995)
    went = robot.bench.nudge(ServoPlace("right", 2), 33)
    assert went == -33
    assert TRUTH["left_knee"].counts(robot.angle["left_knee"]) == 995


def test_a_joint_at_its_end_is_moved_the_other_way() -> None:
    robot = Robot()
    robot.ends["left_knee"] = robot.angle["left_knee"] + 0.01  # rad
    assert robot.bench.nudge(ServoPlace("right", 2), 33) == pytest.approx(-33, abs=1)
    assert robot.limp


def test_a_servo_that_does_not_move_is_told() -> None:
    robot = Robot()
    robot.dead.add("left_knee")
    places = {"left_knee": ServoPlace("right", 2)}
    with pytest.raises(UserError, match=r"left_knee \(servo 2 of right\) does not move"):
        find_directions(Looker(robot), robot.bench, places, ROBOT.joints[1:2], COUNT, "moving")


def test_the_wrong_joint_in_the_hand_is_told() -> None:
    robot = Robot()
    places = {"left_hip": ServoPlace("right", 2), "left_knee": ServoPlace("right", 4)}
    with pytest.raises(UserError, match="servo 4 of right moved, which the hardware file calls left_knee"):
        find_directions(Looker(robot), robot.bench, places, ROBOT.joints[:1], COUNT, "hand")


def test_too_few_servos_are_told_before_anything_moves() -> None:
    robot = Robot()
    with pytest.raises(UserError, match="2 servos answer, the robot has 3 joints"):
        assign_servos(Looker(robot), robot.bench, robot.bench.find([2, 9]), ROBOT.joints, COUNT, "moving")
    assert robot.moved == []


def test_zeros_come_from_a_pose() -> None:
    robot = Robot()
    person = Looker(robot)
    hardware = HARDWARE._replace(servos={name: servo._replace(center=500) for name, servo in TRUTH.items()})
    person.pose = pose = pose_called("home", ROBOT)
    counts = read_pose(person, robot.bench, hardware, pose)
    found, changes = with_zeros(hardware, ROBOT, pose, counts)
    assert [abs(found.servos[name].center - servo.center) <= 1 for name, servo in TRUTH.items()] == [True] * 3
    assert [change.before for change in changes] == [500] * 3
    assert not any(change.problem for change in changes)
    far, (change,) = with_zeros(hardware, ROBOT, {"left_knee": 0.0}, {"left_knee": 900.0})
    assert far.servos["left_knee"].center == 900
    assert "its range needs counts 781 to 1139, the servo has 0 to 1000" in change.problem


def test_a_pose_is_home_zero_or_a_file(tmp_path: Path) -> None:
    assert pose_called("home", ROBOT) == {"left_hip": 0.2, "left_knee": -0.3, "right_hip": 0.0}
    assert set(pose_called("zero", ROBOT).values()) == {0.0}
    path = tmp_path / "jig.yaml"
    path.write_text("left_knee: 0.5  # the jig's\n")
    assert pose_called(str(path), ROBOT) == {"left_knee": 0.5}
    path.write_text("left_kne: 0.5\n")
    with pytest.raises(UserError, match="there is no key 'left_kne': did you mean left_knee"):
        pose_called(str(path), ROBOT)


class FakeImu:
    """A sensor that is mounted somehow on a robot that lies somehow."""

    failure = None

    def __init__(self, mounting: np.ndarray) -> None:
        self.mounting, self.base = mounting, np.array([1.0, 0.0, 0.0, 0.0])

    @property
    def reading(self) -> ImuReading:
        return ImuReading(tuple(multiply(self.base, self.mounting)), (0.0, 0.0, 0.0), 0.0, 0.0)


class Layer:
    """Lays the robot as it is asked to, some degrees off."""

    def __init__(self, imu: FakeImu, poses: list[np.ndarray]) -> None:
        self.imu, self.poses = imu, iter(poses)

    def tell(self, text: str) -> None:
        pass

    def answer(self, question: str) -> str:
        self.imu.base = next(self.poses)
        return ""


def about(axis: tuple[float, float, float], degrees: float) -> np.ndarray:
    half = math.radians(degrees) / 2
    return np.array([math.cos(half), *(math.sin(half) * part for part in axis)])


LYING = [about((0, 0, 1), 30), about((0, 1, 0), 84), multiply(about((0, 0, 1), 50), about((1, 0, 0), -95))]


def test_the_imus_axes_come_from_three_poses() -> None:
    for gravity, lying in zip([g for _, g in POSES], LYING, strict=True):  # that they are the poses that are asked for
        assert rotate_inverse(np.array([0.0, 0.0, -1.0]), lying) @ np.array(gravity) > 0.99
    mounting = multiply(about((0, 0, 1), 90), about((0.6, 0.8, 0), 12))
    imu = FakeImu(mounting)
    in_base = about((0, 1, 0), 10)  # the model's IMU leans, too
    imu.mounting = multiply(in_base, mounting)
    gravities = read_gravities(Layer(imu, LYING), imu, lambda _: None, lambda: 0.0)
    found = np.array(mounting_from(gravities, in_base))
    off = multiply(found, conjugate(mounting))
    assert 2 * math.degrees(math.acos(min(abs(off[0]), 1.0))) < 6.0  # the person lays it 5 degrees off
    level = rotate_inverse(np.array([0.0, 0.0, -1.0]), in_base)
    seen = rotate_inverse(np.array([0.0, 0.0, -1.0]), multiply(multiply(in_base, mounting), conjugate(found)))
    assert math.degrees(math.acos(min(float(level @ seen), 1.0))) < 0.2  # upright is exact


def test_a_pose_the_other_way_round_is_told() -> None:
    imu = FakeImu(about((0, 0, 1), 90))
    wrong = [LYING[0], about((0, 1, 0), -90), LYING[2]]  # on its back
    gravities = read_gravities(Layer(imu, wrong), imu, lambda _: None, lambda: 0.0)
    with pytest.raises(UserError, match="the three poses do not fit each other"):
        mounting_from(gravities, np.array([1.0, 0.0, 0.0, 0.0]))


def test_a_silent_imu_is_told() -> None:
    imu = FakeImu(np.array([1.0, 0.0, 0.0, 0.0]))
    with pytest.raises(UserError, match="the IMU sends nothing"):
        read_gravities(Layer(imu, LYING), imu, lambda _: None, lambda: 5.0)


def test_answers_are_asked_for_again_until_they_fit() -> None:
    script = Script(["# comment", "perhaps", "y"])
    assert ask(script, "So? ", ("yes", "no")) == "yes"
    with pytest.raises(UserError, match="the answers end before the question: And\\?"):
        ask(script, "And? ", ("yes", "no"))


def test_more_ports_than_boards_are_taken() -> None:
    boards = with_ports(HARDWARE, ["/dev/1", "/dev/2", "/dev/3"]).boards
    assert [board.port for board in boards.values()] == ["/dev/1", "/dev/2", "/dev/3"]


def test_a_bundle_and_the_robots_folder_tell_the_same() -> None:
    of_folder = facts_of_robot(load_robot("wildrobot"))
    of_bundle = facts_of_bundle(ROBOTS / "wildrobot" / "policy")
    assert of_bundle.joint_names == of_folder.joint_names
    assert of_bundle.name == of_folder.name
    for a, b in zip(of_bundle.joints, of_folder.joints, strict=True):
        assert a[1:4] == pytest.approx(b[1:4], abs=1e-6)
    assert of_bundle.imu_in_base == pytest.approx(of_folder.imu_in_base)
    seen = {joint.name: joint.positive for joint in of_folder.joints}
    # About +y, which points to the left, a knee bends: the foot goes backward.
    assert seen["left_knee_pitch"].endswith("moves backward")
    assert seen["waist_yaw"].startswith("torso turns to the left")
