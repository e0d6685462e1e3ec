"""From a configuration to its task and its trainer, with the reference motion that it asks for."""

import contextlib
import gc
from collections.abc import Iterator, Sequence

from playground_amp.amp.learner import MotionPrior
from playground_amp.configs.schema import Config
from playground_amp.configs.stages import DIFFICULTY, EPISODE
from playground_amp.envs.payment import check_names
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.iteration import Trainer
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import load_demonstrations, reference_buffer
from playground_amp.motion.reference import posture_of, starts_of
from playground_amp.physics.protocol import Engine


def make_trainer(config: Config) -> Trainer:
    """The trainer of a configuration, compiled.

    Raises:
      UserError: clips that are missing, damaged, of another rate, or do not show what the task commands; or a reward
        term left to style that there is not.
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
    for name, stage in config.stages.items():  # before the first one is trained
        check_names(stage.changes.get("reward_weights", {}), key=f"stages.{name}.changes.reward_weights")
        check_names(stage.once.keys() - {EPISODE, DIFFICULTY}, key=f"stages.{name}.once")
    if not config.amp.enabled:
        return Trainer(config, make_task(config))
    check_names(config.amp.left_to_style, key="amp.left_to_style")
    clips = load_demonstrations(config)
    task = make_task(config, clips)
    return Trainer(config, task, MotionPrior(config.amp, reference_buffer(task.engine.robot, clips)))


def make_task(config: Config, clips: Sequence[Clip] | None = None, engine: Engine | None = None) -> WildRobotEnv:
    """The task of a configuration with its reference motion, as often and as dear as it says.

    `clips`: the demonstrations, where they are loaded already. `engine`: another one than the configuration's.

    Raises:
      UserError: as `make_trainer`, where it needs clips.
    """
    return WildRobotEnv(config, engine, starts=starts_of(config, clips), posture=posture_of(config, clips))
