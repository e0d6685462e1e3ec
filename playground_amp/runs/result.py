"""How a run ended, and what to do next."""

import shlex
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from playground_amp.files import visible
from playground_amp.paths import command_line
from playground_amp.runs.contents import CONFIG, EVIDENCE, METRICS, list_states


class Ending(Enum):
    """Why a run ended; the value is the exit status of the process."""

    FINISHED = 0
    BAD_NUMBERS = 3
    NOT_WRITTEN = 4
    INTERRUPTED = 75  # EX_TEMPFAIL of sysexits.h: try again


@dataclass(frozen=True)
class RunResult:
    """How a run ended. `checkpoint` and `state` are None where nothing was written."""

    run_folder: Path
    ending: Ending
    iteration: int
    checkpoint: Path | None
    state: Path | None
    metrics: dict[str, float | int]

    @property
    def exit_status(self) -> int:
        return self.ending.value


def summary(result: RunResult) -> str:
    """Where everything lies, and the next command to type."""
    folder = result.run_folder
    lines = [_headline(result)]
    if result.checkpoint:
        lines.append(f"  policy       {result.checkpoint}")
    if result.state:
        lines.append(f"  saved state  {result.state}")
    shown = shlex.join(["tensorboard", "--logdir", str(folder / "tensorboard")])
    lines.append(f"  metrics      {folder / METRICS}   ({shown})")
    lines.append(f"  evidence     {folder / 'evidence'}" if (folder / "evidence").exists() else "")
    if result.ending is Ending.BAD_NUMBERS:
        lines.append("Another setting may train (a lower lr, for one); what led here can be replayed")
    lines.append(f"Next: {_next_command(result)}")
    return "\n".join(line for line in lines if line)


def _headline(result: RunResult) -> str:
    steps = int(result.metrics.get("env_steps", 0))
    done = f"{result.iteration:,} iterations ({steps:,} steps)"
    match result.ending:
        case Ending.FINISHED:
            return f"Trained {done}"
        case Ending.INTERRUPTED:
            return f"Interrupted after {done}; everything is saved"
        case Ending.BAD_NUMBERS:
            bad, skipped = (int(result.metrics.get(name, 0)) for name in ("bad_envs", "skipped_updates"))
            return f"Stopped after {done}: numbers keep going bad ({bad} robots, {skipped} updates not finite)"
        case Ending.NOT_WRITTEN:
            return f"Trained {done}, but the end could not be written"


def _next_command(result: RunResult) -> str:
    match result.ending:
        case Ending.FINISHED:
            return command_line("evaluate", "--checkpoint", result.checkpoint, "--gate", "walk")
        case Ending.INTERRUPTED | Ending.NOT_WRITTEN if list_states(result.run_folder):
            return command_line("train", "--resume", result.run_folder)
        case Ending.BAD_NUMBERS if evidence := visible(result.run_folder / EVIDENCE, "iter_*.npz"):
            return command_line("replay", evidence[-1])
        case _:
            return command_line("train", "--config", result.run_folder / CONFIG)
