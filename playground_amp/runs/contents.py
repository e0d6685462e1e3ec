"""What lies where in the folder of a run. Cheap to import."""

import os
import re
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.yaml_text import read_yaml

METRICS = "metrics.jsonl"
RESULT = "gate.json"  # in best/
EVIDENCE = "evidence"
CONFIG = "config.yaml"
STAGES = "config_until_*.yaml"
STATES = "states"
BEST = "best"
CONTENTS = (
    "final_iter_*.pkl",
    METRICS,
    CONFIG,
    STAGES,
    STATES,
    BEST,
    EVIDENCE,
    "tensorboard",
    "wandb",
    "wandb_run.json",
    "gate*.json",
    "*.mp4",
    "report.html",
)
"""What training and evaluation write into a run folder."""
_SECTIONS = {"env", "trainer", "reward_weights"}  # of a run's configuration, among others
_STATE = re.compile(r"iter_\d{8}\.npz")
_CHECKPOINT = re.compile(r"final_iter_(\d+)\.pkl")


def state_path(run_folder: Path, iteration: int) -> Path:
    """Where the state of `iteration` lies."""
    return run_folder / STATES / f"iter_{iteration:08d}.npz"


def list_states(run_folder: Path) -> list[Path]:
    """All saved states, sound or not, the newest first."""
    if not os.path.isdir(run_folder / STATES):
        return []
    return sorted(
        (path for path in (run_folder / STATES).glob("iter_*.npz") if _STATE.fullmatch(path.name)), reverse=True
    )


def checkpoint_path(run_folder: Path, iteration: int) -> Path:
    """Where the policy of `iteration` lies."""
    return run_folder / f"final_iter_{iteration}.pkl"


def checkpoint_iteration(path: Path) -> int | None:
    """The iteration in the name of a file, if it is named like `checkpoint_path`."""
    match = _CHECKPOINT.fullmatch(path.name)
    return int(match[1]) if match else None


def list_checkpoints(run_folder: Path) -> dict[int, Path]:
    """Iteration → policy, of all that a run folder holds."""
    iterations = {file: checkpoint_iteration(file) for file in run_folder.glob("final_iter_*.pkl")}
    return {iteration: file for file, iteration in iterations.items() if iteration is not None}


def is_run(folder: Path) -> bool:
    """Whether a run has been here: `config.yaml` and the like are names that any project may use."""
    if list_states(folder) or list_checkpoints(folder):
        return True
    try:
        return read_yaml(folder / CONFIG).keys() >= _SECTIONS
    except UserError:
        return False
