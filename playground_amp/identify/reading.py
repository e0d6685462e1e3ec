"""Bench logs from CSV or npz files, columns by name; what cannot be a log of a servo is refused in a sentence."""

import csv
import difflib
import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from playground_amp.errors import UserError
from playground_amp.files import ARCHIVE_ERRORS, read_input, read_text, require_modest
from playground_amp.identify.bench import Load
from playground_amp.identify.bench_log import BenchLog

REQUIRED = ("time", "target", "position")
LOAD = ("mass", "length", "inertia")
OPTIONAL = ("target_time", "torque_on", *LOAD)
SHORTEST = 2.0  # s
_FEWEST = 100  # readings
_MOST = 5_000_000
_GAP = 0.5  # s without a reading, and
_TIMES_USUAL = 20.0  # times as long as usual: a clock that jumps
_WIDEST = 2 * np.pi  # rad that a servo can turn
_LEAST_MOTION = 0.05  # rad
_NEVER_THERE = 0.3  # rad between target and position, median, and
_FOLLOWS = 0.25  # of the target's movement: it pushes against its limit all along


def read_bench_log(path: Path, load: Mapping[str, float]) -> BenchLog:
    """A log of one servo.

    Args:
        path: a .csv or .npz file with columns time (s), target and position (rad); torque_on (0 or 1), if its torque
            was switched; target_time (s), if targets were sent at other times than those of the readings; mass (kg),
            length (m, from the axis to the load's center of mass) and inertia (kg·m² about the axis; without it, of a
            point) may stand in the file too.
        load: those three, where the file does not say.

    Raises:
        UserError: columns missing, numbers that are none, clocks that jump, other units, too little motion.
    """
    columns = _read_npz(path) if path.suffix == ".npz" else _read_csv(path)
    for name in REQUIRED:
        if name not in columns:
            near = difflib.get_close_matches(name, columns, n=1, cutoff=0.5)
            meant = f" (is it {near[0]!r}?)" if near else ""
            raise UserError(f"{path}: no column {name!r}{meant}; it has {', '.join(map(repr, columns)) or 'none'}")
    time, target, position = (np.asarray(columns[name], float) for name in REQUIRED)
    on = np.asarray(columns.get("torque_on", np.ones(len(time))), float) > 0.5
    sent = np.asarray(columns.get("target_time", time), float)
    if not len(time) == len(target) == len(position) == len(on) == len(sent):
        raise UserError(f"{path}: columns are of different lengths")
    log = BenchLog(path.stem, _load(path, columns, load), time, sent, target, position, on)
    _check_numbers(path, log)
    _check_clock(path, log.time)
    _check_sent(path, log)
    _check_units(path, log)
    _check_motion(path, log)
    return log


def _load(path: Path, columns: Mapping[str, np.ndarray], given: Mapping[str, float]) -> Load:
    """What the servo turns."""
    values = dict(given)
    for name in LOAD:
        if name in columns:
            column = np.unique(np.asarray(columns[name], float))
            if len(column) != 1:
                raise UserError(f"{path}: {name} changes within the log, from {column[0]:g} to {column[-1]:g}")
            values[name] = float(column[0])
    for name in LOAD[:2]:
        if name not in values:
            raise UserError(f"{path}: the load's {name} is neither a column nor given (--{name})")
    mass, length = values["mass"], values["length"]
    inertia = values.get("inertia", mass * length**2)
    if not (0 <= mass < 1e3 and 0 <= length < 10 and mass * length**2 * (1 - 1e-9) <= inertia < 1e4):
        raise UserError(
            f"{path}: a load of {mass:g} kg at {length:g} m with {inertia:g} kg·m² about the axis cannot be: the "
            "inertia is at least mass × length²"
        )
    return Load(mass, length, inertia)


def _read_csv(path: Path) -> dict[str, np.ndarray]:
    text = read_text(path, "the log")
    rows = csv.reader(line for line in io.StringIO(text) if not line.startswith("#") and line.strip())
    names = [name.strip() for name in next(rows, [])]
    if len(set(names)) < len(names):
        raise UserError(f"{path}: a column's name appears twice")
    values: list[list[float]] = []
    for number, row in enumerate(rows, start=2):
        try:
            values.append([float(x) if x.strip() else np.nan for x in row])
        except ValueError:
            raise UserError(f"{path}: row {number} is {','.join(row)[:60]!r}, every column must be a number") from None
        if len(row) != len(names):
            raise UserError(f"{path}: row {number} has {len(row)} columns, the first one {len(names)}")
        if len(values) > _MOST:
            raise UserError(f"{path}: more than {_MOST} rows")
    table = np.array(values).reshape(-1, len(names))
    return dict(zip(names, table.T, strict=True))


def _read_npz(path: Path) -> dict[str, np.ndarray]:
    data = read_input(path, "the log")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            require_modest(archive)
        with np.load(io.BytesIO(data), allow_pickle=False) as file:
            columns = {name: np.asarray(file[name]) for name in file.files}
    except ARCHIVE_ERRORS as error:
        raise UserError(f"{path} is no npz file: {error}") from None
    rows = max((column.size for column in columns.values()), default=0)
    wrong = [name for name, column in columns.items() if column.ndim > 1 or column.dtype.kind not in "fiub"]
    if wrong and wrong[0] in (*REQUIRED, *OPTIONAL):
        raise UserError(f"{path}: {wrong[0]} is no column of numbers")
    return {
        name: np.broadcast_to(column, rows) if column.ndim == 0 else column
        for name, column in columns.items()
        if name not in wrong
    }


def _check_numbers(path: Path, log: BenchLog) -> None:
    columns = ("time", log.time), ("target_time", log.sent), ("target", log.target), ("position", log.position)
    for name, column in columns:
        bad = np.flatnonzero(~np.isfinite(column))
        if bad.size:
            raise UserError(f"{path}: {name} is {column[bad[0]]} in row {bad[0] + 2} (and {bad.size - 1} others)")


def _check_clock(path: Path, time: np.ndarray) -> None:
    if len(time) < _FEWEST or time[-1] - time[0] < SHORTEST:
        length = f"{time[-1] - time[0]:.3g} s" if len(time) else "nothing"
        raise UserError(f"{path}: {len(time)} readings, {length}: at least {_FEWEST} and {SHORTEST:g} s are needed")
    steps = np.diff(time)
    usual = float(np.median(steps))
    if np.any(steps < 0):
        row = int(np.argmax(steps < 0))
        raise UserError(f"{path}: the clock goes back by {-steps[row]:.3g} s in row {row + 3}")
    if usual > _GAP or usual == 0:
        raise UserError(f"{path}: a reading every {usual:g}: is the time in seconds?")
    worst = int(np.argmax(steps))
    if steps[worst] > max(_GAP, _TIMES_USUAL * usual):
        raise UserError(
            f"{path}: the clock jumps by {steps[worst]:.3g} s in row {worst + 3} (it usually takes {usual:.2g} s): cut "
            "the log there"
        )


def _check_sent(path: Path, log: BenchLog) -> None:
    early = log.time - log.sent
    if np.any(np.diff(log.sent) < 0) or np.max(np.abs(early)) > _GAP:
        raise UserError(
            f"{path}: target_time goes back, or is up to {np.max(np.abs(early)):.3g} s from time: it is the time at "
            "which the row's target was sent, on the same clock"
        )


def _check_units(path: Path, log: BenchLog) -> None:
    for name, column in (("target", log.target), ("position", log.position)):
        width = float(np.ptp(column))
        if width > _WIDEST or np.max(np.abs(column)) > 2 * _WIDEST:
            unit = "counts" if np.all(column == np.round(column)) else "degrees"
            raise UserError(
                f"{path}: {name} goes from {np.min(column):.4g} to {np.max(column):.4g}: {unit}? Angles are in rad"
            )
    moved, asked = float(np.ptp(log.position)), float(np.ptp(log.target))
    pairs = (asked / max(moved, 1e-9), "target", "position"), (moved / max(asked, 1e-9), "position", "target")
    for ratio, first, other in pairs:
        if ratio > 20 and min(moved, asked) > 0.005:
            raise UserError(f"{path}: the {first} moves {ratio:.0f} times as far as the {other}: are both in rad?")


def _check_motion(path: Path, log: BenchLog) -> None:
    moved = float(np.ptp(log.position))
    if moved < _LEAST_MOTION:
        raise UserError(
            f"{path}: the servo moves by {moved:.3g} rad in all, too little: it takes at least {_LEAST_MOTION:g}"
        )
    off = np.abs(log.target - log.position)[log.torque_on]
    moves, should = (float(np.subtract(*np.quantile(column, (0.75, 0.25)))) for column in (log.position, log.target))
    if off.size and (usual := float(np.median(off))) > _NEVER_THERE and moves < _FOLLOWS * should:
        raise UserError(
            f"{path}: half the time the servo is more than {usual:.2g} rad off its target: it saturates all along, or "
            "is off, and only its limit shows; take a smaller load or slower targets (or torque_on 0 where it is off)"
        )
