"""What a gate found, for people (a table) and for programs (a JSON)."""

import dataclasses
import hashlib
import json
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from playground_amp.evaluation.gates import GATES, CellResult, Check, CheckResult, Gate
from playground_amp.evaluation.runner import GateRun

_LIBRARIES = ("jax", "mujoco", "mujoco-mjx")
_WIDTH_WITHOUT_TERMINAL = 110


def print_report(run: GateRun, console: Console | None = None) -> None:
    """A table of every check in every cell and the verdict, on stdout unless a console is given."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
    table = Table(title=f"gate {run.gate.name}: {describe_physics(run)}", title_justify="left")
    for heading in ("cell", "check"):
        table.add_column(heading)
    for heading in ("limit", "worst", "mean", "failed"):
        table.add_column(heading, justify="right")
    table.add_column("")
    for cell in run.cells:
        for index, result in enumerate(cell.checks):
            name = cell.cell.name if index == 0 else ""
            table.add_row(name, *_row(result, len(cell.episodes)), end_section=index == len(cell.checks) - 1)
    console.print(table)
    if reduced := reductions(run.gate):
        console.print(f"reduced: {', '.join(reduced)}; this is not the full gate")
    console.print(f"[bold {_color(run.passed)}]gate {run.gate.name} {'passed' if run.passed else 'FAILED'}[/]")
    for cell in run.cells:
        if not cell.passed:
            console.print(f"  {cell.cell.name}: {', '.join(cell.failed_checks)}")


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
        "physics": {
            "engine": run.gate.engine,
            "timestep_s": run.gate.timestep,
            "control_dt_s": run.config.env.control_dt,
            "solver_iterations": run.gate.solver_iterations,
        },
        "seed": run.gate.seed,
        "wall_clock_s": seconds,
        "libraries": {library: version(library) for library in _LIBRARIES},
        "checks": [dataclasses.asdict(check) for check in run.gate.checks],
        "cells": [_cell_as_json(cell) for cell in run.cells],
    }


def write_json(report: dict[str, Any], path: Path) -> None:
    """Writes a report that any JSON reader accepts."""
    path.write_text(json.dumps(report, indent=1, allow_nan=False) + "\n")


def describe_physics(run: GateRun) -> str:
    """The physics of the run in a few words."""
    return f"engine {run.gate.engine}, {run.gate.timestep * 1000:g} ms steps, deterministic policy from rest"


def reductions(gate: Gate) -> list[str]:
    """In words, what of the full gate was left out or changed; empty for the full gate."""
    full = GATES[gate.name]
    changes = []
    for name, unit in (("distance", "m"), ("episodes", "episodes")):
        now, then = (sorted({getattr(cell, name) for cell in each.cells}) for each in (gate, full))
        if now != then:
            changes.append(f"{_join(now)} {unit} of {_join(then)} {unit}")
    if gate.engine != full.engine:
        changes.append(f"engine {gate.engine} instead of {full.engine}")
    return changes


def _row(result: CheckResult, episodes: int) -> tuple[str, ...]:
    check = result.check
    sign = "≥" if check.bound == "at least" else "≤"
    verdict = f"[{_color(result.passed)}]{'pass' if result.passed else 'FAIL'}[/]"
    failed = f"{len(result.failed_episodes)} of {episodes}"
    limit = f"{sign} {_number(check.limit)} {check.unit}".rstrip()
    return _title(check), limit, _number(result.worst), _number(result.mean), failed, verdict


def _cell_as_json(cell: CellResult) -> dict[str, Any]:
    return {
        "name": cell.cell.name,
        "speed_m_s": cell.cell.speed,
        "distance_m": cell.cell.distance,
        "time_limit_s": cell.cell.time_limit,
        "gait_cycle_s": cell.gait_cycle,
        "passed": cell.passed,
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
        "episodes": [dataclasses.asdict(figures) for figures in cell.episodes],
    }


def _title(check: Check) -> str:
    return check.figure.replace("_", " ")


def _number(value: float) -> str:
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _color(passed: bool) -> str:
    return "green" if passed else "red"


def _join(values: Sequence[float]) -> str:
    return " and ".join(f"{value:g}" for value in values)
