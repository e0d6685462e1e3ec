"""What the robot's sensors say now, as a table for people."""

import math
from typing import NamedTuple

import numpy as np

from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.robot_bus import BusSnapshot, RobotBus
from playground_amp.rotations import rotate_inverse

_PATIENCE = 2.0  # s
_OLD = 0.5  # s


class ReadingTable(NamedTuple):
    """The table, and what did not answer."""

    text: str
    silent: tuple[str, ...]


def reading_table(hardware: HardwareFile, bus: RobotBus) -> ReadingTable:
    """Reads until everything has answered, voltages too, or two seconds have passed."""
    now = bus.wait_for_readings(_PATIENCE, health=True)
    silent = [name for name, age in zip(hardware.joint_names, now.joint_age, strict=True) if not age < _OLD]
    if not now.imu_age < _OLD:
        silent.append("imu")
    width = max(map(len, hardware.joint_names))
    lines = [f"{'joint':{width}}  board            id  counts      rad   degrees      V    °C"]
    lines += [_line(hardware, now, place, width) for place in range(len(hardware.servos))]
    gravity = rotate_inverse(np.array([0.0, 0.0, -1.0]), np.asarray(now.sensors.orientation, float))
    lines.append(f"gravity in the frame of the model's IMU: {', '.join(f'{part:+.2f}' for part in gravity)}")
    pressed = ["pressed" if it else "open" for it in now.switches]
    lines.append(f"switches, left toe and heel, right toe and heel: {', '.join(pressed)}")
    lines += [f"{name}: {why}" for name, why in now.failures.items()]
    if silent:
        lines.append(f"no answer: {', '.join(silent)}")
    return ReadingTable("\n".join(lines), tuple(silent))


def _line(hardware: HardwareFile, now: BusSnapshot, place: int, width: int) -> str:
    name = hardware.joint_names[place]
    servo, angle = hardware.servos[name], float(now.sensors.joint_position[name])
    numbers = f"{now.counts[place]:7.0f} {angle:+8.3f} {math.degrees(angle):+9.1f}"
    return (
        f"{name:{width}}  {servo.board:14} {servo.id:4} {numbers} "
        f"{now.voltage[place]:6.1f} {now.temperature[place]:5.0f}"
    )
