"""Dynamixel and Feetech through the makers' libraries. Frames by hand: those that the makers' manuals print."""

import itertools
import random
import struct
from collections.abc import Callable

import pytest
from fake_line import FakeClock, FakePort
from group_servos import (
    Table,
    asked_of_group,
    crc16,
    dynamixel_frame,
    dynamixel_status,
    feetech_frame,
    memory,
)

pytest.importorskip("dynamixel_sdk")
pytest.importorskip("scservo_sdk")

from playground_amp.hardware.dynamixel import DynamixelLine
from playground_amp.hardware.feetech import FeetechLine

BAUD = 1_000_000
Coming = list[tuple[bytes, float]]


def dynamixel_table(position: int, velocity: int = 0) -> Table:
    return {128: struct.pack("<ii", velocity, position), 144: b"\x6f\x00", 146: b"\x28"}  # 6F = 111: 11.1 V, 40 °C


def feetech_table(position: int, speed: int = 0) -> Table:
    return {56: struct.pack("<HHHBB", position, speed, 0, 0x6F, 0x28)}


LINES = {
    "dynamixel": (DynamixelLine, dynamixel_table, dynamixel_status),
    "feetech": (FeetechLine, feetech_table, lambda id, data: feetech_frame(id, 0, data)),
}


class Bench:
    """A line of one protocol, and servos that answer honestly unless `damage` says otherwise."""

    def __init__(self, protocol: str, tables: dict[int, Table], baud: int = BAUD) -> None:
        make, self.table, self.status = LINES[protocol]
        self.tables = tables
        self.damage: Callable[[bytes, Coming], Coming] = lambda sent, coming: coming
        self.clock = FakeClock()
        self.port = FakePort(self.clock, self._answer)
        self.line = make(self.port, baud, self.clock)

    def _answer(self, data: bytes) -> Coming:
        if not (asked := asked_of_group(data)):
            return self.damage(data, [])
        ids, address, size = asked
        answers = [self.status(id, memory(self.tables[id], address, size)) for id in ids if id in self.tables]
        return self.damage(data, [(answer, 0.0005 * (1 + place)) for place, answer in enumerate(answers)])


def bench(protocol: str, positions: dict[int, int]) -> Bench:
    return Bench(protocol, {id: LINES[protocol][1](position) for id, position in positions.items()})


both = pytest.mark.parametrize("protocol", LINES)


@both
def test_answers_are_waited_for_from_when_the_question_has_passed_behind_many_targets(protocol: str) -> None:
    """20 targets take 12 to 20 ms of a line of 57600 baud, as Dynamixel servos come, and the question more."""
    it = Bench(protocol, {id: LINES[protocol][1](1000 + id) for id in range(20)}, baud=57_600)
    byte, free = 10 / 57_600, 0.0

    def pass_on(sent: bytes, coming: Coming) -> Coming:
        nonlocal free
        free = max(free, it.clock.now) + len(sent) * byte
        ends = itertools.accumulate((len(answer) * byte for answer, _ in coming), initial=free - it.clock.now + 0.001)
        return [(answer, end) for (answer, _), end in zip(coming, list(ends)[1:], strict=True)]

    it.damage = pass_on
    it.line.write_positions(dict.fromkeys(range(20), 2000))
    assert [reading.counts for reading in it.line.read_positions(range(20))] == [1000 + id for id in range(20)]
    assert it.line.counters.lost == 0


def test_the_manuals_frames_have_these_checksums() -> None:
    assert crc16(bytes.fromhex("FF FF FD 00 01 07 00 55 00 06 04 26")) == 0x5D65
    assert dynamixel_frame(1, 1, b"") == bytes.fromhex("FF FF FD 00 01 03 00 01 19 4E")
    assert feetech_frame(1, 2, b"\x38\x02") == bytes.fromhex("FF FF 01 04 02 38 02 BE")


def test_what_is_sent_to_dynamixel_servos_byte_by_byte() -> None:
    it = bench("dynamixel", {})
    it.line.write_positions({1: 0x96, 2: 0xAA})
    it.line.set_torque(None, False)
    it.line.set_torque(3, True)
    assert it.port.written == [
        bytes.fromhex("FF FF FD 00 FE 11 00 83 74 00 04 00 01 96 00 00 00 02 AA 00 00 00 82 87"),  # e-Manual
        dynamixel_frame(0xFE, 0x03, b"\x40\x00\x00"),
        dynamixel_frame(0xFE, 0x83, b"\x40\x00\x01\x00\x03\x01"),
    ]
    it.port.written.clear()
    assert list(it.line.read_positions([1, 2])) == []
    assert it.port.written[0] == dynamixel_frame(0xFE, 0x82, b"\x80\x00\x08\x00\x01\x02")


def test_what_is_sent_to_feetech_servos_byte_by_byte() -> None:
    it = bench("feetech", {})
    it.line.write_positions({1: 0x0800, 2: -5})
    it.line.set_torque(None, True)
    it.line.set_torque(3, False)
    # FE + 0A + 83 + 2A + 02 + 01 + 00 + 08 + 02 + 05 + 80 = 247 → B8; FE + 04 + 03 + 28 + 01 = 12E → D1
    # FE + 06 + 83 + 28 + 01 + 03 + 00 = 1B3 → 4C
    sent = ("FF FF FE 0A 83 2A 02 01 00 08 02 05 80 B8", "FF FF FE 04 03 28 01 D1", "FF FF FE 06 83 28 01 03 00 4C")
    assert it.port.written == [bytes.fromhex(frame) for frame in sent]
    it.port.written.clear()
    assert list(it.line.read_positions([1, 2])) == []
    # FE + 06 + 82 + 38 + 08 + 01 + 02 = 1C9 → 36
    assert it.port.written[0] == bytes.fromhex("FF FF FE 06 82 38 08 01 02 36")


def test_dynamixel_answers_in_counts_and_counts_a_second() -> None:
    it = bench("dynamixel", {1: 0, 2: 0})
    # Servo 2 turns by -1 unit at count -3: FF FF FF FF FD FF FF FF, in which another FD goes behind FF FF FD.
    answers = (
        "FF FF FD 00 01 0C 00 55 00 0A 00 00 00 00 08 00 00",
        "FF FF FD 00 02 0D 00 55 00 FF FF FF FF FD FD FF FF FF",
    )
    contents = [bytes.fromhex(answer) for answer in answers]
    it.damage = lambda sent, coming: [(it + crc16(it).to_bytes(2, "little"), 0.001) for it in contents]
    first, second = it.line.read_positions([1, 2])
    assert (first.counts, second.counts) == (2048, -3)
    assert first.speed == pytest.approx(10 * 0.229 / 60 * 4096)
    assert second.speed == pytest.approx(-0.229 / 60 * 4096)


@both
def test_voltage_and_temperature(protocol: str) -> None:
    it = bench(protocol, {4: 100})
    assert it.line.read_voltage(4) == pytest.approx(11.1)
    assert it.line.read_temperature(4) == 40.0
    assert it.line.ping(4)
    assert not it.line.ping(5)


def test_feetech_numbers_have_a_sign_bit() -> None:
    it = Bench("feetech", {1: feetech_table(0x8005, 0x8064)})
    (reading,) = it.line.read_positions([1])
    assert (reading.counts, reading.speed) == (-5, -100.0)


@both
def test_an_echo_is_taken_out(protocol: str) -> None:
    it = bench(protocol, {1: 480, 2: 520})
    it.damage = lambda sent, coming: [(sent, 0.0001), *coming]
    for _ in range(3):
        it.line.write_positions({1: 1, 2: 2})
        assert {r.id: r.counts for r in it.line.read_positions([1, 2])} == {1: 480, 2: 520}
        it.clock.now += 0.004
    assert it.line.counters == (6, 0, 0, 0, 0)
    it.damage = lambda sent, coming: [(sent, 0.0001)]
    assert list(it.line.read_positions([1, 2])) == []


@both
def test_a_late_group_is_never_taken_for_the_next_one(protocol: str) -> None:
    it = bench(protocol, {1: 0})
    it.damage = lambda sent, coming: [(piece, 0.03) for piece, _ in coming]
    readings = []
    for _ in range(60):
        it.tables[1] = it.table(round(1000 * (it.clock.now - 100.0)))  # a count a ms
        readings += it.line.read_positions([1])
        it.clock.now += 0.004
    assert all(abs(r.counts - 1000 * (r.taken - 100.0)) < 10 for r in readings)
    it.damage = lambda sent, coming: coming
    it.clock.now += 1.0
    assert list(it.line.read_positions([1]))


@both
def test_a_dead_servo_keeps_nobody_else_from_being_read(protocol: str) -> None:
    """Servos behind a dead one may keep silent in a group."""
    it = bench(protocol, {1: 480, 2: 520})
    it.damage = lambda sent, coming: [] if 7 in (asked_of_group(sent) or ([],))[0] else coming
    began, rounds = it.clock.now, 0
    while it.clock.now - began < 2.0:
        assert {r.id for r in it.line.read_positions([7, 1, 2])} == {1, 2}
        it.clock.now += 0.004
        rounds += 1
    assert rounds > 200


@both
@pytest.mark.parametrize("seed", range(3))
def test_whatever_comes_in_no_group_reading_is_wrong(protocol: str, seed: int) -> None:
    """Bytes lost, turned over and put in, answers cut, doubled or late: right, or none, and no exception."""
    draw = random.Random(seed)
    it = bench(protocol, {1: 480, 2: 520, 3: 0x05FD})

    def damage(sent: bytes, coming: Coming) -> Coming:
        damaged: Coming = []
        for piece, later in coming:
            place = draw.randrange(len(piece))
            match draw.randrange(12):
                case 0:
                    piece = piece[:place]
                case 1:
                    piece = draw.randbytes(draw.randrange(1, 14)) + piece
                case 2:
                    piece = piece[:place] + piece[place + 1 :]
                case 3:
                    piece = piece[:place] + bytes((piece[place] ^ 1 << draw.randrange(8),)) + piece[place + 1 :]
                case 4:
                    later += 0.03
                case 5:
                    piece = b"\xff\xff\xfd\x00\x01" + draw.randbytes(4) + piece
            damaged.append((piece, later))
        return [(sent, 0.0001), *damaged] if seed % 2 else damaged

    it.damage = damage
    readings = []
    for _ in range(300):
        it.line.write_positions({1: 7})
        readings += it.line.read_positions([1, 2, 3])
        it.clock.now += 0.004
    assert len(readings) > 300
    assert all(r.counts == {1: 480, 2: 520, 3: 0x05FD}[r.id] for r in readings)


@both
def test_frames_that_say_to_be_shorter_than_any_is_are_no_answers(protocol: str) -> None:
    """Header, id, length and checksum are right; there is no room for an answer."""
    it = bench(protocol, {})
    for length in range(8):
        content = b"\xff\xff\xfd\x00\x01" + bytes((length, 0, 0x55)) + bytes(max(length - 3, 0))
        frames = [
            content + crc16(content).to_bytes(2, "little"),
            content[:7] + crc16(content[:7]).to_bytes(2, "little"),
        ]
        body = bytes((1, length)) + bytes(max(length - 1, 0))
        frames.append(b"\xff\xff" + body + bytes((~sum(body) & 0xFF,)))
        frames.append(b"\xff\xff" + bytes((1, length, ~(1 + length) & 0xFF)))
        for frame in frames:
            it.damage = lambda sent, coming, frame=frame: [(frame + bytes(9), 0.001)]
            assert list(it.line.read_positions([1])) == []
            it.clock.now += 1.0


@both
def test_nothing_but_garbage_comes_to_nothing(protocol: str) -> None:
    draw = random.Random(1)
    it = bench(protocol, {})
    it.damage = lambda sent, coming: [(bytes(draw.choices((0xFF, 0xFD, 0, 1, 0x55, 9), k=40)), 0.001)]
    for _ in range(100):
        assert list(it.line.read_positions([1, 2])) == []
        assert it.line.read_voltage(1) is None
        it.clock.now += 0.1
    assert it.line.counters.lost > 50
