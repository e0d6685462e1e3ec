"""From a configuration to its task and its trainer: for AMP, and for starts on the reference, clips are loaded."""

import contextlib
import gc
from collections.abc import Iterator, Sequence

from playground_amp.amp.learner import MotionPrior
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.iteration import Trainer
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import load_demonstrations, reference_buffer, reference_states
from playground_amp.physics.protocol import Engine


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
    if not config.amp.enabled:
        return Trainer(config, make_task(config))
    clips = load_demonstrations(config)
    task = make_task(config, clips)
    return Trainer(config, task, MotionPrior(config.amp, reference_buffer(task.engine.robot, clips)))


def make_task(config: Config, clips: Sequence[Clip] | None = None, engine: Engine | None = None) -> WildRobotEnv:
    """The task of a configuration, its episodes starting on the demonstrations as often as it says.

    `clips`: those demonstrations, where they are loaded already. `engine`: another one than the configuration's.

    Raises:
      UserError: as `make_trainer`, where it needs clips.
    """
    if config.env.reference_start_share == 0:
        return WildRobotEnv(config, engine)
    return WildRobotEnv(
        config, engine, starts=reference_states(load_demonstrations(config) if clips is None else clips)
    )
