"""What was done last: the newest runs below ./checkpoints, how far they are, and the next command. Cheap to import."""

import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.files import is_held
from playground_amp.outputs import read_json
from playground_amp.paths import command_line, shown_command
from playground_amp.runs.contents import (
    CONFIG,
    CONTENTS,
    METRICS,
    is_run,
    list_checkpoints,
    list_states,
)
from playground_amp.yaml_text import read_yaml

PARENT = Path("checkpoints")
SHOWN = 3
_TAIL = 64 * 1024  # bytes of metrics.jsonl in which its last record is found
_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60))  # s


class LastRun(NamedTuple):
    """A run as its folder shows it."""

    folder: Path
    iteration: int
    planned: int | None  # iterations; None: its configuration cannot be read
    policy: Path | None  # its newest
    resumable: bool
    trains: bool  # at this moment
    gates: dict[str, bool]  # gate → whether the newest policy passed it in full
    changed: float  # s since the epoch


def last_runs(parent: Path = PARENT, now: float | None = None) -> list[str]:
    """Lines for a person, the newest run first."""
    runs = sorted(find_runs(parent), key=lambda run: run.changed, reverse=True)
    if not runs:
        return [
            f"No run below {parent}/ yet. A walking robot: {shown_command('play')}",
            f"Train one of your own: {shown_command('train')} --num-envs 512 --num-iterations 280 "
            f"--checkpoint-dir {parent}/walk",
        ]
    lines = [f"Runs below {parent}/, the newest first:"]
    for run in runs[:SHOWN]:
        lines.append(f"  {run.folder}: {_state(run)}, {_age((time.time() if now is None else now) - run.changed)}")
        lines.append(f"    next: {next_command(run)}")
    if len(runs) > SHOWN:
        lines.append(f"  and {len(runs) - SHOWN} more")
    return lines


def find_runs(parent: Path) -> Iterator[LastRun]:
    """The runs whose folders lie in `parent`; what cannot be read is left out."""
    try:
        folders = sorted(path for path in parent.iterdir() if path.is_dir() and not path.name.startswith("."))
    except OSError:
        return
    for folder in folders:
        try:
            if is_run(folder):
                yield read_run(folder)
        except OSError:
            continue


def read_run(folder: Path) -> LastRun:
    """A run as its folder shows it. Raises OSError if it cannot be read."""
    checkpoints, states = list_checkpoints(folder), list_states(folder)
    newest = max(checkpoints, default=None)
    policy = None if newest is None else checkpoints[newest]
    saved = int(states[0].stem.removeprefix("iter_")) if states else 0
    written = [path for pattern in CONTENTS for path in folder.glob(pattern)]
    return LastRun(
        folder=folder,
        iteration=max(newest or 0, saved, _logged_iteration(folder / METRICS)),
        planned=_planned(folder / CONFIG),
        policy=policy,
        resumable=bool(states),
        trains=is_held(folder),
        gates={} if policy is None else _gates(folder, policy),
        changed=max(path.stat().st_mtime for path in written),
    )


def next_command(run: LastRun) -> str:
    """What a person would most likely type next."""
    if run.trains:
        return command_line("play", "--checkpoint", run.folder)
    if run.policy is None:
        return command_line(
            "train", *(("--resume", run.folder) if run.resumable else ("--config", run.folder / CONFIG))
        )
    if run.planned is not None and run.iteration < run.planned and run.resumable:
        return command_line("train", "--resume", run.folder)
    if not run.gates:
        return command_line("evaluate", "--checkpoint", run.folder, "--gate", "walk", "--report")
    if not all(run.gates.values()):
        return command_line("report", "--checkpoint", run.folder)
    return command_line("export", "--checkpoint", run.folder, "--output", f"{run.folder}_bundle")


def _state(run: LastRun) -> str:
    of_planned = "" if run.planned is None else f" of {run.planned:,}"
    done = f"{'training, ' if run.trains else ''}{run.iteration:,}{of_planned} iterations"
    judged = [f"gate {gate} {'passed' if passed else 'failed'}" for gate, passed in sorted(run.gates.items())]
    return ", ".join([done, *judged])


def _age(seconds: float) -> str:
    for unit, length in _UNITS:
        if (number := int(seconds / length)) >= 1:
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "just now"


def _planned(config: Path) -> int | None:
    try:
        number = read_yaml(config)["trainer"]["num_iterations"]
    except (UserError, KeyError, TypeError):
        return None
    return number if isinstance(number, int) else None


def _logged_iteration(metrics: Path) -> int:
    """The iteration of the last whole record; 0 without one."""
    try:
        with metrics.open("rb") as file:
            file.seek(max(0, os.fstat(file.fileno()).st_size - _TAIL))
            records = file.read().rpartition(b"\n")[0]
        return int(json.loads(records.rpartition(b"\n")[2])["iteration"])
    except (OSError, ValueError, KeyError, TypeError):
        return 0


def _gates(folder: Path, policy: Path) -> dict[str, bool]:
    """Gate → verdict, of the results in the folder that are of this policy and of all of the gate."""
    found = {}
    for path in sorted(folder.glob("gate*.json")):
        match read_json(path):
            case {"gate": str(gate), "passed": bool(passed), "full_gate": True, "checkpoint": {"path": str(judged)}}:
                if Path(judged).name == policy.name:
                    found[gate] = passed
    return found
