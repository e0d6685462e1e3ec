"""The top of the report: the verdict and a handful of figures."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Literal

from playground_amp.report.facts import LoggedMetrics, RunFacts
from playground_amp.report.judged import JudgedGate

_LIBRARIES = ("jax", "brax", "mujoco", "mujoco-mjx", "numpy")
_LAST_SHARE = 20  # the end of training: its last twentieth


@dataclass(frozen=True)
class Verdict:
    """Whether the policy may be trusted, in a word and in a sentence."""

    word: Literal["PASS", "FAIL", "NOT JUDGED"]
    sentence: str

    @property
    def kind(self) -> str:
        """`pass`, `fail` or `none`, for the page's colors."""
        return {"PASS": "pass", "FAIL": "fail"}.get(self.word, "none")


@dataclass(frozen=True)
class Highlight:
    """A number with its name."""

    name: str
    value: str
    note: str = ""


def verdict(gates: Sequence[JudgedGate]) -> Verdict:
    """PASS where every gate that judged this policy passed; without one nothing is known."""
    if not gates:
        return Verdict("NOT JUDGED", "No gate has judged this policy: nothing is known of how it walks.")
    failed = [_describe(gate) for gate in gates if not gate.passed]
    if failed:
        return Verdict("FAIL", "; ".join(failed))
    names = " and ".join(f"{gate.gate} ({gate.where})" for gate in gates)
    reduced = sorted({words for gate in gates for words in gate.reduced})
    short = f" Reduced: {', '.join(reduced)}; this is not the full gate." if reduced else ""
    return Verdict("PASS", f"Every check of the gate{'s' if len(gates) > 1 else ''} {names} holds.{short}")


def summary(facts: RunFacts, gates: Sequence[JudgedGate]) -> list[Highlight]:
    """What the run took, where it ended, and what the last of the gates found."""
    trainer, records = facts.config.trainer, facts.records
    highlights = []
    if facts.iteration is not None:
        highlights.append(Highlight("iterations", f"{facts.iteration:,}", f"{trainer.num_envs:,} robots"))
    if records:
        steps = records[-1].get("env_steps")
        rate = _mean(records, "time/steps_per_second")
        highlights += [
            Highlight("control steps", _large(steps), f"{_large(rate)} a second" if rate else ""),
            Highlight("training time", _duration(sum(record.get("time/iteration") or 0.0 for record in records))),
        ]
        ending = records[-max(1, len(records) // _LAST_SHARE) :]
        highlights += [
            Highlight("reward", _number(_mean(ending, "reward")), "an episode, at the end of training"),
            Highlight(
                "episode length", _number(_mean(ending, "episode_length")), "control steps, at the end of training"
            ),
        ]
    return highlights + [highlight for gate in gates[-1:] for highlight in _gate_highlights(gate)]


def versions() -> dict[str, str]:
    """The libraries that the figures depend on."""
    return {library: version(library) for library in _LIBRARIES}


def _describe(gate: JudgedGate) -> str:
    failed = [cell for cell in gate.cells if not cell.passed]
    words = [f"{cell.name} ({cell.failed})" for cell in failed]
    return f"Gate {gate.gate} ({gate.where}) failed in {len(failed)} of {len(gate.cells)} cells: {', '.join(words)}"


def _gate_highlights(gate: JudgedGate) -> list[Highlight]:
    episodes = [episode for cell in gate.cells for episode in cell.episodes]
    survived = [episode.survived for episode in episodes]
    passed = sum(cell.passed for cell in gate.cells)
    highlights = [Highlight(f"gate {gate.gate}", f"{passed} of {len(gate.cells)}", "cells passed")]
    if survived:
        highlights.append(
            Highlight("without a fall", f"{sum(survived):.0f} of {len(survived)}", f"episodes of {gate.gate}")
        )
    return highlights


def _mean(records: Sequence[LoggedMetrics], name: str) -> float | None:
    values = [value for record in records if (value := record.get(name)) is not None]
    return sum(values) / len(values) if values else None


def _number(value: float | None) -> str:
    return "–" if value is None else f"{value:.4g}"


def _large(value: float | None) -> str:
    """Thousands and millions in words of one letter."""
    if value is None:
        return "–"
    for size, letter in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if value >= size:
            return f"{value / size:.3g}{letter}"
    return f"{value:.3g}"


def _duration(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours} h {minutes} min" if hours else f"{minutes} min {rest} s" if minutes else f"{rest} s"
