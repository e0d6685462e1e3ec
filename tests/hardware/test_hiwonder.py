import random
import struct
from collections.abc import Callable

import pytest
from fake_line import FakeClock, FakePort

from playground_amp.hardware.hiwonder import POS_READ, VIN_READ, Frame, FrameReader, HiwonderLine, frame

ANSWER_TIME, BAUD = 0.002, 115_200  # s, bit/s
Answer = Callable[[bytes], list[tuple[bytes, float]]]


def servos(positions: dict[int, int], volts: float = 11.1) -> Answer:
    """Servos that answer as they should."""

    def answer(data: bytes) -> list[tuple[bytes, float]]:
        answers = []
        for asked in FrameReader().feed(data):
            parameters = {
                POS_READ: lambda it: struct.pack("<h", positions[it.id]),
                VIN_READ: lambda it: struct.pack("<H", round(1000 * volts)),
                0x1A: lambda it: b"\x28",
                0x0E: lambda it: bytes((it.id,)),
            }.get(asked.command)
            if parameters and asked.id in positions and not asked.parameters:
                answers.append((frame(asked.id, asked.command, parameters(asked)), ANSWER_TIME))
        return answers

    return answer


def line_with(answer: Answer) -> tuple[HiwonderLine, FakePort, FakeClock]:
    clock = FakeClock()
    port = FakePort(clock, answer)
    return HiwonderLine(port, BAUD, clock), port, clock


# By hand, from the maker's description: 55 55 id length command parameters, then ~(sum of all since id) & FF.
# Move servo 1 to 500 (01F4) in 1000 ms (03E8): 01 + 07 + 01 + F4 + 01 + E8 + 03 = 1E9, ~E9 = 16.
# Read the position of servo 3: 03 + 03 + 1C = 22, ~22 = DD; it answers -10 (FFF6): 03 + 05 + 1C + F6 + FF = 219 → E6.
# Load all: FE + 04 + 1F + 01 = 122, ~22 = DD. Read the voltage of 2: 02 + 03 + 1B = 20 → DF; the temperature: → E0.
@pytest.mark.parametrize(
    ("id", "command", "parameters", "by_hand"),
    [
        (1, 0x01, struct.pack("<hH", 500, 1000), "55 55 01 07 01 F4 01 E8 03 16"),
        (3, 0x1C, b"", "55 55 03 03 1C DD"),
        (3, 0x1C, struct.pack("<h", -10), "55 55 03 05 1C F6 FF E6"),
        (0xFE, 0x1F, b"\x01", "55 55 FE 04 1F 01 DD"),
        (2, 0x1B, b"", "55 55 02 03 1B DF"),
        (2, 0x1A, b"", "55 55 02 03 1A E0"),
    ],
)
def test_frames_are_those_worked_out_by_hand(id: int, command: int, parameters: bytes, by_hand: str) -> None:
    content = bytes.fromhex(by_hand)
    assert frame(id, command, parameters) == content
    assert FrameReader().feed(content) == [Frame(id, command, parameters)]


def test_what_a_line_sends_and_understands_byte_by_byte() -> None:
    answers = {
        bytes.fromhex("55 55 03 03 1C DD"): bytes.fromhex("55 55 03 05 1C F6 FF E6"),
        bytes.fromhex("55 55 02 03 1B DF"): bytes.fromhex("55 55 02 05 1B 5C 2B 56"),  # 2B5C = 11100 mV
        bytes.fromhex("55 55 02 03 1A E0"): bytes.fromhex("55 55 02 04 1A 28 B7"),  # 28 = 40 °C
    }
    line, port, _ = line_with(lambda data: [(answers[data], 0.001)] if data in answers else [])
    (reading,) = line.read_positions([3])
    assert (reading.id, reading.counts, reading.speed) == (3, -10, None)
    assert line.read_voltage(2) == pytest.approx(11.1)
    assert line.read_temperature(2) == 40.0
    port.written.clear()
    line.write_positions({1: 500, 2: 0})
    line.set_torque(None, False)
    line.set_torque(4, True)
    # 01 + 07 + 01 + F4 + 01 = FE → 01; 02 + 07 + 01 = 0A → F5; FE + 04 + 1F = 121 → DE; 04 + 04 + 1F + 01 = 28 → D7
    moves = "55 55 01 07 01 F4 01 00 00 01 55 55 02 07 01 00 00 00 00 F5"
    assert port.written == [bytes.fromhex(it) for it in (moves, "55 55 FE 04 1F 00 DE", "55 55 04 04 1F 01 D7")]


def test_a_reading_was_taken_between_question_and_answer() -> None:
    line, _, clock = line_with(servos({1: 480}))
    began = clock.now
    (reading,) = line.read_positions([1])
    assert reading.taken == pytest.approx(began + 0.5 * ANSWER_TIME)


def test_answers_are_waited_for_from_when_the_question_has_passed_behind_many_targets() -> None:
    """20 targets take 20 x 10 bytes x 86.8 us = 17.4 ms of the line, longer than an answer is waited for."""
    clock, byte, free = FakeClock(), 10 / BAUD, 0.0
    truth = servos({id: 400 + id for id in range(20)})

    def answer(data: bytes) -> list[tuple[bytes, float]]:
        nonlocal free
        free = max(free, clock.now) + len(data) * byte
        return [(piece, free - clock.now + ANSWER_TIME) for piece, _ in truth(data)]

    line = HiwonderLine(FakePort(clock, answer), BAUD, clock)
    line.write_positions(dict.fromkeys(range(20), 500))
    began = clock.now
    readings = list(line.read_positions(range(20)))
    assert [it.counts for it in readings] == [400 + id for id in range(20)]
    asked = began + 200 * byte
    assert readings[0].taken == pytest.approx(asked + 0.5 * (6 * byte + ANSWER_TIME))
    assert line.counters.lost == 0


def test_frames_are_found_in_pieces_between_garbage() -> None:
    content = b"\x00\x55" + frame(5, POS_READ, b"\x55\x55") + b"\x13\x55\x55\x07" + frame(6, VIN_READ, b"\x01\x02")
    for size in range(1, len(content)):
        reader = FrameReader()
        found = [it for at in range(0, len(content), size) for it in reader.feed(content[at : at + size])]
        assert found == [Frame(5, POS_READ, b"\x55\x55"), Frame(6, VIN_READ, b"\x01\x02")]
        assert reader.garbage == 2 + 4


def test_a_header_in_garbage_does_not_swallow_the_frame_behind_it() -> None:
    reader = FrameReader()
    assert reader.feed(b"\x55\x55\x01\x0a" + frame(1, POS_READ, b"\x10\x01")) == [Frame(1, POS_READ, b"\x10\x01")]


def test_a_wrong_checksum_is_no_answer_and_is_counted() -> None:
    line, _, _ = line_with(lambda data: [(bytes.fromhex("55 55 03 05 1C F6 FF E7"), 0.001)])
    assert list(line.read_positions([3])) == []
    assert line.counters.lost == line.counters.bad_checksums == 1


def test_the_echo_of_its_own_question_is_no_answer() -> None:
    alone = line_with(lambda data: [(data, 0.0005)])[0]
    assert list(alone.read_positions([1, 2])) == []
    truth = servos({1: 480, 2: 520})
    echoed, _, _ = line_with(lambda data: [(data, 0.0005), *truth(data)])
    echoed.write_positions({1: 1, 2: 2})
    assert [(it.id, it.counts) for it in echoed.read_positions([1, 2])] == [(1, 480), (2, 520)]
    assert echoed.counters[1:] == (0, 0, 0, 0)


def test_a_late_answer_is_never_taken_for_the_next_one() -> None:
    """The servo turns by a count a ms; each answer comes 5 s/100 after its question, longer than it is waited for."""
    late = 0.05
    clock = FakeClock()

    def answer(data: bytes) -> list[tuple[bytes, float]]:
        now = round(1000 * (clock.now - 100.0))
        return [(piece, late) for piece, _ in servos({1: now})(data)]

    line = HiwonderLine(FakePort(clock, answer), BAUD, clock)
    readings = [it for _ in range(100) for it in line.read_positions([1])]
    assert all(abs(it.counts - 1000 * (it.taken - 100.0)) < 20 for it in readings)
    assert line.counters.late > 0
    late = 0.002
    clock.now += 1.0
    recovered = [it for _ in range(5) for it in line.read_positions([1])]
    assert recovered
    assert all(abs(it.counts - 1000 * (it.taken - 100.0)) < 3 for it in recovered)


def test_a_dead_servo_costs_the_others_little_time() -> None:
    line, _, clock = line_with(servos({1: 480}))
    began, rounds = clock.now, 0
    while clock.now - began < 2.0:
        assert [it.id for it in line.read_positions([7, 1])] == [1]
        rounds += 1
    assert rounds > 0.6 * 2.0 / ANSWER_TIME


@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_in_no_reading_is_wrong(seed: int) -> None:
    """Bytes lost, turned over and put in, answers cut, merged, doubled, late or someone else's: right, or none."""
    draw = random.Random(seed)
    truth = {1: 480, 2: 520, 3: 0x5555}
    honest, left = servos(truth), b""

    def answer(data: bytes) -> list[tuple[bytes, float]]:
        nonlocal left
        coming = []
        for piece, _ in honest(data):
            piece, left = left + piece, b""
            match draw.randrange(20):
                case 0:
                    piece = piece[: draw.randrange(len(piece))]
                case 1:
                    piece = draw.randbytes(draw.randrange(9)) + piece
                case 2:
                    left = piece
                    continue
                case 3:
                    piece = piece[:3] + piece[4:]
                case 4:
                    place = draw.randrange(2, len(piece))
                    piece = piece[:place] + bytes((piece[place] ^ 1 << draw.randrange(8),)) + piece[place + 1 :]
                case 5:
                    piece = piece + piece
            cut = draw.randrange(len(piece) + 1)
            coming += [(piece[:cut], 0.002), (piece[cut:], 0.002 + draw.choice((0.0, 0.0, 0.0, 0.0, 0.001, 0.03)))]
        return [(data, 0.0004), *coming] if seed % 2 else coming

    line, _, clock = line_with(answer)
    readings = []
    for _ in range(600):
        readings += line.read_positions(list(truth))
        clock.now += 0.004
    assert len(readings) > 500
    assert all(it.counts == truth[it.id] for it in readings if it.id != 3)
    assert line.counters.reads >= line.counters.lost > 0
