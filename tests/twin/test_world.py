"""The twin without clocks: bytes at given times in, bytes at given times out, and the robot behind them."""

import numpy as np
import pytest

from playground_amp import rotations
from playground_amp.errors import UserError
from playground_amp.robot.robot import load_robot
from playground_amp.twin.framing import complement
from playground_amp.twin.imu_chip import framed
from playground_amp.twin.nominal import hardware_of_robot
from playground_amp.twin.world import IMU, PROTOCOLS, World

ROBOT = load_robot("wildrobot")
HARDWARE = hardware_of_robot(ROBOT, 5)


class Driven:
    """A world whose time the test tells."""

    def __init__(self, **how: bool) -> None:
        self.said: list[tuple[float, str, bytes]] = []
        self.world = World(ROBOT, HARDWARE, self._hear, **how)
        self.now = 0.0

    def _hear(self, port: str, data: bytes) -> None:
        self.said.append((self.world.agenda.now, port, data))

    def run(self, seconds: float) -> None:
        self.now += seconds
        self.world.advance(self.now)

    def move_home(self, milliseconds: int) -> None:
        for name, angle in zip(ROBOT.joint_names, ROBOT.home_joint_position, strict=True):
            servo = HARDWARE.servos[name]
            counts = servo.counts(angle).to_bytes(2, "little") + milliseconds.to_bytes(2, "little")
            self.tell(servo.board, servo.id, 1, counts)

    def tell(self, board: str, id: int, command: int, parameters: bytes = b"") -> None:
        content = bytes([id, len(parameters) + 3, command]) + parameters
        self.world.receive(board, b"\x55\x55" + content + bytes([complement(content)]), self.now)


def test_limp_legs_hang_down() -> None:
    driven = Driven()
    driven.run(2.0)
    knee = ROBOT.joint_names.index("left_knee_pitch")
    assert abs(driven.world.body.joint_position[knee]) < 0.1  # 0.49 at home
    assert driven.world.body.data.qpos[2] > ROBOT.standing_height
    assert not any(driven.world.body.switches)


def test_damped_servos_let_a_limb_down_slowly() -> None:
    knee, angles = ROBOT.joint_names.index("left_knee_pitch"), []
    for damped in (False, True):
        driven = Driven(damped=damped)
        driven.run(0.2)
        angles.append(driven.world.body.joint_position[knee])
    assert abs(ROBOT.home_joint_position[knee] - angles[1]) < 0.5 * abs(ROBOT.home_joint_position[knee] - angles[0])


def test_the_stand_lets_a_stiff_robot_down_and_it_stands() -> None:
    driven = Driven()
    driven.run(0.5)
    driven.move_home(500)
    driven.run(0.4)
    assert driven.world.stand.state == "held"
    driven.run(3.6)
    body = driven.world.body
    assert driven.world.stand.state == "free"
    assert body.data.qpos[2] == pytest.approx(ROBOT.standing_height, abs=0.01)
    assert all(body.switches)
    for board in HARDWARE.boards:
        driven.tell(board, 0xFE, 0x1F, b"\0")
    driven.run(1.5)
    assert body.data.qpos[2] < 0.7 * ROBOT.standing_height  # limp, it has sunk
    driven.world.stand.lift(driven.now, body.data.qpos[:7].copy())
    driven.run(4.0)
    assert driven.world.stand.state == "held"
    assert body.data.qpos[2] > ROBOT.standing_height
    assert body.data.qpos[3] ** 2 + body.data.qpos[6] ** 2 == pytest.approx(1.0)


def test_it_is_held_until_it_is_told_to_be_let_go() -> None:
    driven = Driven(auto_release=False)
    driven.move_home(0)
    driven.run(3.0)
    assert driven.world.stand.state == "held"
    driven.world.stand.release(driven.now)
    driven.run(2.0)
    assert driven.world.stand.state == "free"


def test_a_move_with_a_time_is_even() -> None:
    driven = Driven(auto_release=False)
    driven.run(1.0)
    knee = ROBOT.joint_names.index("left_knee_pitch")
    driven.move_home(0)
    driven.run(1.0)
    servo = HARDWARE.servos["left_knee_pitch"]
    driven.tell(servo.board, servo.id, 1, servo.counts(1.2).to_bytes(2, "little") + (2000).to_bytes(2, "little"))
    halfway = 0.5 * (servo.angle(servo.counts(ROBOT.home_joint_position[knee])) + 1.2)
    driven.run(1.0)
    assert driven.world.body.joint_position[knee] == pytest.approx(halfway, abs=0.05)
    driven.run(2.0)
    assert driven.world.body.joint_position[knee] == pytest.approx(1.2, abs=0.05)


def test_a_target_acts_from_its_arrival_on() -> None:
    """Two robots get the same target within one physics step; the one that gets it sooner is ahead."""
    moved = []
    for wait in (0.0, 0.001):
        driven = Driven(auto_release=False)
        driven.move_home(0)
        driven.run(1.0 + wait)
        knee = ROBOT.joint_names.index("left_knee_pitch")
        servo = HARDWARE.servos["left_knee_pitch"]
        driven.tell(servo.board, servo.id, 1, servo.counts(1.0).to_bytes(2, "little") + b"\0\0")
        driven.run(0.03 - wait)
        moved.append(driven.world.body.joint_position[knee])
    assert moved[0] - moved[1] > 0.001


def test_a_read_takes_as_long_as_robot_yaml_says() -> None:
    driven = Driven()
    servo = HARDWARE.servos["left_hip_roll"]
    driven.run(1.0)
    driven.said.clear()
    driven.tell(servo.board, servo.id, 0x1C)
    driven.run(0.01)
    ((time, port, data),) = driven.said
    assert ROBOT.hardware is not None
    assert (port, len(data)) == ("left_leg", 8)
    assert time - 1.0 == pytest.approx(ROBOT.hardware.read_time)


def test_writes_and_reads_of_a_round_add_up_to_its_time() -> None:
    driven = Driven()
    ids = [servo.id for servo in HARDWARE.servos.values() if servo.board == "left_leg"]
    driven.run(1.0)
    driven.said.clear()
    for id in ids:
        driven.tell("left_leg", id, 1, (500).to_bytes(2, "little") + b"\0\0")
    for id in ids:
        driven.tell("left_leg", id, 0x1C)
        while len(driven.said) < id:
            driven.run(0.0001)
    assert ROBOT.hardware is not None
    round_time = 5 * (ROBOT.hardware.read_time + ROBOT.hardware.write_time)
    assert driven.said[-1][0] - 1.0 == pytest.approx(round_time, rel=0.05)  # 22.7 ms


def test_the_imu_tells_gravity_through_its_mounting() -> None:
    driven = Driven()
    driven.run(0.2)
    feature = bytes([0xFD, 0x08, 0, 0, 0]) + (10_000).to_bytes(4, "little") + bytes(8)
    driven.world.receive(IMU, framed(1, bytes([0x15, 0, 2, 0]) + feature), driven.now)
    driven.said.clear()
    driven.run(0.1)
    report = driven.said[-1][2].replace(b"\x7d\x5e", b"\x7e").replace(b"\x7d\x5d", b"\x7d")
    x, y, z, w = np.frombuffer(report[-9:-1], "<i2") * 2.0**-14
    in_model = rotations.multiply(np.array([w, x, y, z]), rotations.conjugate(np.array(HARDWARE.imu.mounting)))
    up = rotations.rotate_inverse(np.array([0.0, 0.0, 1.0]), in_model)
    truth = rotations.rotate_inverse(np.array([0.0, 0.0, 1.0]), driven.world.body.imu().orientation)
    assert up == pytest.approx(truth, abs=0.01)


def test_a_push_moves_it_while_it_lasts() -> None:
    driven = Driven()
    driven.move_home(0)
    driven.run(2.5)
    driven.world.body.push(np.array([0.0, 10.0, 0.0]), 0.1)
    driven.run(0.1)
    assert driven.world.body.data.qvel[1] > 0.1
    driven.run(0.01)
    assert driven.world.body.push_w is None


def test_work_heats_and_draws_current() -> None:
    driven = Driven(auto_release=False)
    driven.move_home(0)
    driven.run(1.0)
    supply = driven.world.supply
    assert supply.voltage < supply.full
    supply.pass_time(1000.0, np.full(ROBOT.num_joints, 0.5))
    assert supply.temperature == pytest.approx(np.full(ROBOT.num_joints, 25 + 60 * (1 - np.exp(-1000 / 295))), abs=0.1)
    assert supply.current == pytest.approx(3.0 * 0.5 * ROBOT.num_joints)


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_robot_is_built_for_each_protocol(protocol: str) -> None:
    built = hardware_of_robot(ROBOT, 1, protocol=protocol)
    world = World(ROBOT, built, lambda port, data: None)
    low, high = built.count_range
    for name, servo in world.servos.items():
        joint = ROBOT.joint_names.index(name)
        for limit in (ROBOT.joint_lower[joint], ROBOT.joint_upper[joint]):
            assert low <= servo.built.counts(limit) <= high
    assert {board.protocol for board in built.boards.values()} == {protocol}
    assert {servo.direction for servo in built.servos.values()} == {-1, 1}


def test_a_file_of_another_robot_is_refused() -> None:
    arms = load_robot("wildrobot_arms")
    with pytest.raises(UserError, match="is not of robot wildrobot: joint left_elbow_pitch"):
        World(ROBOT, hardware_of_robot(arms, 1), lambda port, data: None)


def test_a_robot_with_arms_hangs_in_its_stand_too() -> None:
    arms = load_robot("wildrobot_arms")
    world = World(arms, hardware_of_robot(arms, 1), lambda port, data: None)
    for joint, servo in enumerate(world.servos.values()):
        servo.set_torque(True, 0.0)
        servo.go_to(servo.built.counts(arms.home_joint_position[joint]), 0.0, 0.3)
    world.advance(2.5)
    assert world.stand.state == "free"
    assert world.body.data.qpos[2] == pytest.approx(arms.standing_height, abs=0.02)
