import socket
import sys
import types
from typing import ClassVar

import pytest

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import SwitchSetup
from playground_amp.hardware.switches import open_switches


def test_a_robot_without_switches_presses_none() -> None:
    assert open_switches(SwitchSetup("none")).read() == (False, False, False, False)


def test_the_twins_come_as_datagrams() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    switches = open_switches(SwitchSetup("udp", port=port))
    with pytest.raises(UserError, match=f"port {port} cannot be opened"):
        open_switches(SwitchSetup("udp", port=port))
    assert switches.read() == (False,) * 4
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as robot:
        for packet in (b"\1\1\0\0", b"\1\0\0\1", b"\1"):
            robot.sendto(packet, ("127.0.0.1", port))
    assert switches.read() == switches.read() == (True, False, False, True)
    switches.close()


def test_pins_are_read_in_their_order(monkeypatch: pytest.MonkeyPatch) -> None:
    class Lines:
        asked: ClassVar[list] = []

        def get_values(self, pins):
            return [pin in (6, 19) for pin in pins]

        def release(self):
            self.asked.append("released")

    def request_lines(chip, consumer, config):
        Lines.asked.append((chip, config))
        return Lines()

    line = types.SimpleNamespace(
        Bias=types.SimpleNamespace(PULL_UP="up"),
        Direction=types.SimpleNamespace(INPUT="in"),
        Value=types.SimpleNamespace(ACTIVE=True),
    )
    fake = types.SimpleNamespace(line=line, request_lines=request_lines, LineSettings=dict, Chip=None)
    monkeypatch.setitem(sys.modules, "gpiod", fake)
    monkeypatch.setitem(sys.modules, "gpiod.line", line)
    switches = open_switches(SwitchSetup("gpio", (5, 6, 13, 19)))
    assert switches.read() == (False, True, False, True)
    switches.close()
    settings = {"direction": "in", "bias": "up", "active_low": True}
    assert Lines.asked == [("/dev/gpiochip0", {(5, 6, 13, 19): settings}), "released"]
