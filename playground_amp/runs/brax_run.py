"""A run of `--trainer brax`: the same tracking, console and policy file around Brax's trainer; no saved state."""

from pathlib import Path

from playground_amp.configs.schema import Config
from playground_amp.files import exclusive
from playground_amp.learning.brax_baseline import Progress, train_with_brax
from playground_amp.robot.identity import identity_of
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import save_policy
from playground_amp.runs.contents import checkpoint_path
from playground_amp.runs.folder import prepare_folder
from playground_amp.runs.result import Ending, RunResult, summary
from playground_amp.runs.tracking.console import make_console
from playground_amp.runs.tracking.tracker import Tracker
from playground_amp.telling import tell


def run_brax(config: Config, *, use_wandb: bool) -> RunResult:
    """Trains with Brax's `ppo.train()` into `config.trainer.checkpoint_dir`."""
    run_folder, plain_config = Path(config.trainer.checkpoint_dir), config.model_dump(mode="json")
    robot = identity_of(load_robot(config.robot, config.env.terrain)).as_plain()
    with exclusive(run_folder), make_console(config.trainer.num_iterations) as console:
        prepare_folder(run_folder, None, config, console.say)
        with Tracker(run_folder, plain_config, through=0, use_wandb=use_wandb, say=console.say) as tracker:

            def on_progress(progress: Progress) -> None:
                record = _with_our_names(progress)
                tracker.log(record)
                console.show(record)

            console.start(0)
            params, last = train_with_brax(config, on_progress)
            record = _with_our_names(last)
            path = checkpoint_path(run_folder, int(record["iteration"]))
            try:
                save_policy(path, params, record, plain_config, robot)
                result = RunResult(run_folder, Ending.FINISHED, int(record["iteration"]), path, None, record)
            except OSError as error:
                console.say(f"could not write {path}: {error.strerror}")
                result = RunResult(run_folder, Ending.NOT_WRITTEN, int(record["iteration"]), None, None, record)
    tell(summary(result))
    return result


def _with_our_names(progress: Progress) -> dict[str, float | int]:
    names = {"steps": "env_steps", "steps_per_second": "time/steps_per_second"}
    return {names.get(name, name): value for name, value in progress.items()}
