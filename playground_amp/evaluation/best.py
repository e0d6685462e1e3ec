"""The best policy of a run by a gate, kept in its run folder whatever is pruned."""

import json
import math
from pathlib import Path
from typing import Any

from playground_amp.evaluation.report import reductions
from playground_amp.evaluation.runner import GateRun
from playground_amp.training.checkpoint import checkpoint_iteration
from playground_amp.training.run_folder import BEST, CONFIG, mark_best


def score(run: GateRun) -> dict[str, float]:
    """How good a run of a gate was: `failures`, checks that an episode failed; `speed_error`, mean over episodes."""
    errors = [episode.speed_error for cell in run.cells for episode in cell.episodes]
    return {
        "failures": sum(len(check.failed_episodes) for cell in run.cells for check in cell.checks),
        "speed_error": sum(errors) / len(errors) if all(map(math.isfinite, errors)) else 1.0,
    }


def keep_best(run: GateRun, checkpoint: Path) -> Path | None:
    """Keeps the judged policy, and its state where that is still there, in `<run folder>/best` if none was better.

    Fewer failures are better, then a smaller speed error; a pass beats a failure. None if it was not kept: the gate
    was not the full one, the file lies in no run folder under its own name, or a better one is there.
    """
    iteration = checkpoint_iteration(checkpoint)
    run_folder = checkpoint.parent
    if reductions(run.gate) or iteration is None or not (run_folder / CONFIG).exists():
        return None
    result = {"gate": run.gate.name, "passed": run.passed, **score(run)}
    before = _kept(run_folder)
    if before.get("gate") == run.gate.name and _rank(before) < _rank(result):
        return None
    return mark_best(run_folder, iteration, result)


def _rank(result: dict[str, Any]) -> tuple[bool, float, float]:
    return not result["passed"], result["failures"], result["speed_error"]


def _kept(run_folder: Path) -> dict[str, Any]:
    path = run_folder / BEST / "gate.json"
    return json.loads(path.read_text()) if path.exists() else {}
