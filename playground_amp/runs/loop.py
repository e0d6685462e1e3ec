"""A training run from start to end: resume or start, iterate, track, save, and stop for a reason that it names."""

import contextlib
import io
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import jax

from playground_amp.errors import UserError
from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config, TrainerConfig
from playground_amp.learning import devices
from playground_amp.runs.tracking.console import make_console
from playground_amp.files import exclusive
from playground_amp.runs.manifest import make_manifest
from playground_amp.runs.tracking.metrics_log import Record
from playground_amp.runs.result import Ending, RunResult, summary
from playground_amp.runs.folder import find_state, prepare_folder, require_run_folder
from playground_amp.runs.saver import Saver
from playground_amp.runs.signals import StopRequest
from playground_amp.runs.state import restore
from playground_amp.runs.tracking.tracker import Tracker


class Trainer(Protocol):
    """What the loop needs of a trainer; `learning.iteration.Trainer` is the one."""

    steps_per_iteration: int

    def init(self) -> Any: ...
    def iterate(self, state: Any, /) -> tuple[Any, dict[str, Any]]: ...
    def policy_params(self, state: Any, /) -> dict[str, Any]: ...


@runtime_checkable
class AmpTrainer(Trainer, Protocol):
    """A trainer with a motion prior, which goes into the policy file."""

    def amp_parts(self, state: Any, /) -> dict[str, Any]:
        """{"amp_discriminator": nested dict of arrays, "amp_weight": number}"""
        ...


def train(config: Config, *, use_wandb: bool, resume: Path | None = None, override: Sequence[str] = ()) -> RunResult:
    """Trains as `config` says, into `config.trainer.checkpoint_dir`.

    `resume`: a run folder, or a saved state, to go on from. `override`: what may differ from the saved state's run.
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
    make_trainer: Callable[[Config], Trainer],
    *,
    use_wandb: bool,
    resume: Path | None = None,
    override: Sequence[str] = (),
) -> RunResult:
    """`train` with a trainer of the caller's."""
    run_folder, total = Path(config.trainer.checkpoint_dir), config.trainer.num_iterations
    with exclusive(run_folder), StopRequest() as stop, make_console(total) as console:
        manifest = make_manifest(config)
        saved = find_state(resume, run_folder, manifest, override, console.say) if resume else None
        require_run_folder(run_folder)
        trainer = make_trainer(config)
        state = jax.block_until_ready(trainer.init())  # an exit with robots still starting would crash
        if saved:
            state = restore(saved, state)
        done, record = (saved.iteration, saved.metrics) if saved else (0, {})
        prepare_folder(run_folder, saved, config, console.say)
        with Tracker(run_folder, manifest["config"], through=done, use_wandb=use_wandb, say=console.say) as tracker:
            saver = Saver(run_folder, manifest, config.trainer.keep_states, tracker.sync, console.say)
            watch, ending = BadNumbers(config.trainer), Ending.FINISHED
            console.start(done)
            for state, record, evidence in iterations(trainer, state, done, total):  # noqa: B020 (donated)
                tracker.log(record)
                console.show(record)
                saver.keep_evidence(evidence, record)
                if watch.repeat(record):
                    ending = Ending.BAD_NUMBERS
                    break
                if devices.any_process(stop.requested):
                    ending = Ending.INTERRUPTED
                    break
                if record["iteration"] % config.trainer.save_interval == 0 and record["iteration"] < total:
                    saver.save_state(devices.gathered(state), record)
            result = saver.finish(ending, devices.gathered(state), record, partial(policy_parts, trainer))
    print(summary(result))
    return result


def _follow(
    config: Config, make_trainer: Callable[[Config], Trainer], resume: Path | None, override: Sequence[str]
) -> RunResult:
    """The same run in step with the first process, which alone writes: what this one writes is thrown away."""
    with tempfile.TemporaryDirectory() as folder, contextlib.redirect_stdout(io.StringIO()):
        config = changed(config, {"trainer.checkpoint_dir": folder})
        return run(config, make_trainer, use_wandb=False, resume=resume, override=override)


def policy_parts(trainer: Trainer, state: Any) -> dict[str, Any]:
    """What the policy file holds of a state: `params`, and with AMP the guide's two keys."""
    amp = trainer.amp_parts(state) if isinstance(trainer, AmpTrainer) else {}
    return {"params": trainer.policy_params(state), **amp}


def iterations(trainer: Trainer, state: Any, done: int, total: int) -> Iterator[tuple[Any, Record, Any]]:
    """The iterations after `done` up to `total`: state, record, and evidence of a robot that went bad (or None)."""
    for iteration in range(done + 1, total + 1):
        started = time.perf_counter()
        state, metrics = trainer.iterate(state)
        evidence = metrics.pop("evidence", None)
        values = {name: value.item() for name, value in jax.device_get(metrics).items()}
        seconds = time.perf_counter() - started
        steps = trainer.steps_per_iteration
        timing = {"time/iteration": seconds, "time/steps_per_second": steps / seconds}
        yield state, {"iteration": iteration, "env_steps": iteration * steps, **values, **timing}, evidence


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
