"""A robot without physics for runs: joints that go where they are told, a clock that moves only when somebody waits."""

import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest
from deployable import ROBOT, made_up_policy

from playground_amp.deploy.runtime import Sensors, WalkingPolicy
from playground_amp.hardware.commander import Commander
from playground_amp.hardware.commands import STAND, CommandRange, Order, Request, SourceLost, Velocity
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.line import LineCounters
from playground_amp.hardware.log import LogWriter, RobotLog, read_log
from playground_amp.hardware.robot_bus import BusSnapshot
from playground_amp.hardware.robot_run import Plan, RobotRun
from playground_amp.hardware.step_record import StepRecorder, header_of
from playground_amp.hardware.stops import Reason, Stop
from playground_amp.twin.nominal import hardware_of_robot

AGE = 0.01  # s, of all readings


class MadeUpClock:
    """In s; a look at it takes a moment."""

    def __init__(self) -> None:
        self.now = 1000.0

    def perf_counter(self) -> float:
        self.now += 1e-6
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


class MadeUpBus:
    """A `RunBus`. `faults` are called with it before every look, to change what it would say."""

    def __init__(self, hardware: HardwareFile, home: Mapping[str, float], clock: MadeUpClock):
        self.names = hardware.joint_names
        self.clock, self.hardware = clock, hardware
        self.position = dict(home)
        self.stiff = False
        self.written: list[dict[str, float]] = []
        self.told: list[str] = []  # what was called, in order
        self.fault: Callable[[MadeUpBus], None] = lambda bus: None
        self.looks = 0
        self.limp_within_reach = True
        self.orientation, self.gyro = [1.0, 0.0, 0.0, 0.0], [0.0, 0.0, 0.0]
        self.age = dict.fromkeys(self.names, AGE)
        self.imu_age = AGE
        self.voltage, self.temperature = (dict.fromkeys(self.names, value) for value in (12.0, 30.0))
        self.lost = dict.fromkeys(hardware.boards, 0)
        self.failures: dict[str, str] = {}

    def snapshot(self) -> BusSnapshot:
        self.looks += 1
        self.gyro = [0.0, 0.0, 1e-3 * (self.looks % 7)]  # a sensor that lives is never quite still
        self.fault(self)

        def array(values: Mapping[str, float]) -> np.ndarray:
            return np.array([values[name] for name in self.names])

        counters = {name: LineCounters(reads=5 * self.looks, lost=self.lost[name]) for name in self.hardware.boards}
        counts = np.array([self.hardware.servos[name].counts(self.position[name]) for name in self.names], float)
        sensors = Sensors(self.orientation, self.gyro, dict(self.position), dict.fromkeys(self.names, 0.0))
        return BusSnapshot(
            self.clock.now, sensors, array(self.age), self.imu_age, counts, array(self.voltage),
            array(self.temperature), np.zeros(4, bool), counters, dict(self.failures),
        )  # fmt: skip

    def write(self, targets: Mapping[str, float]) -> None:
        self.told.append("write")
        self.written.append(dict(targets))
        if self.stiff:
            self.position = dict(targets)

    def set_torque(self, on: bool) -> None:
        self.told.append(f"torque {on}")
        self.stiff = on

    def relax(self, wait: float = 0.02) -> bool:
        self.told.append("relax")
        self.stiff = False
        return self.limp_within_reach


class MadeUpGuardian:
    """Hears what the real one would."""

    lost_after = 10**9  # heartbeats

    def __init__(self) -> None:
        self.told: list[str] = []

    def wait_until_ready(self) -> None:
        self.told.append("ready")

    def beat(self) -> Stop | None:
        self.told.append("beat")
        return Stop(Reason.GUARDIAN_LOST, "made up") if len(self.told) > self.lost_after else None

    def dismiss(self) -> None:
        self.told.append("dismiss")


class MadeUpSource:
    """Somebody who says what a list has for so many seconds after listening began."""

    name, help = "made up", ""
    patience = lost_after = math.inf

    def __init__(self, *said: tuple[float, Velocity | Request | SourceLost]):
        """(seconds, what): a velocity stays until the next one."""
        self._said = list(said)
        self._velocity, self._began, self._given = STAND, 0.0, 0.0
        self.closed = False

    def open(self, now: float) -> None:
        self._began = self._given = now

    def poll(self, now: float) -> Order:
        request = None
        while self._said and self._said[0][0] <= now - self._began:
            _, what = self._said.pop(0)
            self._given = now
            if isinstance(what, SourceLost):
                raise what
            if isinstance(what, Request):
                request = what
                break
            self._velocity = what
        return Order(self._velocity, self._given, request)

    def close(self) -> None:
        self.closed = True


class MadeUpRun(NamedTuple):
    """What came of a run."""

    stop: Stop
    bus: MadeUpBus
    log: RobotLog
    told: list[str]
    steps: int

    def event(self, name: str) -> dict:
        """The last of that name."""
        return [event for event in self.log.events if event["name"] == name][-1]


class MadeUpRobot:
    """Everything a run needs, to be altered before it is run."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch):
        self.clock = MadeUpClock()
        monkeypatch.setattr(time, "perf_counter", self.clock.perf_counter)
        monkeypatch.setattr(time, "sleep", self.clock.sleep)
        self.policy: WalkingPolicy = made_up_policy(backend="numpy")
        self.hardware = hardware_of_robot(ROBOT, seed=5)
        self.home = dict(zip(self.policy.joint_names, self.policy.home.tolist(), strict=True))
        self.bus = MadeUpBus(self.hardware, self.home, self.clock)
        self.sources = [MadeUpSource((2.3, Request.GO), (3.8, Request.STOP))]
        self.confirm: Callable[[], bool] = lambda: True
        self.waits_for_go = True
        self.guardian = MadeUpGuardian()
        self.seconds: float | None = None
        self._folder = folder

    def at(self, seconds: float, fault: Callable[[MadeUpBus], None]) -> None:
        """A fault from so many seconds after the servos got stiff on."""
        began: list[float] = []

        def later(bus: MadeUpBus) -> None:
            if bus.stiff and not began:
                began.append(self.clock.now)
            if began and self.clock.now - began[0] >= seconds:
                fault(bus)

        self.bus.fault = later

    def run(self) -> MadeUpRun:
        """Runs it to its end."""
        told: list[str] = []
        (self._folder / "manifest.json").write_text("{}")
        path = self._folder / "run.wrlog"
        commander = Commander(self.sources, CommandRange(self.policy.manifest["command"]))
        plan = Plan(self.confirm, self.waits_for_go, self.seconds, told.append)
        with LogWriter(path, header_of(self.policy, self._folder, self.hardware, "robot: made up")) as log:
            recorder = self.recorder = StepRecorder(self.policy, self.hardware, log)
            run = RobotRun(self.policy, self.hardware, self.bus, commander, recorder, self.guardian, plan)
            stop = run.run()
        return MadeUpRun(stop, self.bus, read_log(path), told, recorder.lateness.steps)
