"""The BNO085's other end, against frames worked out by hand from CEVA's documents."""

import numpy as np
import pytest

from playground_amp.twin.agenda import Agenda
from playground_amp.twin.body import ImuSample
from playground_amp.twin.imu_chip import ImuChip, framed

# Length 4 + 2, channel 2, number 0; F9 is "product id request".
ASK_PRODUCT = "7E 01 06 00 02 00 F9 00 7E"


def set_feature(report: int, microseconds: int) -> str:
    """FD: report, no flags, no sensitivity, interval, no batches, nothing specific; 17 bytes + 4."""
    return framed(
        1, bytes([0x15, 0, 2, 0, 0xFD, report, 0, 0, 0]) + microseconds.to_bytes(4, "little") + bytes(8)
    ).hex()


class ImuBench:
    """A chip that measures what the test says, and its agenda."""

    def __init__(self) -> None:
        self.agenda, self.said, self.now = Agenda(), [], 0.0
        # A turn by 60° about x; 1 rad/s about x, -0.25 rad/s about z.
        self.sample = ImuSample(np.array([np.sqrt(0.75), 0.5, 0.0, 0.0]), np.array([1.0, 0.0, -0.25]))
        self.chip = ImuChip(self.agenda, lambda: self.sample, 0.003, lambda data: self.said.append((self.now, data)))

    def run(self, until: float) -> list[tuple[float, str]]:
        """What is said until then."""
        while self.agenda.next_time <= until:
            self.now = self.agenda.next_time
            self.agenda.run_until(self.now)
        self.now = until
        said, self.said = self.said, []
        return [(time, data.hex(" ").upper()) for time, data in said]

    def hears(self, content: str) -> list[str]:
        """What is said at once."""
        self.chip.receive(bytes.fromhex(content), self.now)
        said, self.said = self.said, []
        return [data.hex(" ").upper() for _, data in said]


@pytest.fixture
def bench() -> ImuBench:
    bench = ImuBench()
    bench.run(0.2)
    return bench


def test_it_announces_itself_after_a_reset(bench: ImuBench) -> None:
    assert bench.hears("7E 01 05 00 01 00 01 7E") == []  # executable channel: reset
    announcement, done, initialized = [said for _, said in bench.run(0.4)]
    assert announcement.startswith("7E 01 1B 00 00 00 00 01 04")
    assert done == "7E 01 05 00 01 00 01 7E"
    assert initialized == "7E 01 14 00 02 00 F1 00 84" + 13 * " 00" + " 7E"


def test_it_says_what_it_is(bench: ImuBench) -> None:
    (answer,) = bench.hears(ASK_PRODUCT)
    # 16 bytes + 4, channel 2, number 1 (the initialization's was 0); F8, power-up, 3.2, part 10003608 = 0x98A498
    assert answer.startswith("7E 01 14 00 02 01 F8 01 03 02 98 A4 98 00")


def test_it_tells_how_much_it_can_take(bench: ImuBench) -> None:
    assert bench.hears("7E 00 7E") == ["7E 00 00 01 7E"]  # 256 bytes


def test_a_game_rotation_vector(bench: ImuBench) -> None:
    (answer,) = bench.hears(set_feature(0x08, 10_000))
    assert answer.startswith("7E 01 15 00 02 01 FC 08 00 00 00 10 27 00 00")  # 10,000 = 0x2710
    (time, report), *_ = bench.run(0.215)
    assert time == pytest.approx(0.213)
    # Channel 3, number 0, 5 + 12 + 4 = 0x15 bytes. FB: 30 ticks of 0.1 ms before. 08, number 0, accuracy 3, no delay;
    # x 0.5 = 8192 = 0x2000, y, z, w 0.8660 × 16384 = 14189 = 0x376D.
    assert report == "7E 01 15 00 03 00 FB 1E 00 00 00 08 00 03 00 00 20 00 00 00 00 6D 37 7E"


def test_a_calibrated_gyroscope(bench: ImuBench) -> None:
    bench.hears(set_feature(0x02, 10_000))
    (_, report), *_ = bench.run(0.215)
    # 5 + 10 + 4 = 0x13 bytes; 1 rad/s × 512 = 0x0200, -0.25 × 512 = -128 = 0xFF80.
    assert report == "7E 01 13 00 03 00 FB 1E 00 00 00 02 00 03 00 00 02 00 00 80 FF 7E"


def test_two_reports_of_one_rate_come_together(bench: ImuBench) -> None:
    bench.hears(set_feature(0x08, 10_000))
    bench.hears(set_feature(0x02, 10_000))
    said = bench.run(0.2555)
    assert [round(time, 4) for time, _ in said] == [0.213, 0.223, 0.233, 0.243, 0.253]
    first, second = said[0][1], said[1][1]
    assert first[:14] == "7E 01 1F 00 03"  # 5 + 12 + 10 + 4
    assert (first[15:17], second[15:17]) == ("00", "01")  # the channel's number
    bench.hears(set_feature(0x08, 0))
    bench.hears(set_feature(0x02, 0))
    assert bench.run(0.5) == []


def test_flags_within_a_frame_are_escaped(bench: ImuBench) -> None:
    bench.sample = ImuSample(np.array([1.0, 0.0, 0.0, 0.0]), np.array([0x7E / 512, 0x7D / 512, 0x20 / 512]))
    bench.hears(set_feature(0x02, 10_000))
    (_, report), *_ = bench.run(0.215)
    assert report.endswith("02 00 03 00 7D 5E 00 7D 5D 00 20 00 7E")
    assert bench.hears("7E 01 06 00 02 00 F9 7D 20 7E") != []  # an escaped 00 is a 00


def test_what_is_no_frame_is_left_aside(bench: ImuBench) -> None:
    assert bench.hears("01 06 00 02 00 F9 00 7E 7E") == []
    assert bench.hears(ASK_PRODUCT[3:]) != []  # the second flag began it
    assert bench.hears("7E 01 07 00 02 00 F9 00 7E") == []  # not as long as it says
    assert bench.hears("7E 01 02 7E") == []
    assert bench.hears(set_feature(0x55, 10_000)) == []  # a report that it has not
    assert bench.hears(ASK_PRODUCT) != []


def test_asked_again_it_does_not_say_more(bench: ImuBench) -> None:
    for _ in range(3):
        bench.hears(set_feature(0x02, 10_000))
        bench.hears(set_feature(0x02, 0))
        bench.hears(set_feature(0x02, 10_000))
        bench.run(bench.now + 0.0021)
    said = bench.run(bench.now + 0.1)
    assert 9 <= len(said) <= 10
    bench.hears(set_feature(0x02, 20_000))
    assert 4 <= len(bench.run(bench.now + 0.1)) <= 6
    assert len({report[:8] for _, report in said}) == 1  # each with its report
