"""A training run from start to end: resume or start, iterate, track, save, and stop for a reason that it names."""

import contextlib
import io
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config, TrainerConfig
from playground_amp.errors import UserError
from playground_amp.files import exclusive
from playground_amp.learning import devices
from playground_amp.runs.folder import prepare_folder, require_run_folder
from playground_amp.runs.result import Ending, RunResult, summary
from playground_amp.runs.resuming import find_origin, require_state
from playground_amp.runs.saver import Saver
from playground_amp.runs.signals import StopRequest
from playground_amp.runs.state import SavedState
from playground_amp.runs.tracking.console import make_console
from playground_amp.runs.tracking.metrics_log import Record
from playground_amp.runs.tracking.tracker import Tracker
from playground_amp.runs.training import Training, Trains
from playground_amp.telling import forgive_streams, tell


def train(config: Config, *, use_wandb: bool, resume: Path | None = None, override: Sequence[str] = ()) -> RunResult:
    """Trains as `config` says, into `config.trainer.checkpoint_dir`.

    `resume`: a run folder, or a saved state, to go on from; or a policy file to start from. `override`: what may differ
    from the saved state's run.
    Raises UserError for everything that the user can mend.
    """
    if config.trainer.name == "brax":
        if resume is not None:
            raise UserError("--resume: Brax's trainer saves no state to go on from; allowed with --trainer wildrobot")
        from playground_amp.runs.brax_run import run_brax

        return run_brax(config, use_wandb=use_wandb)
    from playground_amp.learning.build import make_trainer

    if not devices.join_processes():
        return _follow(config, make_trainer, resume, override)
    return run(config, make_trainer, use_wandb=use_wandb, resume=resume, override=override)


def run(
    config: Config,
    make_trainer: Callable[[Config], Trains],
    *,
    use_wandb: bool,
    resume: Path | None = None,
    override: Sequence[str] = (),
) -> RunResult:
    """`train` with a trainer of the caller's.

    From here on whatever this process prints forgives its streams: none of them ends a run.
    """
    forgive_streams()
    run_folder, total = Path(config.trainer.checkpoint_dir), config.trainer.num_iterations
    if resume:
        require_state(resume)
    with exclusive(run_folder), StopRequest() as stop, make_console(total) as console:
        origin = find_origin(resume, run_folder, config, override, console.say) if resume else None
        require_run_folder(run_folder)
        training = Training(make_trainer, console.say, origin)
        training.enter(config)
        prepare_folder(run_folder, origin if isinstance(origin, SavedState) else None, config, console.say)
        plain = config.model_dump(mode="json")
        with Tracker(run_folder, plain, through=training.done, use_wandb=use_wandb, say=console.say) as tracker:
            saver = Saver(run_folder, config.trainer.keep_states, tracker.sync, console.say)
            watch = BadNumbers(config.trainer)

            def follow(record: Record) -> Ending | None:
                tracker.log(record)
                console.show(record)
                if watch.repeat(record):
                    return Ending.BAD_NUMBERS
                return Ending.INTERRUPTED if devices.any_process(stop.requested) else None

            console.start(training.done)
            ending = train_stages(training, config, saver, follow)
            result = saver.finish(ending, training)
    tell(summary(result))
    return result


def train_stages(training: Training, config: Config, saver: Saver, follow: Callable[[Record], Ending | None]) -> Ending:
    """Trains to the end of the last stage, or until `follow` names a reason to end. The first has begun already.

    The state at the end of a stage is always saved: a run that is stopped while the next one starts goes on from it.
    """
    total = config.trainer.num_iterations
    while True:
        stage_config = training.stage.config
        saver.begin(stage_config, training.done)
        for record, evidence in training.iterations():
            saver.keep_evidence(evidence, record)
            if ending := follow(record):
                return ending
            due = training.done % stage_config.trainer.save_interval == 0 or training.done == training.stage.end
            if due and training.done < total:
                saver.save_state(devices.gathered(training.state), record)
        if training.done >= total:
            return Ending.FINISHED
        training.enter(config)


def _follow(
    config: Config, make_trainer: Callable[[Config], Trains], resume: Path | None, override: Sequence[str]
) -> RunResult:
    """The same run in step with the first process, which alone writes: what this one writes is thrown away."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        config = changed(config, {"trainer.checkpoint_dir": folder})
        return run(config, make_trainer, use_wandb=False, resume=resume, override=override)


class BadNumbers:
    """Counts the iterations in a row in which robots or updates were not finite."""

    def __init__(self, config: TrainerConfig) -> None:
        self._allowed = {
            "bad_envs": config.max_bad_env_iterations,
            "skipped_updates": config.max_skipped_update_iterations,
        }
        self._in_a_row = dict.fromkeys(self._allowed, 0)

    def repeat(self, record: Record) -> bool:
        """Whether, with this record, either has gone on for as long as the configuration allows."""
        self._in_a_row = {name: count + 1 if record.get(name, 0) else 0 for name, count in self._in_a_row.items()}
        return any(self._in_a_row[name] >= allowed for name, allowed in self._allowed.items())
