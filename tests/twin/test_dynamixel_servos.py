"""Dynamixel 2.0's other end, against the frames that ROBOTIS' e-Manual shows byte by byte, and others by hand."""

import numpy as np
import pytest
from twin_parts import Bench

from playground_amp.hardware.hardware_file import ServoSetup
from playground_amp.twin.dynamixel_servos import DynamixelServos, crc16, status

COUNT = 2 * np.pi / 4096
BYTE = 1e-5  # s
READ_POSITION = "FF FF FD 00 01 07 00 02 84 00 04 00 1D 15"
POSITION_1, POSITION_2 = "FF FF FD 00 01 08 00 55 00 A6 00 00 00 8C C0", "FF FF FD 00 02 08 00 55 00 1F 08 00 00 BA BE"
DONE = "FF FF FD 00 01 04 00 55 00 A1 0C"


def said(content: bytes) -> str:
    return content.hex(" ").upper()


@pytest.fixture
def bench() -> Bench:
    """Servos 1 and 2 at 166 and 2079 counts, where the e-Manual's examples find them."""
    setups = [ServoSetup("leg", 1, 1, 2048, 0.0, COUNT), ServoSetup("leg", 2, 1, 2048, 0.0, COUNT)]
    return Bench(DynamixelServos, setups, (0, 4095), [(166 - 2048) * COUNT, (2079 - 2048) * COUNT], 1_000_000, 0.001)


def test_the_manuals_examples(bench: Bench) -> None:
    assert said(status(1, 0, bytes.fromhex("06 04 26"))) == "FF FF FD 00 01 07 00 55 00 06 04 26 65 5D"  # ping's
    assert said(bench.hears(READ_POSITION)) == POSITION_1
    assert said(bench.hears("FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA", 1.0)) == f"{POSITION_1} {POSITION_2}"
    assert said(bench.hears("FF FF FD 00 01 09 00 03 74 00 00 02 00 00 CA 89", 2.0)) == DONE
    assert bench.servos[0].goal == 512
    both = "FF FF FD 00 FE 11 00 83 74 00 04 00 01 96 00 00 00 02 AA 00 00 00 82 87"
    assert bench.hears(both, 3.0) == b""
    assert [servo.goal for servo in bench.servos] == [0x96, 0xAA]


def test_ping_finds_each_servo(bench: Bench) -> None:
    # Model 1200 = 0x04B0, firmware 46 = 0x2E.
    answer = said(bench.hears("FF FF FD 00 01 03 00 01 19 4E"))
    assert answer.startswith("FF FF FD 00 01 07 00 55 00 B0 04 2E")
    assert said(bench.hears("FF FF FD 00 FE 03 00 01 31 42", 1.0)).count("00 55 00 B0 04 2E") == 2


def test_a_group_answers_one_after_the_other(bench: Bench) -> None:
    bench.hears("FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA")
    first, second = (time for time, _ in bench.said)
    assert first == pytest.approx(16 * BYTE + 0.001 + 15 * BYTE)
    assert second - first == pytest.approx((1 + 15) * BYTE)


def test_behind_a_dead_servo_nobody_answers(bench: Bench) -> None:
    bench.servos[0].die(True)
    assert bench.hears("FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA") == b""
    bench.servos[0].die(False)
    bench.servos[1].die(True)
    assert said(bench.hears("FF FF FD 00 FE 09 00 82 84 00 04 00 01 02 CE FA", 1.0)) == POSITION_1


def frame(id: int, *content: int) -> str:
    body = b"\xff\xff\xfd\x00" + bytes([id, len(content) + 2, 0, *content])
    return (body + crc16(body).to_bytes(2, "little")).hex()


def test_speed_voltage_and_temperature(bench: Bench) -> None:
    bench.joints.speeds[0] = -1.0  # rad/s = -9.5493 /min = -41.7 × 0.229 /min: -42
    assert bench.hears(frame(1, 2, 128, 0, 4, 0))[9:13] == (-42).to_bytes(4, "little", signed=True)
    assert bench.hears(frame(1, 2, 144, 0, 3, 0), 1.0)[9:12] == bytes([121, 0, 31])  # 12.1 V, 31 °C
    assert bench.hears(frame(1, 2, 128, 0, 11, 0), 2.0)[13:17] == (166).to_bytes(4, "little")  # any range


def test_torque_on_stays_where_it_is(bench: Bench) -> None:
    bench.hears(frame(1, 3, 116, 0, 0, 8, 0, 0))  # a goal for a limp servo does not make it stiff
    assert bench.joints.stiff == [False, False]
    assert said(bench.hears(frame(1, 3, 64, 0, 1), 1.0)) == DONE
    assert (bench.joints.stiff, bench.servos[0].goal) == ([True, False], 166)
    assert bench.hears(frame(0xFE, 3, 64, 0, 0), 2.0) == b""  # to all: nobody answers
    assert bench.joints.stiff == [False, False]


def test_a_profile_limits_the_speed(bench: Bench) -> None:
    bench.hears(frame(1, 3, 112, 0, 100, 0, 0, 0))  # 100 × 0.229 /min = 1563 counts/s
    bench.hears(frame(1, 3, 116, 0, 166, 4, 0, 0), 1.0)  # 166 + 1024 - 0
    assert bench.joints.orders[-1][3] == pytest.approx((4 * 256 + 166 - 166) / (100 * 0.229 / 60 * 4096))


def test_mistakes_are_told(bench: Bench) -> None:
    assert bench.hears(frame(1, 0x77))[8] == 2  # instruction
    assert bench.hears(frame(1, 2, 0, 4, 4, 0), 1.0)[8] == 4  # beyond the table
    assert bench.hears(frame(1, 3, 116, 0, 0, 0x20, 0, 0), 2.0)[8] == 6  # 8192 counts
    bench.hears(frame(1, 3, 64, 0, 1), 3.0)
    assert bench.hears(frame(1, 3, 7, 0, 9), 4.0)[8] == 7  # an id while it is stiff
    assert bench.servos[0].id == 1


def test_what_is_no_frame_is_left_aside(bench: Bench) -> None:
    assert bench.hears(READ_POSITION.replace("1D 15", "1D 16")) == b""
    assert said(bench.hears("FF FF FD 00 01 FF" + READ_POSITION, 1.0)) == POSITION_1  # no frame is as long as that
    assert said(bench.hears("00 FF FF" + READ_POSITION, 2.0)) == POSITION_1


def test_a_header_within_a_frame_is_stuffed() -> None:
    assert status(1, 0, b"\xff\xff\xfd")[8:-2] == b"\x00\xff\xff\xfd\xfd"
    assert status(1, 0, b"\xff\xff\xfd")[5] == 3 + 5
