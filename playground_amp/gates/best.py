"""The best policy of a run by a gate, kept in its run folder whatever is pruned."""

import json
import math
from pathlib import Path
from typing import Any

from playground_amp.gates.gates import GATES
from playground_amp.gates.runner import GateRun
from playground_amp.gates.table import reductions
from playground_amp.runs.checkpoint import checkpoint_iteration
from playground_amp.runs.folder import BEST, CONFIG, mark_best


def score(run: GateRun) -> dict[str, float | None]:
    """How good a run of a gate was: `failures`, episodes outside the limit of a check, summed over checks; and the
    figure by which the gate ranks policies with as many, mean over the cells that have it (None if none has)."""
    failures = sum(len(check.failed_episodes) for cell in run.cells for check in cell.checks)
    figure = run.gate.ranked_by
    means = [mean for cell in run.cells if figure and (mean := cell.mean(figure)) is not None]
    return {"failures": failures, **({figure: sum(means) / len(means) if means else None} if figure else {})}


def keep_best(run: GateRun, checkpoint: Path) -> Path | None:
    """Keeps the judged policy, and its state where that is still there, in `<run folder>/best` if none was better.

    A pass beats a failure, then fewer failures are better, then the smaller of the figure that the gate ranks by. The
    judgement of a more demanding gate replaces that of a less demanding one, and never the other way round. None if
    it was not kept: the gate does not rank or was not the full one, the file lies in no run folder under its own
    name, or a better one is there.
    """
    iteration = checkpoint_iteration(checkpoint)
    run_folder = checkpoint.parent
    if run.gate.ranked_by is None or reductions(run.gate) or iteration is None or not (run_folder / CONFIG).exists():
        return None
    result = {"gate": run.gate.name, "passed": run.passed, **score(run)}
    before = _kept(run_folder)
    if before.get("gate") in GATES and _rank(before) < _rank(result):
        return None
    return mark_best(run_folder, iteration, result)


def _rank(result: dict[str, Any]) -> tuple[int, bool, float, float]:
    """Less is better."""
    gate = GATES[result["gate"]]
    figure = result.get(gate.ranked_by or "")
    undemanding = -list(GATES).index(gate.name)
    return undemanding, not result["passed"], result["failures"], math.inf if figure is None else figure


def _kept(run_folder: Path) -> dict[str, Any]:
    path = run_folder / BEST / "gate.json"
    return json.loads(path.read_text()) if path.exists() else {}
