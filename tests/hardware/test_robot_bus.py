"""The whole bus over pseudo-terminals, with servos of a few lines behind them."""

import math
import os
import struct
import threading
import time
import tty
from collections.abc import Iterator

import numpy as np
import pytest

pytest.importorskip("serial")

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import (
    BoardSetup,
    HardwareFile,
    ImuSetup,
    Limits,
    ServoSetup,
    SwitchSetup,
)
from playground_amp.hardware.hiwonder import FrameReader, frame
from playground_amp.hardware.robot_bus import RobotBus
from playground_amp.hardware.shtp import (
    GAME_ROTATION_VECTOR,
    GYROSCOPE,
    INPUT_REPORTS,
    Packet,
    Report,
    encode_packet,
    encode_report,
    encode_time_base,
)

COUNT = math.tau / 1500
HALF = math.sqrt(0.5)


class Servos(threading.Thread):
    """Answer, and go at once where they are told to."""

    def __init__(self, counts: dict[int, int]) -> None:
        super().__init__(daemon=True)
        self.counts, self.stiff = counts, True
        self.line, self._theirs = os.openpty()
        tty.setraw(self._theirs)
        self.port = os.ttyname(self._theirs)

    def run(self) -> None:
        reader = FrameReader()
        try:
            while True:
                for asked in reader.feed(os.read(self.line, 1000)):
                    self._answer(asked)
        except OSError:
            return

    def _answer(self, asked) -> None:
        match asked.command:
            case 0x01:
                self.counts[asked.id] = struct.unpack("<hH", asked.parameters)[0]
            case 0x1F:
                self.stiff = asked.parameters == b"\1"
            case 0x1C:
                os.write(self.line, frame(asked.id, 0x1C, struct.pack("<h", self.counts[asked.id])))
            case 0x1B:
                os.write(self.line, frame(asked.id, 0x1B, struct.pack("<H", 11100)))
            case 0x1A:
                os.write(self.line, frame(asked.id, 0x1A, b"\x28"))

    def unplug(self) -> None:
        os.close(self._theirs)
        os.close(self.line)


class Imu(threading.Thread):
    """A sensor turned by 90 degrees about its x-axis, that turns about its own z."""

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.line, theirs = os.openpty()
        tty.setraw(theirs)
        self.port = os.ttyname(theirs)
        self.stopping = False

    def run(self) -> None:
        gyro = Report(GYROSCOPE, (0.0, 0.0, 0.5), 0.0)
        turned = Report(GAME_ROTATION_VECTOR, (HALF, HALF, 0.0, 0.0), 0.0)
        while not self.stopping:
            cargo = encode_time_base(0.001) + encode_report(gyro, 0) + encode_report(turned, 0)
            os.write(self.line, encode_packet(Packet(INPUT_REPORTS, 0, cargo)))
            time.sleep(0.005)


def hardware(left: str, right: str, imu: str) -> HardwareFile:
    return HardwareFile(
        robot="two",
        boards={"left": BoardSetup("hiwonder", left, 115200), "right": BoardSetup("hiwonder", right, 115200)},
        servos={
            "right_knee": ServoSetup("right", 1, 1, 520, 0.0, COUNT),
            "left_knee": ServoSetup("left", 1, -1, 480, 0.5, COUNT),
        },
        counts_per_turn=1500.0,
        count_range=(0, 1000),
        speed="differenced",
        imu=ImuSetup("bno085_uart", imu, 3_000_000, (HALF, HALF, 0.0, 0.0)),
        switches=SwitchSetup("none"),
        limits=Limits(9.6, 70.0),
    )


@pytest.fixture
def robot() -> Iterator[tuple[RobotBus, Servos, Servos]]:
    left, right, imu = Servos({1: 580}), Servos({1: 500}), Imu()
    for thread in (left, right, imu):
        thread.start()
    with RobotBus(hardware(left.port, right.port, imu.port)) as bus:
        yield bus, left, right
    imu.stopping = True


def test_a_snapshot_has_angles_in_the_files_order_and_the_imu_in_the_models_frame(robot) -> None:
    bus, _, _ = robot
    snapshot = bus.wait_for_readings()
    assert list(snapshot.counts) == [500.0, 580.0]
    assert snapshot.sensors.joint_position == pytest.approx({"right_knee": -20 * COUNT, "left_knee": 0.5 - 100 * COUNT})
    assert snapshot.sensors.joint_velocity == {"right_knee": 0.0, "left_knee": 0.0}
    assert np.all(snapshot.joint_age < 0.1)
    assert snapshot.imu_age < 0.1
    # Mounted turned by 90 degrees about x: the model's frame is upright, and the sensor's z is its -y.
    assert abs(np.asarray(snapshot.sensors.orientation)[0]) == pytest.approx(1.0, abs=1e-3)
    assert snapshot.sensors.gyro == pytest.approx((0.0, -0.5, 0.0), abs=2e-3)
    assert not snapshot.switches.any()
    assert snapshot.failures == {}
    time.sleep(0.3)
    assert bus.snapshot().voltage == pytest.approx([11.1, 11.1])
    assert bus.snapshot().temperature == pytest.approx([40.0, 40.0])
    assert bus.snapshot().counters["left"].reads > 20


def test_targets_reach_their_servos_in_counts_and_within_their_range(robot) -> None:
    bus, left, right = robot
    bus.wait_for_readings()
    bus.hold()
    bus.write({"left_knee": 0.5 + 30 * COUNT, "right_knee": 9.0})
    time.sleep(0.05)
    assert (left.counts[1], right.counts[1]) == (450, 1000)
    assert bus.read().joint_position["left_knee"] == pytest.approx(0.5 + 30 * COUNT)


def test_all_are_limp_within_twenty_milliseconds(robot) -> None:
    bus, left, right = robot
    bus.hold()
    time.sleep(0.05)
    began = time.perf_counter()
    assert bus.relax(wait=0.5)
    assert time.perf_counter() - began < 0.1  # 20 ms where the machine is not full of other work
    time.sleep(0.02)
    assert not left.stiff
    assert not right.stiff


def test_a_line_that_is_unplugged_is_told_and_the_others_go_on(robot) -> None:
    bus, left, _ = robot
    bus.wait_for_readings()
    left.unplug()
    time.sleep(0.1)
    snapshot = bus.snapshot()
    assert list(snapshot.failures) == ["left"]
    assert "line is gone" in snapshot.failures["left"]
    assert snapshot.joint_age[0] < 0.05 < snapshot.joint_age[1]
    assert not bus.relax()


def test_a_port_that_is_not_there_is_told() -> None:
    for port, why in (("/dev/none", "No such file or directory"), ("/dev/null", "it is no serial port")):
        with pytest.raises(UserError, match=f"port {port} cannot be opened: {why}"):
            RobotBus(hardware(port, port, port))
