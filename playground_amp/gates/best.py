"""The best policy of a run by a gate, kept in its run folder whatever is pruned."""

import math
import os
from pathlib import Path
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.gates.gate_run import GateRun
from playground_amp.gates.gates import GATES
from playground_amp.outputs import read_json
from playground_amp.runs.contents import BEST, CONFIG, RESULT, checkpoint_iteration
from playground_amp.runs.folder import mark_best


class Score(NamedTuple):
    """How good a policy is by a gate."""

    gate: str
    passed: bool
    failures: int  # episodes outside the limit of a criterion, summed over criteria
    figure: float | None  # by which the gate ranks policies with as many, mean over the cells that have it

    def as_json(self) -> dict[str, object]:
        """As it is kept; the figure by its name."""
        ranked_by = GATES[self.gate].ranked_by
        figure = {ranked_by: self.figure} if ranked_by else {}
        return {"gate": self.gate, "passed": self.passed, "failures": self.failures, **figure}

    @property
    def rank(self) -> tuple[int, bool, float, float]:
        """Less is better: a more demanding gate, a pass, fewer failures, the smaller figure."""
        undemanding = -list(GATES).index(self.gate)
        return undemanding, not self.passed, self.failures, math.inf if self.figure is None else self.figure


def score(run: GateRun) -> Score:
    """How good a run of a gate was."""
    failures = sum(len(result.failed_episodes) for cell in run.cells for result in cell.results)
    ranked_by = run.gate.ranked_by
    means = [mean for cell in run.cells if ranked_by and (mean := cell.mean(ranked_by)) is not None]
    return Score(run.gate.name, run.passed, failures, sum(means) / len(means) if means else None)


def keep_best(run: GateRun, checkpoint: Path) -> Path | None:
    """Keeps the judged policy, and its state where that is still there, in `<run folder>/best` if none was better.

    A pass beats a failure, then fewer failures are better, then the smaller of the figure that the gate ranks by. The
    judgement of a more demanding gate replaces that of a less demanding one, and never the other way round. None if
    it was not kept: the gate does not rank or was not the full one, the file lies in no run folder under its own
    name, or a better one is there. Raises UserError if what was kept before is damaged.
    """
    iteration = checkpoint_iteration(checkpoint)
    run_folder = checkpoint.parent
    if run.gate.ranked_by is None or run.reductions or iteration is None or not os.path.exists(run_folder / CONFIG):
        return None
    result, before = score(run), _kept(run_folder)
    if before and before.rank < result.rank:
        return None
    return mark_best(run_folder, iteration, result.as_json())


def _kept(run_folder: Path) -> Score | None:
    """The score of the policy that is kept; None without one, or if it is by a gate that is no more.

    Raises UserError if its result is damaged.
    """
    path = run_folder / BEST / RESULT
    content = read_json(path) if os.path.exists(path) else {}
    if not isinstance(content, dict):
        raise UserError(f"{path} is damaged: it stays as it is")
    gate = GATES.get(str(content.get("gate")))
    if gate is None:
        return None
    passed, failures, figure = (content.get(key) for key in ("passed", "failures", gate.ranked_by or ""))
    if not isinstance(passed, bool) or not isinstance(failures, int) or not isinstance(figure, float | int | None):
        raise UserError(f"{path} is damaged: it stays as it is")
    return Score(gate.name, passed, failures, figure)
