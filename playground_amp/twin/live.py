"""The twin in real time: pseudo-terminals that drivers open as they would open the robot's ports, and one thread."""

import contextlib
import gc
import math
import os
import select
import socket
import threading
import time
import tty
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.hardware.datagrams import LOCALHOST
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.robot.record import Robot
from playground_amp.twin.control import ControlSocket
from playground_amp.twin.faults import inject
from playground_amp.twin.world import IMU, World

_LONGEST_WAIT = 0.004  # s of the clock, so that the body never has much to make up
_HELD_UP = 0.02  # s behind from which on the twin's clock waits for it: a busy machine is no reason to fall
_SWITCH_PERIOD = 0.01  # s from one report of the foot switches to the next
_PUSH_PERIOD, _PUSH_SECONDS = 3.0, 0.2  # s from one push to the next, and that each lasts


class Pace(NamedTuple):
    """How the twin keeps time."""

    now: float  # s of its own
    held_up: float  # s that its clock has stood still, because this machine was busy
    latest: float  # s of the clock, the most that it was behind


class TwinClock:
    """The twin's time, `speed` times as fast as the machine's."""

    def __init__(self, speed: float = 1.0):
        self.speed, self._start = speed, time.perf_counter()
        self.held_up = self.latest = 0.0

    def now(self) -> float:
        """s."""
        return (time.perf_counter() - self._start) * self.speed

    def forgive(self, behind: float) -> None:
        """Takes note of being behind by so many s of the twin's; it stands still for what is too much."""
        self.latest = max(self.latest, behind / self.speed)
        if behind > _HELD_UP * self.speed:
            self._start += behind / self.speed
            self.held_up += behind


class PseudoTerminal:
    """A port: `path` is what a driver opens."""

    def __init__(self) -> None:
        self.descriptor, self._slave = os.openpty()  # held open: reading would fail whenever nobody has it open
        tty.setraw(self._slave)
        self.path = os.ttyname(self._slave)
        os.set_blocking(self.descriptor, False)

    def read(self) -> bytes:
        """What has come in."""
        with contextlib.suppress(BlockingIOError):
            return os.read(self.descriptor, 4096)
        return b""

    def write(self, data: bytes) -> None:
        """What nobody reads is lost, as on a UART."""
        with contextlib.suppress(BlockingIOError):
            os.write(self.descriptor, data)

    def close(self) -> None:
        """Hangs up."""
        os.close(self.descriptor)
        os.close(self._slave)


class Twin:
    """A robot that lives as long as the `with` block, behind ports of its own; the rest is asked by `control`."""

    def __init__(
        self,
        robot: Robot,
        written: HardwareFile,
        *,
        speed: float = 1.0,
        seed: int = 0,
        hold: bool = False,
        damped: bool = False,
        control_port: int = 0,
        faults: Sequence[str] = (),
        push: float = 0.0,
    ):
        """`written`: the robot as hardware.yaml will describe it. `hold`: the stand lets go only when it is told to.

        `damped`: limp servos resist motion as a shorted motor does.
        `faults`: those that it has from the beginning, as `faults.parse_fault` reads them. Raises UserError.
        `push`: N by which a free robot is pushed every few seconds, from drawn sides.
        """
        self.world = World(robot, written, self._send, seed=seed, auto_release=not hold, damped=damped)
        for fault in faults:
            inject(self.world, fault)
        self._control = ControlSocket(control_port)
        self._ports = {name: PseudoTerminal() for name in (*written.boards, IMU)}
        self._switches = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._switch_address = LOCALHOST, _free_port()
        paths = {name: port.path for name, port in self._ports.items()}
        self.hardware = _with_ports(written, paths, self._switch_address[1])
        self._clock, self._push = TwinClock(speed), push
        self._stopping, self._ended = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=self._live, name="twin", daemon=True)
        self.failure: Exception | None = None

    def __enter__(self) -> "Twin":
        gc.freeze()  # looking through all that has been imported would take it 20 ms, now and then
        self._clock = TwinClock(self._clock.speed)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self._ended.wait()
        for port in self._ports.values():
            port.close()
        self._switches.close()
        self._control.close()
        if self.failure is not None:
            raise self.failure

    def wait(self) -> None:
        """Returns when it has died."""
        while not self._ended.wait(0.5):  # a join that Ctrl-C breaks into may take the thread for ended
            pass

    @property
    def control_port(self) -> int:
        """UDP port on localhost: see `control`."""
        return self._control.port

    @property
    def pace(self) -> Pace:
        """How it keeps time."""
        return Pace(self.world.body.time, self._clock.held_up, self._clock.latest)

    def _send(self, port: str, data: bytes) -> None:
        self._ports[port].write(data)

    def _live(self) -> None:
        by_descriptor = {port.descriptor: (name, port) for name, port in self._ports.items()}
        try:
            self.world.agenda.add(0.0, self._report_switches)
            if self._push:
                self.world.agenda.add(_PUSH_PERIOD, self._push_now)
            while not self._stopping.is_set():
                due = min(self.world.next_time, self._clock.now() + _LONGEST_WAIT * self._clock.speed)
                wait = max(due - self._clock.now(), 0.0) / self._clock.speed
                ready, _, _ = select.select((*by_descriptor, self._control.fileno()), (), (), wait)
                self._clock.forgive(self._clock.now() - due)
                now = self._clock.now()
                for descriptor in set(ready) & by_descriptor.keys():
                    name, port = by_descriptor[descriptor]
                    self.world.receive(name, port.read(), now)
                self.world.advance(now)
                if self._control.fileno() in ready:
                    self._control.serve(self.world, lambda: {"pace": self.pace._asdict()})
        except Exception as error:  # told by whoever lives with it
            self.failure = error
        finally:
            self._ended.set()

    def _report_switches(self, now: float) -> None:
        self._switches.sendto(bytes(self.world.body.switches), self._switch_address)
        self.world.agenda.add(now + _SWITCH_PERIOD, self._report_switches)

    def _push_now(self, now: float) -> None:
        world, angle = self.world, self.world.rng.uniform(-math.pi, math.pi)
        if world.stand.state == "free":
            world.body.push(self._push * np.array([math.cos(angle), math.sin(angle), 0.0]), _PUSH_SECONDS)
        world.agenda.add(now + _PUSH_PERIOD, self._push_now)


def _with_ports(written: HardwareFile, paths: dict[str, str], switch_port: int) -> HardwareFile:
    boards = {name: board._replace(port=paths[name]) for name, board in written.boards.items()}
    imu = written.imu._replace(kind="bno085_uart", port=paths[IMU])
    switches = written.switches._replace(kind="udp", port=switch_port)
    return written._replace(boards=boards, imu=imu, switches=switches)


def _free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind((LOCALHOST, 0))
        return probe.getsockname()[1]
