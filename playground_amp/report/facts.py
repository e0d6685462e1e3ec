"""What a run folder tells about a policy: its configuration, what training logged, what gates found."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import config_of_policy
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.outputs import OutputKind
from playground_amp.policies.saved_policy import open_file
from playground_amp.policies.source import FixedPolicy
from playground_amp.report.judged import JudgedGate, latest_of_each_gate
from playground_amp.runs.contents import BEST, METRICS, checkpoint_iteration
from playground_amp.runs.folder import list_stages
from playground_amp.yaml_text import read_yaml

REPORT = "report.html"
REPORT_PAGE = OutputKind("a report of this program", lambda path: b"WildRobot</title>" in path.read_bytes()[:4096])

LoggedMetrics = Mapping[str, float | None]  # of one iteration, by name; None: not finite
_Read = TypeVar("_Read", bound=BaseModel)


class BestPolicy(BaseModel):
    """Which policy of the run is kept in `best/`, and by which gate."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    gate: str
    iteration: int


@dataclass(frozen=True)
class RunFacts:
    """Everything the report says that needs no simulation."""

    checkpoint: Path
    folder: Path  # of the run
    sha256: str  # of the checkpoint
    iteration: int | None
    policy: FixedPolicy
    stages: list[Config]  # that it was trained with before that one; each says up to which iteration
    records: list[LoggedMetrics]  # of metrics.jsonl, one an iteration; empty where there is none
    gates: list[JudgedGate]  # of this policy and of others of the run, the newest of each
    best: BestPolicy | None

    @property
    def config(self) -> Config:
        """What the policy was trained with last."""
        return self.policy.config

    @property
    def report(self) -> Path:
        """Where the report goes unless told otherwise."""
        return self.folder / REPORT


def run_folder_of(checkpoint: Path) -> Path:
    """The run folder of a policy: where it lies, or the folder around `best/`."""
    return checkpoint.parent.parent if checkpoint.parent.name == BEST else checkpoint.parent


def read_facts(checkpoint: Path, robot: str | None = None) -> RunFacts:
    """Reads a policy, as `open_policy` does, and what its run folder holds.

    Raises:
      UserError: a file is missing that must be there, or damaged; the message names it, and the line.
    """
    policy = open_file(checkpoint, robot)
    folder = run_folder_of(checkpoint)
    best = folder / BEST / "gate.json"
    return RunFacts(
        checkpoint=checkpoint,
        folder=folder,
        sha256=hashlib.sha256(checkpoint.read_bytes()).hexdigest(),
        iteration=checkpoint_iteration(checkpoint),
        policy=policy,
        stages=_read_stages(folder, checkpoint_iteration(checkpoint)),
        records=read_metrics(folder / METRICS),
        gates=latest_of_each_gate([_read(JudgedGate, path) for path in sorted(folder.glob("gate*.json"), key=_age)]),
        best=_read(BestPolicy, best) if os.path.exists(best) else None,
    )


def _read_stages(folder: Path, iteration: int | None) -> list[Config]:
    """Those of the run folder that a policy of `iteration` has gone through."""
    stages = []
    for end, path in list_stages(folder).items():
        if iteration is None or end < iteration:
            stage = config_of_policy(read_yaml(path), str(path))
            stages.append(changed(stage, {"trainer.num_iterations": end}, str(path)))
    return stages


def read_metrics(path: Path) -> list[LoggedMetrics]:
    """The records of a metrics.jsonl; none if there is no such file.

    Raises:
      UserError: a line is no record of numbers; the message names it.
    """
    if not os.path.exists(path):
        return []
    records = []
    for number, line in enumerate(_read_text(path).splitlines(), start=1):
        try:
            record = json.loads(line)
        except json.JSONDecodeError as error:
            raise UserError(f"{path} is damaged: line {number} is no JSON ({error.msg})") from None
        if not isinstance(record, dict) or "iteration" not in record:
            raise UserError(f"{path} is damaged: line {number} is no record with an iteration")
        wrong = [name for name, value in record.items() if not _is_number(value)]
        if wrong:
            raise UserError(f"{path} is damaged: line {number} holds no number under {wrong[0]}")
        records.append(record)
    return records


def _is_number(value: object) -> bool:
    return value is None or (isinstance(value, int | float) and not isinstance(value, bool))


def _read(kind: type[_Read], path: Path) -> _Read:
    """What a gate wrote into a file."""
    try:
        return kind.model_validate_json(_read_text(path))
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        place = ".".join(map(str, first["loc"])) or "the file"
        raise UserError(f"{path} is no result of a gate: {place}: {first['msg'].lower()}") from None


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise UserError(f"{path} is damaged: {error.reason} at byte {error.start}") from None


def _age(path: Path) -> float:
    return path.stat().st_mtime
