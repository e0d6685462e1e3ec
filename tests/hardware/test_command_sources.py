"""Who leads the robot: keys, a gamepad, datagrams; and what becomes of what they say."""

import contextlib
import os
import pty
import signal
import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground_amp.hardware import datagrams
from playground_amp.hardware.commander import Commander, Signals, ToldToEnd
from playground_amp.hardware.commands import STAND, CommandRange, FixedCommand, Request, SourceLost, UdpCommands
from playground_amp.hardware.gamepad import Gamepad
from playground_amp.hardware.keyboard import Keyboard
from playground_amp.hardware.stops import Reason

RANGE = CommandRange({"trained": [[-0.25, 0.8], [-0.2, 0.2], [-0.8, 0.8]]})


@contextlib.contextmanager
def restored_signals() -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def send(port: int, *datagrams: bytes) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        for datagram in datagrams:
            sender.sendto(datagram, ("127.0.0.1", port))


def test_velocities_are_held_to_what_was_trained_and_little_means_stand() -> None:
    assert RANGE.limited((0.3, 0.1, -0.2)) == (0.3, 0.1, -0.2)
    assert RANGE.limited((2, -1, 9)) == (0.8, -0.2, 0.8)
    assert RANGE.limited((0.03, 0.02, 0.05)) == STAND
    assert RANGE.limited((0.0, 0.0, 0.1)) == (0.0, 0.0, 0.1)
    assert RANGE.stretched((1, -0.5, 0)) == (0.8, -0.1, 0)
    assert RANGE.stretched((-1, 0, -1)) == (-0.25, 0, -0.8)


def test_datagrams_are_understood_or_ignored_and_grow_old() -> None:
    source = UdpCommands(0, command_age=1.0)
    try:
        send(source.port, b"0.5 0 0")
        source.open(10.0)
        assert source.poll(10.0).velocity == STAND  # said before it listened
        send(
            source.port,
            b"0.1 0 0",
            b"nonsense",
            b"1 2",
            b"nan 0 0",
            b"-1e308 1e308 3",
            b"inf 0 0",
            b"\xff\xfe",
            b"",
            b"0.3 0 -0.1\n",
        )
        order = source.poll(10.1)
        assert (order.velocity, order.given, order.request) == ((0.3, 0.0, -0.1), 10.1, Request.GO)
        send(source.port, b"limp", b"stop", b"0.4 0 0")
        assert source.poll(10.2).request is Request.LIMP  # the most urgent one
        assert source.poll(10.3).request is None

        commander = Commander([source], RANGE)
        assert commander.poll(11.1).velocity == (0.4, 0.0, 0.0)
        assert commander.poll(11.3).velocity == STAND  # silent for 1.1 s
        assert commander.poll(11.3).stop is None
        stop = commander.poll(20.3).stop
        assert stop is not None
        assert stop.reason is Reason.NO_COMMAND
        assert "silent for 10 s" in stop.text
    finally:
        source.close()


def test_whoever_sends_without_pause_does_not_hold_up_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datagrams, "_MOST_AT_ONCE", 3)
    source = UdpCommands(0, command_age=1.0)
    send(source.port, *(f"0.{number} 0 0".encode() for number in range(1, 6)))
    assert [source.poll(0.0).velocity[0] for _ in range(2)] == [0.3, 0.5]
    source.close()


def test_a_leader_that_is_gone_when_listening_begins_is_told_when_it_is_asked() -> None:
    master, slave = pty.openpty()
    keyboard = Keyboard(RANGE, slave)
    os.close(master)
    commander = Commander([keyboard, Signals()], RANGE)
    with restored_signals():
        commander.open(0.0)
    stop = commander.poll(0.0).stop
    assert stop is not None
    assert stop.reason is Reason.NO_COMMAND
    os.close(slave)


def test_keys_add_up_and_the_terminal_is_given_back() -> None:
    master, slave = pty.openpty()
    keyboard = Keyboard(RANGE, slave)
    os.write(master, b"iii")
    keyboard.open(5.0)
    assert keyboard.poll(5.0).velocity == STAND  # pressed before
    os.write(master, b"IIiJ")
    forward, left, turn = keyboard.poll(5.5).velocity
    assert (forward, left, turn) == pytest.approx((3 * 0.06 * 0.8, 0.0, 0.125 * 0.8))
    assert keyboard.poll(6.0).given == 5.5
    os.write(master, b"h")
    assert keyboard.poll(6.5).velocity == STAND
    for key, request in ((b"\n", Request.GO), (b"q", Request.STOP), (b" ", Request.LIMP), (b" q", Request.LIMP)):
        os.write(master, key)
        assert keyboard.poll(7.0).request is request
    commander = Commander([keyboard], RANGE)
    os.write(master, b"i" * 9)
    assert commander.poll(8.0).velocity[0] > 0.4
    assert commander.poll(39.0).velocity == STAND  # a lost connection presses no key either
    assert commander.poll(1e4).stop is None
    os.close(master)
    with pytest.raises(SourceLost):
        keyboard.poll(9.0)
    keyboard.close()
    os.close(slave)


def event(value: int, kind: int, number: int) -> bytes:
    return struct.pack("<IhBB", 1234, value, kind, number)


def test_a_gamepad_leads_as_long_as_its_shoulder_button_is_held(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "js0")
    reading = os.open(tmp_path / "js0", os.O_RDONLY | os.O_NONBLOCK)
    device = os.open(tmp_path / "js0", os.O_WRONLY)
    pad = Gamepad(RANGE, tmp_path / "js0")
    os.close(reading)
    os.write(device, event(0, 0x81, 0) + event(0, 0x82, 1) + event(-32767, 2, 1))
    pad.open(0.0)
    assert pad.poll(1.0).velocity == STAND
    os.write(device, event(1, 1, 4))
    assert pad.poll(2.0).velocity == (0.8, 0.0, 0.0)
    os.write(device, event(1000, 2, 1) + event(32767, 2, 3))  # almost in the middle; to the right
    assert pad.poll(3.0).velocity == (0.0, 0.0, -0.8)
    os.write(device, event(0, 1, 4))
    assert pad.poll(4.0).velocity == STAND
    for number, request in ((0, Request.GO), (7, Request.STOP), (1, Request.LIMP)):
        os.write(device, event(1, 1, number))
        assert pad.poll(5.0).request is request
    os.close(device)
    with pytest.raises(SourceLost, match="is gone"):
        pad.poll(6.0)
    pad.close()


def test_what_is_no_device_is_no_gamepad(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for path in (tmp_path, tmp_path / "file"):
        with pytest.raises(OSError, match="No such device"):
            Gamepad(RANGE, path)


def test_others_than_the_leader_may_only_stop_it() -> None:
    source = UdpCommands(0, command_age=1.0)
    commander = Commander([FixedCommand((0.3, 0.0, 0.0)), source], RANGE)
    commander.open(0.0)
    send(source.port, b"0.6 0 0")
    assert commander.poll(0.1).velocity == (0.3, 0.0, 0.0)
    send(source.port, b"stop")
    assert commander.poll(0.2).request is Request.STOP
    assert commander.poll(100.0).stop is None
    commander.close()


def test_signals_ask_to_stop_then_to_go_limp_and_end_the_run() -> None:
    with restored_signals():
        signals = Signals()
        signals.open(0.0)
        for number, request in (
            (signal.SIGINT, Request.STOP),
            (signal.SIGINT, Request.LIMP),
            (signal.SIGTERM, Request.END),
            (signal.SIGHUP, Request.END),
        ):
            signal.raise_signal(number)
            assert signals.poll(0.0).request is request
        assert signals.poll(0.0).request is None
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.raise_signal(number)
        assert signals.poll(0.0).request is Request.END  # the more urgent one


def test_before_it_listens_the_end_breaks_off_whatever_waits() -> None:
    with restored_signals():
        signals = Signals()
        signals.break_off()
        for number in (signal.SIGTERM, signal.SIGHUP):
            with pytest.raises(ToldToEnd, match=number.name):
                signal.raise_signal(number)
        signals.open(0.0)
        signal.raise_signal(signal.SIGTERM)
        assert signals.poll(0.0).request is Request.END
