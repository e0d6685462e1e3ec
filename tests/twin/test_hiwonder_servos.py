"""The 0x55 0x55 protocol's other end, against frames worked out by hand."""

import numpy as np
import pytest
from twin_parts import Bench

from playground_amp.hardware.hardware_file import ServoSetup
from playground_amp.twin.hiwonder_servos import HiwonderServos

COUNT = 2 * np.pi / 1500
BYTE = 10 / 115_200  # s


@pytest.fixture
def bench() -> Bench:
    """Two servos, 1 and 2, at joints that stand still at 0.1 rad and -0.2 rad."""
    setups = [ServoSetup("leg", 1, 1, 500, 0.0, COUNT), ServoSetup("leg", 2, -1, 520, 0.0, COUNT)]
    return Bench(HiwonderServos, setups, (0, 1000), [0.1, -0.2], 115_200, 0.0024)


# Checksums by hand: ~(id + length + command + parameters) & 0xFF.


def test_a_position_is_read_in_counts(bench: Bench) -> None:
    # 0.1 rad / 4.18879e-3 = 23.87: 500 + 24 = 524 = 0x020C; ~(01 + 05 + 1C + 0C + 02) = ~30 = CF.
    assert bench.hears("55 55 01 03 1C DF").hex(" ") == "55 55 01 05 1c 0c 02 cf"
    # Servo 2 turns the other way: -(-0.2) / 4.18879e-3 = 47.75: 520 + 48 = 568 = 0x0238; ~(02+05+1C+38+02) = A2.
    assert bench.hears("55 55 02 03 1C DE", now=1.0).hex(" ") == "55 55 02 05 1c 38 02 a2"


def test_the_answer_is_there_when_its_last_byte_has_passed(bench: Bench) -> None:
    bench.hears("55 55 01 03 1C DF")
    ((at, _),) = bench.said
    assert at == pytest.approx(6 * BYTE + 0.0024 + 8 * BYTE)
    assert bench.joints.looks == [(0, pytest.approx(6 * BYTE + 0.0012))]


def test_a_negative_position_is_a_signed_number(bench: Bench) -> None:
    bench.joints.angles[0] = -2.2  # -525.2 counts: 500 - 525 = -25 = 0xFFE7; ~(01 + 05 + 1C + E7 + FF) = ~208 = F7
    assert bench.hears("55 55 01 03 1C DF").hex(" ") == "55 55 01 05 1c e7 ff f7"


def test_a_move_reaches_the_joint_when_it_has_passed(bench: Bench) -> None:
    # 600 counts in 100 ms: 0x0258, 0x0064; ~(01 + 07 + 01 + 58 + 02 + 64 + 00) = ~C7 = 38.
    assert bench.hears("55 55 01 07 01 58 02 64 00 38") == b""
    assert bench.joints.stiff == [True, False]
    assert bench.joints.orders[-1] == (0, pytest.approx(100 * COUNT), pytest.approx(10 * BYTE), 0.1)


def test_moves_handed_over_together_pass_one_after_the_other(bench: Bench) -> None:
    bench.hears("55 55 01 07 01 58 02 00 00 9C" + "55 55 02 07 01 58 02 00 00 9B")
    first, second = [time for joint, _, time, _ in bench.joints.orders if joint == 0][-1], bench.joints.orders[-1][2]
    assert (first, second) == (pytest.approx(10 * BYTE), pytest.approx(20 * BYTE))


def test_a_target_beyond_the_range_is_its_end(bench: Bench) -> None:
    bench.hears("55 55 01 07 01 E8 FD 00 00 11")  # 65000
    assert bench.joints.orders[-1][1] == pytest.approx(500 * COUNT)


def test_all_get_limp_by_one_frame(bench: Bench) -> None:
    bench.hears("55 55 FE 04 1F 01 DD")  # ~(FE + 04 + 1F + 01) = ~122 = DD
    assert bench.joints.stiff == [True, True]
    assert bench.hears("55 55 FE 04 1F 00 DE", now=1.0) == b""
    assert bench.joints.stiff == [False, False]


def test_voltage_temperature_and_id_are_told(bench: Bench) -> None:
    # 12.1 V = 12100 mV = 0x2F44; ~(01 + 05 + 1B + 44 + 2F) = ~94 = 6B. 31 °C: ~(01 + 04 + 1A + 1F) = ~3E = C1.
    assert bench.hears("55 55 01 03 1B E0").hex(" ") == "55 55 01 05 1b 44 2f 6b"
    assert bench.hears("55 55 01 03 1A E1", now=1.0).hex(" ") == "55 55 01 04 1a 1f c1"
    assert bench.hears("55 55 02 03 0E EC", now=2.0).hex(" ") == "55 55 02 04 0e 02 e9"


def test_what_is_no_frame_is_left_aside(bench: Bench) -> None:
    read, answer = "55 55 01 03 1C DF", "55 55 01 05 1c 0c 02 cf"
    assert bench.hears("55 55 01 03 1C DE") == b""  # checksum
    assert bench.hears("00 FF 55" + read, now=1.0).hex(" ") == answer  # garbage before it
    assert bench.hears("55 55 01 09" + read, now=2.0) == b""  # waits for more...
    assert bench.hears(read, now=2.001).hex(" ") == " ".join([answer, answer])  # ...and finds both in what has come
    assert bench.hears("55 55 01", now=3.0) == b""
    assert bench.hears("03 1C DF", now=3.005).hex(" ") == answer  # in two pieces
    assert bench.hears("55 55 01", now=4.0) == b""
    assert bench.hears("03 1C DF", now=4.5) == b""  # the first one is forgotten by then


def test_a_dead_servo_says_nothing_and_is_limp(bench: Bench) -> None:
    bench.servos[0].die(True)
    assert bench.hears("55 55 01 03 1C DF") == b""
    bench.hears("55 55 FE 04 1F 01 DD", now=1.0)
    assert bench.joints.stiff == [False, True]
    assert bench.hears("55 55 02 03 1C DE", now=2.0) != b""


def test_lost_bytes_and_late_answers(bench: Bench) -> None:
    bench.line.lateness = 0.01
    bench.hears("55 55 01 03 1C DF")
    assert 14 * BYTE + 0.0024 + 0.005 <= bench.said[0][0] <= 14 * BYTE + 0.0024 + 0.02
    bench.line.lost_share = 1.0
    assert bench.hears("55 55 01 03 1C DF", now=1.0) == b""
