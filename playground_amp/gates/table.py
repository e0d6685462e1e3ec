"""What a gate found, for people (a table) and for programs (a JSON)."""

import dataclasses
import hashlib
import math
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from playground_amp.gates.cells import Cell, Check, Gate
from playground_amp.gates.effort_metrics import JointTorques
from playground_amp.gates.gait_metrics import EpisodeFigures
from playground_amp.gates.gates import GATES
from playground_amp.gates.judgement import CellResult, CheckResult
from playground_amp.gates.runner import GateRun
from playground_amp.robot.names import JOINT_NAMES

_SCALARS = tuple(field.name for field in dataclasses.fields(EpisodeFigures) if field.name != "joints")
_LIBRARIES = ("jax", "mujoco", "mujoco-mjx")
_WIDTH_WITHOUT_TERMINAL = 110
_WIDTH_OF_COLUMNS = 172
_HEADINGS = {  # of columns, with units
    "mean_speed": "mean speed m/s",
    "speed_error": "speed error",
    "lateral_error": "lateral error m",
    "swing_clearance": "swing clear. m",
    "velocity_error": "speed error m/s",
    "yaw_rate_error": "yaw rate error rad/s",
    "heading_error": "heading error rad",
    "torque_rms": "torque RMS N·m",
    "torque_p99": "torque p99 N·m",
    "torque_saturation": "torque > 95 %",
    "power": "power W",
    "cost_of_transport": "cost of transport",
    "foot_slip": "foot slip m/s",
    "step_asymmetry": "step asymm.",
    "action_jitter": "action jitter rad",
}


def print_report(run: GateRun, console: Console | None = None) -> None:
    """A table of the cells and their checks and the verdict, on stdout unless a console is given."""
    console = console or Console()
    if not console.is_terminal:
        width = _WIDTH_OF_COLUMNS if run.gate.columns else _WIDTH_WITHOUT_TERMINAL
        console = Console(file=console.file, width=width)
    console.print(_table_of_cells(run) if run.gate.columns else _table_of_checks(run))
    if reduced := reductions(run.gate):
        console.print(f"reduced: {', '.join(reduced)}; this is not the full gate")
    console.print(f"[bold {_color(run.passed)}]gate {run.gate.name} {'passed' if run.passed else 'FAILED'}[/]")
    for cell in run.cells:
        if not cell.passed:
            console.print(f"  {cell.cell.name}: {', '.join(cell.failed_checks)}")


def _table_of_checks(run: GateRun) -> Table:
    """A line for every check of every cell."""
    table = _empty_table(run, left=("cell", "check"), right=("limit", "worst", "mean", "failed"))
    for cell in run.cells:
        for index, result in enumerate(cell.checks):
            name = cell.cell.name if index == 0 else ""
            table.add_row(name, *_row(result, len(cell.episodes)), end_section=index == len(cell.checks) - 1)
    return table


def _table_of_cells(run: GateRun) -> Table:
    """A line for every cell: the survival with its 95 % interval, and means over the episodes without a fall."""
    columns = run.gate.columns
    table = _empty_table(run, left=("cell",), right=("survival", *(_HEADINGS[figure] for figure in columns)))
    for cell in run.cells:
        survival = cell.survival
        share = f"{survival.share:.3f} ({survival.low:.2f}–{survival.high:.2f})"
        cells = [_marked(cell, "survived", share)]
        cells += [_marked(cell, figure, _number(cell.mean(figure))) for figure in columns]
        table.add_row(cell.cell.name, *cells, _verdict(cell.passed))
    return table


def _empty_table(run: GateRun, left: Sequence[str], right: Sequence[str]) -> Table:
    table = Table(title=f"gate {run.gate.name}: {describe_physics(run.gate)}", title_justify="left")
    for heading in left:
        table.add_column(heading, no_wrap=True)
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=heading == "survival")
    table.add_column("")
    return table


def _marked(cell: CellResult, figure: str, text: str) -> str:
    """The text in the color of the cell's check of that figure, as it is where there is no check."""
    verdicts = [result.passed for result in cell.checks if result.check.figure == figure]
    return f"[{_color(all(verdicts))}]{text}[/]" if verdicts else text


def as_json(run: GateRun, checkpoint: Path, seconds: float) -> dict[str, Any]:
    """Everything that is needed to repeat and to compare the run, as plain values without NaN.

    Args:
      run: the gate's run.
      checkpoint: the file that was judged.
      seconds: wall clock the run took.
    """
    return {
        "gate": run.gate.name,
        "passed": run.passed,
        "full_gate": run.gate == GATES[run.gate.name],
        "reduced": reductions(run.gate),
        "checkpoint": {"path": str(checkpoint), "sha256": hashlib.sha256(checkpoint.read_bytes()).hexdigest()},
        "control_dt_s": run.config.env.control_dt,
        "randomized": run.gate.randomized,
        "seed": run.gate.seed,
        "wall_clock_s": seconds,
        "libraries": {library: version(library) for library in _LIBRARIES},
        "checks": [dataclasses.asdict(check) for check in run.gate.checks],
        "cells": [_cell_as_json(cell) for cell in run.cells],
    }


def describe_physics(gate: Gate) -> str:
    """The physics of a gate in a few words."""
    kinds = dict.fromkeys(
        f"engine {cell.physics.engine}, {cell.physics.timestep * 1000:g} ms steps" for cell in gate.cells
    )
    robots = "randomized robots" if gate.randomized else "the nominal robot"
    return f"{' and '.join(kinds)}, {robots}, deterministic policy from rest"


def reductions(gate: Gate) -> list[str]:
    """In words, what of the full gate was left out or changed; empty for the full gate."""
    full = GATES[gate.name]
    changes = []
    if missing := len(full.cells) - len(gate.cells):
        changes.append(f"{len(gate.cells)} of {len(full.cells)} cells" if missing > 0 else "other cells")
    for name, unit in (("distance", "m"), ("episodes", "episodes")):
        now, then = (sorted({getattr(cell, name) for cell in each.cells}) for each in (gate, full))
        if not set(now) <= set(then):
            changes.append(f"{_join(now)} {unit} of {_join(then)} {unit}")
    engines = {cell.name: cell.physics.engine for cell in full.cells}
    changed = dict.fromkeys(
        f"engine {cell.physics.engine} instead of {engines[cell.name]}"
        for cell in gate.cells
        if cell.physics.engine != engines[cell.name]
    )
    return [*changes, *changed]


def _row(result: CheckResult, episodes: int) -> tuple[str, ...]:
    check = result.check
    sign = "≥" if check.bound == "at least" else "≤"
    failed = f"{len(result.failed_episodes)} of {episodes}"
    limit = f"{sign} {_number(check.limit)} {check.unit}".rstrip()
    return _title(check), limit, _number(result.worst), _number(result.mean), failed, _verdict(result.passed)


def _verdict(passed: bool) -> str:
    return f"[{_color(passed)}]{'pass' if passed else 'FAIL'}[/]"


def _cell_as_json(cell: CellResult) -> dict[str, Any]:
    return {
        "name": cell.cell.name,
        **_task_as_json(cell.cell),
        "gait_cycle_s": cell.gait_cycle,
        "passed": cell.passed,
        "survival": dataclasses.asdict(cell.survival),
        "checks": [
            {
                "figure": result.check.figure,
                "worst": result.worst,
                "mean": result.mean,
                "failed_episodes": list(result.failed_episodes),
                "passed": result.passed,
            }
            for result in cell.checks
        ],
        "limits": [dataclasses.asdict(check) for check in cell.cell.checks],
        "means": {name: cell.mean(name) for name in _SCALARS},
        "joints": _joint_means(cell),
        "episodes": [{name: getattr(figures, name) for name in _SCALARS} for figures in cell.episodes],
    }


def _task_as_json(cell: Cell) -> dict[str, Any]:
    return {
        "speed_m_s": cell.speed,
        "program": [dataclasses.asdict(segment) for segment in cell.program],
        "distance_m": cell.distance if math.isfinite(cell.distance) else None,
        "time_limit_s": cell.time_limit,
        "push_N": cell.shove.force if cell.shove else 0.0,
        "scene": cell.scene,
        "physics": dataclasses.asdict(cell.physics),
    }


def _joint_means(cell: CellResult) -> dict[str, dict[str, float]]:
    """Of every joint, the means over all episodes of what `JointTorques` holds."""
    columns = {
        field.name: np.mean([getattr(figures.joints, field.name) for figures in cell.episodes], axis=0)
        for field in dataclasses.fields(JointTorques)
    }
    return {
        joint: {name: float(values[index]) for name, values in columns.items()}
        for index, joint in enumerate(JOINT_NAMES)
    }


def _title(check: Check) -> str:
    return check.figure.replace("_", " ")


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _color(passed: bool) -> str:
    return "green" if passed else "red"


def _join(values: Sequence[float]) -> str:
    return " and ".join(f"{value:g}" for value in values)
