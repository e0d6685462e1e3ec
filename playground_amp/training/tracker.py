"""The tracking policy: PPO with a posture reward, which turns kinematic clips into motion that physics allows."""

from collections.abc import Callable, Sequence
from typing import Any

from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.reference.clip import Clip
from playground_amp.reference.demonstrations import reference_states
from playground_amp.reference.posture import make_posture_table
from playground_amp.training.iteration import Trainer
from playground_amp.training.loop import iterations
from playground_amp.training.metrics_log import Record

POSTURE_WEIGHT = 4.0  # per second; as much as tracking the command
TORQUE_WEIGHT = -0.03  # per second and N²m²: demonstrations should spare the servos
START_SHARE = 0.8


def tracker_config(config: Config) -> Config:
    """The configuration of the tracker: the task's own, with the posture paid for and starts on the reference."""
    weights = config.reward_weights | {"reference_posture": POSTURE_WEIGHT, "torque": TORQUE_WEIGHT}
    changes = {
        "reward_weights": weights,
        "env": config.env.model_copy(update={"reference_start_share": START_SHARE}),
        "amp": config.amp.model_copy(update={"enabled": False}),
    }
    return config.model_copy(update=changes)


def train_tracker(config: Config, clips: Sequence[Clip], report: Callable[[Record], None]) -> dict[str, Any]:
    """Trains the tracker of `tracker_config` on periodic clips that fill a grid of commands; its policy parameters.

    `report` hears the record of every iteration.
    """
    task = WildRobotEnv(config, starts=reference_states(clips), posture=make_posture_table(clips))
    trainer = Trainer(config, task)
    state = trainer.init()
    for state, record, _ in iterations(trainer, state, 0, config.trainer.num_iterations):  # noqa: B007, B020 (donated)
        report(record)
    return trainer.policy_params(state)
