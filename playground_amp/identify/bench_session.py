"""A trial on a servo of a robot's hardware file, written as a bench log."""

import csv
import io
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.lines import open_line
from playground_amp.identify.recording import COLUMNS, record_trial
from playground_amp.identify.trials import Trial
from playground_amp.outputs import OutputKind, write_output


def _is_bench_log(path: Path) -> bool:
    with open(path, encoding="utf-8", errors="replace") as file:
        return file.readline().strip() == ",".join(COLUMNS)


BENCH_LOG = OutputKind("a bench log (CSV)", _is_bench_log)


def take_log(hardware: HardwareFile, joint: str, trial: Trial, mass: float, length: float, path: Path) -> int:
    """Records a trial around where the load hangs now, and writes it; how many readings it has.

    Raises:
        UserError: the servo does not answer, its line cannot be opened, the log cannot be written.
    """
    servo = hardware.servos[joint]
    setup = hardware.boards[servo.board]
    try:
        line = open_line(setup)
        try:
            line.set_torque(servo.id, False)
            hanging = next(iter(line.read_positions([servo.id])), None)
            if hanging is None:
                raise UserError(f"servo {servo.id} at {setup.port} does not answer: its id and supply are the suspects")
            rows = record_trial(line, servo, trial, servo.angle(hanging.counts))
        finally:
            line.close()
    except OSError as error:
        raise UserError(f"{setup.port}: {error.strerror or error}") from None
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows([*(f"{value:.6f}" for value in row), mass, length] for row in rows)
    write_output(path, BENCH_LOG, text.getvalue().encode())
    return len(rows)
