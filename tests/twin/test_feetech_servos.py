"""Feetech's other end, against frames worked out by hand: the checksum is ~(sum of all behind the header) & 0xFF."""

import numpy as np
import pytest
from twin_parts import Bench

from playground_amp.hardware.hardware_file import ServoSetup
from playground_amp.twin.feetech_servos import FeetechServos

COUNT = 2 * np.pi / 4096


def said(content: bytes) -> str:
    return content.hex(" ").upper()


@pytest.fixture
def bench() -> Bench:
    """Servos 1 and 2 at 1304 and 2000 counts; the second turns the other way."""
    setups = [ServoSetup("leg", 1, 1, 2048, 0.0, COUNT), ServoSetup("leg", 2, -1, 2048, 0.0, COUNT)]
    return Bench(FeetechServos, setups, (0, 4095), [(1304 - 2048) * COUNT, 48 * COUNT], 1_000_000, 0.001)


def test_ping_and_a_position(bench: Bench) -> None:
    assert said(bench.hears("FF FF 01 02 01 FB")) == "FF FF 01 02 00 FC"
    assert said(bench.hears("FF FF 01 04 02 38 02 BE", 1.0)) == "FF FF 01 04 00 18 05 DD"  # 1304 = 0x0518


def test_a_group_is_read_in_its_order(bench: Bench) -> None:
    bench.joints.speeds[:] = [-1.0, -1.0]  # rad/s: 651.9 counts/s, -652 = 0x828C and, the other way, 652 = 0x028C
    # Load 0.5 is 500 = 0x01F4, and with its sign in bit 10, 0x05F4; 12.1 V = 0x79; 31 °C = 0x1F.
    # ~(01 + 0A + 00 + 18 + 05 + 8C + 82 + F4 + 01 + 79 + 1F) = ~0x2C3 = 3C; servo 2: 2000 = 0x07D0, ~0x2F9 = 06.
    first, second = "FF FF 01 0A 00 18 05 8C 82 F4 01 79 1F 3C", "FF FF 02 0A 00 D0 07 8C 02 F4 05 79 1F"
    answer = said(bench.hears("FF FF FE 06 82 38 08 01 02 36"))
    assert answer[: len(first)] == first
    assert answer[len(first) + 1 :].startswith(second)
    assert sum(bytes.fromhex(answer[len(first) + 1 :])[2:]) & 0xFF == 0xFF


def test_behind_a_dead_servo_nobody_answers(bench: Bench) -> None:
    bench.servos[0].die(True)
    assert bench.hears("FF FF FE 06 82 38 08 01 02 36") == b""


def test_goals_of_a_group_make_it_stiff(bench: Bench) -> None:
    # 2: 42 = 0x2A, 2 bytes; 1 to 0x0800, 2 to 0x0900: ~(FE+0A+83+2A+02+01+00+08+02+00+09) = ~0x1CB = 34
    assert bench.hears("FF FF FE 0A 83 2A 02 01 00 08 02 00 09 34") == b""
    assert bench.joints.stiff == [True, True]
    assert [servo.goal for servo in bench.servos] == [2048, 2304]
    assert bench.joints.orders[-1][:2] == (1, pytest.approx(-256 * COUNT))


def test_a_goal_with_a_speed_is_gone_to_evenly(bench: Bench) -> None:
    # 42: goal 0x0800, time 0, speed 0x00FA = 250 counts/s. ~(01+09+03+2A+00+08+00+00+FA+00) = ~0x139 = C6
    assert said(bench.hears("FF FF 01 09 03 2A 00 08 00 00 FA 00 C6")) == "FF FF 01 02 00 FC"
    assert bench.joints.orders[-1][3] == pytest.approx((2048 - 1304) / 250)


def test_all_get_limp_by_one_frame(bench: Bench) -> None:
    bench.hears("FF FF 01 04 03 28 01 CE")  # ~(01+04+03+28+01) = ~31 = CE
    assert (bench.joints.stiff, bench.servos[0].goal) == ([True, False], 1304)
    assert bench.hears("FF FF FE 04 03 28 00 D2", 1.0) == b""
    assert bench.joints.stiff == [False, False]


def test_what_is_no_frame_is_left_aside(bench: Bench) -> None:
    assert bench.hears("FF FF 01 04 02 38 02 BF") == b""
    assert said(bench.hears("FF FF FF 01 04 02 38 02 BE", 1.0)) == "FF FF 01 04 00 18 05 DD"
    assert said(bench.hears("55 FF FF 01 04 02", 2.0) + bench.hears("38 02 BE", 2.004)) == "FF FF 01 04 00 18 05 DD"
    assert bench.hears("FF FF 01 04 02 F0 20 E8", 3.0) == b""  # beyond the table
