"""From a configuration to its trainer: with AMP, or starts on the reference, the clips are loaded first."""

import contextlib
import gc
from collections.abc import Iterator

from playground_amp.amp.learner import MotionPrior
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.reference.demonstrations import load_demonstrations, reference_buffer, reference_states
from playground_amp.robot.robot import load_robot
from playground_amp.training.iteration import Trainer


def make_trainer(config: Config) -> Trainer:
    """The trainer of a configuration, compiled.

    Raises:
      UserError: clips that are missing, damaged, of another rate, or do not show what the task commands.
    """
    with _no_garbage_collection():
        trainer = _make_trainer(config)
        trainer.compile()
    return trainer


@contextlib.contextmanager
def _no_garbage_collection() -> Iterator[None]:
    """Tracing makes millions of objects that stay: looking through them for garbage takes a fifth of its time."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()
        gc.freeze()


def _make_trainer(config: Config) -> Trainer:
    if not (config.amp.enabled or config.env.reference_start_share > 0):
        return Trainer(config)
    clips = load_demonstrations(config)
    task = WildRobotEnv(config, starts=reference_states(clips) if config.env.reference_start_share > 0 else None)
    prior = MotionPrior(config.amp, reference_buffer(load_robot(), clips)) if config.amp.enabled else None
    return Trainer(config, task, prior)
