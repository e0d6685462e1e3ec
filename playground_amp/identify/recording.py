"""Takes a bench log from a servo on its line: sends a trial's targets and reads, as fast as the line goes."""

import time
from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import ServoSetup
from playground_amp.hardware.line import ServoLine
from playground_amp.identify.trials import Trial, duration, orders

COLUMNS = ("time", "target_time", "target", "position", "torque_on", "mass", "length")
_LOST_IN_A_ROW = 50
_START_SPEED = 0.5  # rad/s to the first target


class BenchRow(NamedTuple):
    """One reading."""

    time: float
    target_time: float
    target: float
    position: float
    torque_on: float


def record_trial(
    line: ServoLine, servo: ServoSetup, trial: Trial, hanging: float, now: Callable[[], float] = time.perf_counter
) -> list[BenchRow]:
    """One log of a servo, which is limp afterwards, whatever happens.

    Args:
        line: the servo's line.
        servo: the servo on it.
        trial: what it does.
        hanging: rad, the servo's angle where the load hangs straight down: trials are around it.
        now: the clock, s.

    Raises:
        UserError: the servo does not answer.
        OSError: the line is gone.
    """
    rows: list[BenchRow] = []
    lost = 0
    try:
        _go_to(line, servo, hanging + float(orders(trial, np.zeros(1))[0][0]), now)
        began, on = now(), True
        while (passed := now() - began) < duration(trial):
            target, stiff = (column[0] for column in orders(trial, np.array([passed])))
            counts = servo.counts(hanging + float(target))
            if bool(stiff) != on:
                on = bool(stiff)
                line.set_torque(servo.id, on)
            sent = now() - began
            if on:
                line.write_positions({servo.id: counts})
            reading = next(iter(line.read_positions([servo.id])), None)
            lost = 0 if reading else lost + 1
            if lost > _LOST_IN_A_ROW:
                raise UserError(f"servo {servo.id} does not answer any more: {len(rows)} readings were taken")
            if reading:
                taken = reading.taken - began
                rows.append(BenchRow(taken, sent, servo.angle(counts), servo.angle(reading.counts), float(on)))
    finally:
        line.set_torque(servo.id, False)
    return rows


def _go_to(line: ServoLine, servo: ServoSetup, target: float, now: Callable[[], float]) -> None:
    """From wherever it is, slowly."""
    reading = next(iter(line.read_positions([servo.id])), None)
    if reading is None:
        raise UserError(f"servo {servo.id} does not answer: its id, its line's port and its supply are the suspects")
    start = servo.angle(reading.counts)
    line.write_positions({servo.id: reading.counts})
    line.set_torque(servo.id, True)
    began, seconds = now(), abs(target - start) / _START_SPEED
    while (passed := now() - began) < seconds:
        line.write_positions({servo.id: servo.counts(start + (target - start) * passed / seconds)})
        next(iter(line.read_positions([servo.id])), None)
