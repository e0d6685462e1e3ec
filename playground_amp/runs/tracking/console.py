"""What a person sees of a run: a live bar on a terminal, the guide's lines elsewhere."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

from playground_amp.runs.tracking.metrics_log import Record
from playground_amp.telling import tell

STEPS_A_LINE = 1000
LINE = {
    "reward": "reward={:.2f}",
    "episode_length": "length={:.1f}",
    "policy_loss": "policy_loss={:.4f}",
    "value_loss": "value_loss={:.2f}",
}
BAR = {"reward": "reward {:.2f}", "episode_length": "length {:.0f}", "speed_error": "speed error {:.3f} m/s"}


class Console(Protocol):
    """Shows progress."""

    def say(self, text: str) -> None: ...
    def start(self, done: int) -> None: ...
    def show(self, record: Record) -> None: ...


@contextmanager
def make_console(total: int) -> Iterator[Console]:
    """The console that suits standard output, for a run of `total` iterations."""
    if sys.stdout is None or not sys.stdout.isatty():
        yield PlainConsole()
        return
    live = LiveConsole(total)
    try:
        yield live
    finally:
        live.stop()


class PlainConsole:
    """Prints `Step 1,000: reward=-25.43, length=150.5, policy_loss=-0.0023, value_loss=2.45`; once a thousand steps."""

    def __init__(self) -> None:
        self._due = 0

    def say(self, text: str) -> None:
        tell(text)

    def start(self, done: int) -> None:
        pass

    def show(self, record: Record) -> None:
        steps = int(record["env_steps"])
        if steps // STEPS_A_LINE < self._due:
            return
        self._due = steps // STEPS_A_LINE + 1
        tell(f"Step {steps:,}: {', '.join(_formatted(record, LINE))}")


class LiveConsole:
    """A bar with iterations, steps, steps/s and the time left, and below it how the robots fare. Fits 80 columns."""

    def __init__(self, total: int) -> None:
        from rich.console import Group
        from rich.live import Live
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
        from rich.text import Text

        columns = MofNCompleteColumn(), TextColumn("{task.fields[speed]}"), TimeRemainingColumn()
        self._progress = Progress(BarColumn(16), *columns)
        self._metrics = Text()
        self._live = Live(Group(self._progress, self._metrics), refresh_per_second=2)
        self._total = total

    def say(self, text: str) -> None:
        self._live.console.print(text, highlight=False, markup=False, soft_wrap=True)

    def start(self, done: int) -> None:
        self._task = self._progress.add_task("", total=self._total, completed=done, speed="compiling …")
        self._live.start(refresh=True)  # at once: a run may be over before the first frame is due

    def show(self, record: Record) -> None:
        speed = f"{int(record['env_steps']):,} steps, {record['time/steps_per_second']:,.0f}/s, left"
        self._progress.update(self._task, completed=int(record["iteration"]), speed=speed)
        self._metrics.plain = "  ".join(_formatted(record, BAR))

    def stop(self) -> None:
        self._live.stop()


def _formatted(record: Record, formats: dict[str, str]) -> list[str]:
    return [text.format(record[name]) for name, text in formats.items() if name in record]
