"""Writes what a run must not lose; a full disk is reported, and the run continues; the last save stands."""

from collections.abc import Callable
from pathlib import Path

from playground_amp.configs.schema import Config
from playground_amp.learning import devices
from playground_amp.learning.trained_policy import TrainedPolicy
from playground_amp.runs.checkpoint import save_policy
from playground_amp.runs.contents import EVIDENCE, checkpoint_path, list_states, state_path
from playground_amp.runs.folder import keep_stage, prune_states
from playground_amp.runs.manifest import Manifest, make_manifest
from playground_amp.runs.result import Ending, RunResult
from playground_amp.runs.state import save_state
from playground_amp.runs.tracking.metrics_log import Record
from playground_amp.runs.training import Training
from playground_amp.untyped import Pytree

EVIDENCE_FILES = 10


class Saver:
    """Saves states, policies and evidence into a run folder."""

    def __init__(
        self, run_folder: Path, keep: int, sync_metrics: Callable[[], None], say: Callable[[str], None]
    ) -> None:
        """`keep`: how many states stay. `sync_metrics` forces to the disk what precedes a state."""
        self._run_folder, self._keep = run_folder, keep
        self._sync_metrics, self._say = sync_metrics, say
        self._manifest = Manifest()

    def begin(self, config: Config, done: int) -> None:
        """What is saved from now on, of the iterations after `done`, was made under `config`.

        Where another one was in force before, that is kept in a file of its own.
        """
        before, self._manifest = self._manifest, make_manifest(config)
        try:
            if before.config:
                keep_stage(self._run_folder, done, before.config, config)
        except OSError as error:
            self._say(f"could not keep the configuration of the iterations up to {done}: {error.strerror}")

    def save_state(self, state: Pytree, record: Record) -> Path | None:
        """Saves the state after the record's iteration; None if the disk refuses."""
        path = state_path(self._run_folder, int(record["iteration"]))
        if path.exists():
            return path
        try:
            self._sync_metrics()
            save_state(path, state, self._manifest, record)
            prune_states(self._run_folder, self._keep)
        except OSError as error:
            last = next((path.name for path in list_states(self._run_folder)), "none")
            self._say(f"could not save iteration {record['iteration']}: {error.strerror}; the last save is {last}")
            return None
        return path

    def keep_evidence(self, evidence: Pytree, record: Record) -> None:
        """Keeps what led to a state that is not finite, where `evidence.found`; the first few times only."""
        if evidence is not None and evidence.found:
            self._write_evidence(f"iter_{record['iteration']:08d}", evidence, record)

    def finish(self, ending: Ending, training: Training) -> RunResult:
        """Saves the end of a run, and says how it ended. A state gone bad becomes evidence: no run resumes from it."""
        state, record, iteration = devices.gathered(training.state), training.record, training.done
        checkpoint = saved = None
        if ending is Ending.BAD_NUMBERS:
            self._write_evidence(f"state_iter_{iteration:08d}", state, record)
        else:
            saved = self.save_state(state, record)
            checkpoint = self._save_policy(training.trainer.policy(state), record)
            lost = checkpoint is None if ending is Ending.FINISHED else saved is None
            ending = Ending.NOT_WRITTEN if lost else ending
        return RunResult(self._run_folder, ending, iteration, checkpoint, saved, dict(record))

    def _save_policy(self, policy: TrainedPolicy, record: Record) -> Path | None:
        path = checkpoint_path(self._run_folder, int(record["iteration"]))
        try:
            save_policy(path, policy.params, record, self._manifest.config, self._manifest.robot, policy.amp)
        except OSError as error:
            self._say(f"could not write {path}: {error.strerror}")
            return None
        return path

    def _write_evidence(self, name: str, evidence: Pytree, record: Record) -> None:
        folder = self._run_folder / EVIDENCE
        if len(list(folder.glob("iter_*"))) >= EVIDENCE_FILES and name.startswith("iter_"):
            return
        try:
            save_state(folder / f"{name}.npz", evidence, self._manifest, record)
        except OSError as error:
            self._say(f"could not write {folder / name}.npz: {error.strerror}")
