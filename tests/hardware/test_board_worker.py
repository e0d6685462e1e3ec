import contextlib
import itertools
import math
import threading
import time
from collections.abc import Callable

import pytest

from playground_amp.deploy.control_loop import Clock
from playground_amp.hardware.board_worker import BoardWorker, JointReading
from playground_amp.hardware.health import HealthLooks, NewestVoltage
from playground_amp.hardware.line import LineCounters, PositionReading, always

READ_TIME = 0.002  # s


class FakeLine:
    """Servos that stand still at 100 × id; what is sent is kept in its order."""

    def __init__(self) -> None:
        self.sent: list[tuple] = []
        self.silent: set[int] = set()
        self.read_time = READ_TIME
        self.broken: Exception | None = None
        self.closed = False
        self.counters = LineCounters()

    def write_positions(self, counts):
        self.sent.append(("positions", dict(counts)))

    def read_positions(self, ids, go_on=always):
        for id in ids:
            if not go_on():
                return
            if self.broken:
                raise self.broken
            time.sleep(self.read_time)
            if id not in self.silent:
                yield PositionReading(id, 100 * id, None, time.perf_counter())

    def read_voltage(self, id):
        return 11.0 + 0.1 * id

    def read_temperature(self, id):
        return 40.0 + id

    def set_torque(self, id, on):
        self.sent.append(("torque", id, on, time.perf_counter()))

    def ping(self, id):
        return True

    def close(self):
        self.closed = True


def eventually(condition: Callable[[], object], seconds: float = 2.0) -> None:
    until = time.perf_counter() + seconds
    while not condition():
        assert time.perf_counter() < until
        time.sleep(0.002)


@pytest.fixture
def board():
    line = FakeLine()
    worker = BoardWorker("left", line, [1, 2, 3])
    worker.start()
    yield worker, line
    worker.stop()
    worker.join()


def test_speed_is_of_two_readings_over_the_time_between_them() -> None:
    first = JointReading().followed_by(PositionReading(1, 500, None, 10.0))
    assert first == JointReading(500.0, 0.0, 10.0)
    assert first.followed_by(PositionReading(1, 498, None, 10.02)).speed == pytest.approx(-100.0)
    assert first.followed_by(PositionReading(1, 498, 7.0, 10.02)).speed == 7.0


def test_it_reads_everything_and_sends_nothing_until_it_is_told(board) -> None:
    worker, line = board
    eventually(
        lambda: all(math.isfinite(v) for v in [*worker.health.voltage.values(), *worker.health.temperature.values()])
    )
    assert {id: reading.counts for id, reading in worker.readings.items()} == {1: 100.0, 2: 200.0, 3: 300.0}
    assert worker.health.voltage[2] == pytest.approx(11.2)
    assert worker.health.temperature[3] == 43.0
    worker.write({1: 7})  # not stiff: dropped
    time.sleep(0.03)
    assert line.sent == []


def test_it_becomes_stiff_where_it_is_and_then_follows_the_newest_targets(board) -> None:
    worker, line = board
    eventually(lambda: math.isfinite(worker.readings[3].counts))
    worker.set_torque(True)
    eventually(lambda: len(line.sent) == 4)
    assert line.sent[0] == ("positions", {1: 100, 2: 200, 3: 300})
    assert [it[:3] for it in line.sent[1:]] == [("torque", id, True) for id in (1, 2, 3)]
    for target in range(50):
        worker.write({1: target, 2: 0, 3: 0})
    eventually(lambda: line.sent[-1] == ("positions", {1: 49, 2: 0, 3: 0}))
    assert len(line.sent) < 12


def test_a_servo_that_was_never_read_does_not_become_stiff() -> None:
    line = FakeLine()
    line.silent.add(2)
    worker = BoardWorker("left", line, [1, 2])
    worker.start()
    eventually(lambda: math.isfinite(worker.readings[1].counts))
    worker.set_torque(True)
    worker.stop()
    worker.join()
    assert [it[:2] for it in line.sent] == [("positions", {1: 100}), ("torque", 1)]


def test_limp_goes_before_all_else_and_nothing_follows_it(board) -> None:
    worker, line = board
    eventually(lambda: math.isfinite(worker.readings[3].counts))
    worker.set_torque(True)
    stop = threading.Event()

    def write_on() -> None:
        while not stop.is_set():
            worker.write({1: 1, 2: 2, 3: 3})
            time.sleep(0.001)

    writer = threading.Thread(target=write_on)
    writer.start()
    time.sleep(0.05)
    asked = time.perf_counter()
    worker.set_torque(False)
    assert worker.wait_until_limp(0.02)
    time.sleep(0.05)
    stop.set()
    writer.join()
    limp = next(place for place, it in enumerate(line.sent) if it[0] == "torque" and not it[2])
    assert line.sent[limp][3] - asked < 0.02
    assert all(it[:3] == ("torque", None, False) for it in line.sent[limp:])
    assert len(line.sent) - limp > 1  # a frame can be lost


def test_answers_that_are_lost_do_not_keep_limp_waiting(board) -> None:
    worker, line = board
    eventually(lambda: math.isfinite(worker.readings[3].counts))
    line.silent |= {1, 2, 3}
    line.read_time = 0.05
    time.sleep(0.02)
    asked = time.perf_counter()
    worker.set_torque(False)
    assert worker.wait_until_limp(2.0)
    assert time.perf_counter() - asked < 0.09  # the one question that was under way, not the round


def test_what_is_waiting_is_sent_before_it_ends() -> None:
    line = FakeLine()
    worker = BoardWorker("left", line, [1])
    worker.start()
    time.sleep(0.01)
    worker.set_torque(False)
    worker.stop()
    worker.join()
    assert line.sent[-1][:3] == ("torque", None, False)
    assert line.closed
    assert worker.failure is None


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (OSError(5, "Input/output error"), "line is gone: Input/output error"),
        (ZeroDivisionError("x"), "ZeroDivisionErr"),
    ],
)
def test_the_end_of_a_worker_is_told_and_not_raised(error: Exception, told: str) -> None:
    line = FakeLine()
    worker = BoardWorker("left", line, [1])
    worker.start()
    line.broken = error
    worker.join(1.0)
    assert not worker.is_alive()
    assert told in str(worker.failure)


class FrameTime(Clock):
    """Time that passes where frames take it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = 100.0

    def now(self) -> float:
        return self.time

    def by_machine(self, seconds: float) -> float:
        return 0.0


class TimedLine(FakeLine):
    """A line of WildRobot, as it takes its time: limp for a second, then stiff for two."""

    READ, WRITE = 0.00364, 0.0009  # s
    worker: BoardWorker

    def __init__(self) -> None:
        super().__init__()
        self.clock = FrameTime()
        self.looks: dict[str, list[float]] = {}
        self.rounds: list[float] = []

    def read_positions(self, ids, go_on=always):
        if self.clock.time > 101.0:
            self.rounds.append(self.clock.time)
        if len(self.rounds) == 1:
            self.worker.set_torque(True)
        for id in ids:
            self.clock.time += self.READ + self.WRITE
            yield PositionReading(id, 100 * id, None, self.clock.time)
        if self.clock.time > 103.0:
            self.worker.stop()

    def read_voltage(self, id):
        return self.looked("voltage", 12.0)

    def read_temperature(self, id):
        return self.looked(f"temperature of {id}", 40.0)

    def looked(self, name: str, value: float) -> float:
        self.clock.time += self.READ
        self.looks.setdefault(name, []).append(self.clock.time)
        return value

    def oldest(self) -> dict[str, float]:
        """How old each of them got, s."""
        looks = {name: [100.0, *times, self.clock.time] for name, times in self.looks.items()}
        return {name: max(b - a for a, b in itertools.pairwise(times)) for name, times in looks.items()}

    def run(self, servos: int, newest: NewestVoltage) -> float:
        """Its round in the mean, s."""
        self.worker = BoardWorker("line", self, range(servos), clock=self.clock, newest_voltage=newest)
        self.worker.run()
        return (self.rounds[-1] - self.rounds[0]) / (len(self.rounds) - 1)


class ToldByAnother(NewestVoltage):
    """A line that has time looks at the battery again and again."""

    taken = property(lambda self: math.inf, lambda self, _: None)


def test_a_line_without_time_to_spare_keeps_its_round_and_knows_its_heat_within_a_second() -> None:
    leg = TimedLine()
    assert leg.run(5, ToldByAnother()) == pytest.approx(
        0.0227, rel=0.05
    )  # 5 * 4.54 ms, as the bus that policies are trained on
    oldest = leg.oldest()
    assert len(oldest) == 6
    assert oldest.pop("voltage") < 0.7
    assert max(oldest.values()) < 0.7


def test_a_line_that_has_time_tells_heat_and_voltage_soon_enough_to_be_limp_within_a_fifth_of_a_second() -> None:
    """Of 0.2 s the next control step takes 0.02 and the lines 0.02; a low voltage is believed after 0.06 s."""
    waist = TimedLine()
    waist.run(1, NewestVoltage())
    assert waist.oldest().pop("voltage") < 0.1
    assert waist.oldest()["temperature of 0"] < 0.1


def test_a_dip_of_the_voltage_is_looked_at_again_in_the_next_round() -> None:
    line, clock = FakeLine(), FrameTime()
    volts = iter([12.0, 12.0, 12.0, 9.0, 12.1, 12.0, 9.0, 9.0, 9.0])
    line.read_voltage = lambda id: next(volts)
    health = HealthLooks(line, [1, 2], clock, NewestVoltage())
    lowest = []
    for _ in range(200):
        clock.time += 0.02
        with contextlib.suppress(StopIteration):
            health.look(0.02, always)
        lowest.append(min(health.voltage.values()))
    dip = lowest.index(9.0)
    assert lowest[dip + 1] > 11.9
    assert lowest[-1] == 9.0  # one that stays is believed


def test_a_silent_servo_keeps_its_last_reading_and_gets_old(board) -> None:
    worker, line = board
    eventually(lambda: math.isfinite(worker.readings[2].counts))
    line.silent.add(2)
    time.sleep(0.05)
    assert worker.readings[2].counts == 200.0
    assert time.perf_counter() - worker.readings[2].taken > 0.03
    assert time.perf_counter() - worker.readings[1].taken < 0.03
