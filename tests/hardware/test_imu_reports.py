import math
import random
import struct
import time

import pytest

from playground_amp.hardware.imu import UartImu
from playground_amp.hardware.shtp import (
    GAME_ROTATION_VECTOR,
    GYROSCOPE,
    INPUT_REPORTS,
    Packet,
    PacketReader,
    Report,
    encode_packet,
    encode_report,
    encode_time_base,
    reports_in,
    set_feature,
)

# By hand. Time base 2 ms: FB 14000000. Gyro (1, -0.5, 0) rad/s in 2^-9: 512 = 0200, -256 = FF00; with delay 0.
# Quaternion about z by 90°: z = w = 0.70711 × 16384 = 11585 = 2D41.
CARGO = bytes.fromhex("FB 14 00 00 00  02 07 03 00 00 02 00 FF 00 00  08 07 03 00 00 00 00 00 41 2D 41 2D")
FRAME = bytes.fromhex("7E 01") + bytes((len(CARGO) + 4, 0, 3, 9)) + CARGO + b"\x7e"
HALF = math.sqrt(0.5)


def test_a_packet_worked_out_by_hand_is_read_and_written() -> None:
    (packet,) = PacketReader().feed(FRAME)
    assert packet == Packet(3, 9, CARGO)
    assert encode_packet(packet) == FRAME
    gyro, turned = reports_in(packet.cargo)
    assert gyro == (GYROSCOPE, (1.0, -0.5, 0.0), pytest.approx(0.002))
    assert turned.id == GAME_ROTATION_VECTOR
    assert turned.values == pytest.approx((HALF, 0.0, 0.0, HALF), abs=1e-4)
    written = encode_time_base(0.002) + encode_report(gyro, 7) + encode_report(turned, 7)
    assert written == CARGO


def test_flags_inside_a_packet_are_escaped() -> None:
    assert encode_packet(Packet(2, 0x7E, b"\x7d\x01")) == bytes.fromhex("7E 01 06 00 02 7D 5E 7D 5D 01 7E")
    assert PacketReader().feed(bytes.fromhex("7E 01 06 00 02 7D 5E 7D 5D 01 7E")) == [Packet(2, 0x7E, b"\x7d\x01")]


def test_what_asks_for_a_report_a_hundred_times_a_second() -> None:
    assert set_feature(8, 100.0) == bytes.fromhex("FD 08 00 00 00 10 27 00 00 00 00 00 00 00 00 00 00")  # 2710: 10 ms


def test_a_report_delayed_in_the_sensor_is_younger_than_its_time_base() -> None:
    (report,) = reports_in(encode_time_base(0.02) + bytes((2, 0, 3 | 1 << 2, 0x10)) + struct.pack("<3h", 1, 2, 3))
    assert report.age == pytest.approx(0.02 - (0x110 * 1e-4))


@pytest.mark.parametrize("seed", range(3))
def test_cut_packets_are_no_packets(seed: int) -> None:
    draw = random.Random(seed)
    reader, sent, found = PacketReader(), [], []
    for number in range(200):
        packet = Packet(3, number, draw.randbytes(draw.randrange(1, 30)))
        data = encode_packet(packet)
        if draw.random() < 0.2:
            place = draw.randrange(2, len(data) - 1)
            data = data[:place] + data[place + 1 :]
        else:
            sent.append(packet)
        if draw.random() < 0.2:
            data = bytes(byte for byte in draw.randbytes(9) if byte != 0x7E) + data
        found += [it for piece in (data[:4], data[4:]) for it in reader.feed(piece)]
    assert set(sent) <= set(found)
    assert len(found) <= len(sent) + 4  # a length is all that tells a cut packet


class Sensor:
    """A port that hands out a frame whenever it is read."""

    def __init__(self) -> None:
        self.asked: list[bytes] = []
        self.report = Report(GAME_ROTATION_VECTOR, (HALF, 0.0, 0.0, HALF), 0.0)
        self.closed = False

    def write(self, data: bytes) -> None:
        self.asked.append(data)

    def read(self, seconds: float) -> bytes:
        time.sleep(0.001)
        gyro = Report(GYROSCOPE, (0.1, 0.2, 0.3), 0.0)
        return encode_packet(Packet(INPUT_REPORTS, 0, encode_report(gyro, 0) + encode_report(self.report, 0)))

    def close(self) -> None:
        self.closed = True


def test_the_worker_asks_for_its_reports_and_keeps_the_newest() -> None:
    sensor = Sensor()
    imu = UartImu(sensor, rate=100.0)
    imu.start()
    until = time.perf_counter() + 5.0  # on a busy machine
    while imu.reading.taken == -math.inf and time.perf_counter() < until:
        time.sleep(0.005)
    reading = imu.reading
    assert reading.orientation == pytest.approx((HALF, 0, 0, HALF), abs=1e-3)
    assert reading.gyro == pytest.approx((0.1, 0.2, 0.3), abs=2e-3)
    assert time.perf_counter() - reading.taken < 0.05
    sensor.report = Report(GAME_ROTATION_VECTOR, (1.0, 1.0, 0.0, 0.0), 0.0)  # no rotation: damage
    time.sleep(0.05)
    assert imu.reading.orientation == pytest.approx((HALF, 0, 0, HALF), abs=1e-3)
    assert imu.reading.orientation_taken < time.perf_counter() - 0.03
    imu.stop()
    imu.join()
    assert b"".join(sensor.asked).count(bytes((0xFD, 8))) == b"".join(sensor.asked).count(bytes((0xFD, 2))) == 1
    assert sensor.closed
    assert imu.failure is None
