"""What a gate found, for people: a table."""

import math
from collections.abc import Sequence

from rich.console import Console
from rich.table import Table

from playground_amp.gates.cells import Gate, Sensors
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.judged_bus import IN_WORDS
from playground_amp.gates.judgement import CellResult, CriterionResult
from playground_amp.gates.overheating import Overheating, overheating
from playground_amp.rollouts.criteria import Criterion

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
    "joint_travel": "joint travel rad",
    "step_asymmetry": "step asymm.",
    "action_jitter": "action jitter rad",
}


def print_report(run: GateRun, console: Console | None = None) -> None:
    """A table of the cells and their criteria and the verdict, on stdout unless a console is given."""
    console = console or Console()
    if not console.is_terminal:
        width = _WIDTH_OF_COLUMNS if run.gate.columns else _WIDTH_WITHOUT_TERMINAL
        console = Console(file=console.file, width=width)
    console.print(_table_of_cells(run) if run.gate.columns else _table_of_criteria(run))
    for cell, heat in _warmest(run):
        console.print(f"{cell} for long: {heat.in_words}")
    if run.reductions:
        console.print(f"reduced: {', '.join(run.reductions)}; this is not the full gate")
    verdict = f"[bold {_color(run.passed)}]gate {run.gate.name} {'passed' if run.passed else 'FAILED'}[/]"
    console.print(f"{verdict} ({IN_WORDS[run.sensors]})" + _hint(run))
    for cell in run.cells:
        if not cell.passed:
            console.print(f"  {cell.cell.name}: {', '.join(cell.failed_figures)}")


def _warmest(run: GateRun) -> list[tuple[str, Overheating]]:
    """How long a servo can take each cell; of a long table the worst one alone."""
    cells = [(cell.cell.name, overheating(cell, run.robot)) for cell in run.cells]
    if not run.gate.columns:
        return cells
    return [min(cells, key=lambda cell: (cell[1].minutes or math.inf, -(cell[1].ends_at or math.inf)))]


def _hint(run: GateRun) -> str:
    """What to know of a policy that was trained without the bus that it is judged on."""
    return "" if run.sensors == "ideal" or run.config.env.bus else ": the policy was trained without one"


def _table_of_criteria(run: GateRun) -> Table:
    """A line for every criterion of every cell; beside the share without a fall its 95 % interval."""
    table = _empty_table(run, left=("cell", "check"), right=("limit", "worst", "mean", "failed"))
    for cell in run.cells:
        for index, result in enumerate(cell.results):
            name = cell.cell.name if index == 0 else ""
            table.add_row(name, *_row(result, cell), end_section=index == len(cell.results) - 1)
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
    table = Table(
        title=f"gate {run.gate.name} of {run.robot.name}: {describe_physics(run.gate, run.sensors)}",
        title_justify="left",
    )
    for heading in left:
        table.add_column(heading, no_wrap=True)
    for heading in right:
        table.add_column(heading, justify="right", no_wrap=heading == "survival")
    table.add_column("")
    return table


def _marked(cell: CellResult, figure: str, text: str) -> str:
    """The text in the color of the cell's verdict on that figure, as it is where there is no criterion."""
    verdicts = [result.passed for result in cell.results if result.criterion.figure == figure]
    return f"[{_color(all(verdicts))}]{text}[/]" if verdicts else text


def describe_physics(gate: Gate, sensors: Sensors) -> str:
    """The physics of a gate in a few words, and what the policy gets to know the joints by."""
    kinds = dict.fromkeys(
        f"engine {cell.physics.engine}, {cell.physics.timestep * 1000:g} ms steps" for cell in gate.cells
    )
    robots = "randomized robots" if gate.randomized else "the nominal robot"
    return f"{' and '.join(kinds)}, {robots}, {IN_WORDS[sensors]}, deterministic policy from rest, seed {gate.seed}"


def _row(result: CriterionResult, cell: CellResult) -> tuple[str, ...]:
    criterion = result.criterion
    sign = "≥" if criterion.bound == "at least" else "≤"
    failed = f"{len(result.failed_episodes)} of {len(cell.episodes)}"
    mean = _number(result.mean)
    if criterion.figure == "survived":
        mean += f" ({cell.survival.low:.2f}–{cell.survival.high:.2f})"
    limit = f"{sign} {_number(criterion.limit)} {criterion.unit}".rstrip()
    return _title(criterion), limit, _number(result.worst), mean, failed, _verdict(result.passed)


def _verdict(passed: bool) -> str:
    return f"[{_color(passed)}]{'pass' if passed else 'FAIL'}[/]"


def _title(criterion: Criterion) -> str:
    return criterion.figure.replace("_", " ")


def _number(value: float | None) -> str:
    if value is None:
        return "–"
    return f"{value:.3g}" if abs(value) < 1 else f"{value:.2f}"


def _color(passed: bool) -> str:
    return "green" if passed else "red"
