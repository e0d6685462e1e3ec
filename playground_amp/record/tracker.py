"""The tracking policy: PPO with a posture reward, which turns kinematic clips into motion that physics allows.

It first learns to walk in the reference's posture, then to keep to the command, then to spare the servos: heavy
penalties from the start would teach it to stand.
"""

from collections.abc import Callable, Sequence
from typing import Any

from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.iteration import Trainer
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import reference_states
from playground_amp.motion.posture import make_posture_table
from playground_amp.runs.loop import iterations
from playground_amp.runs.tracking.metrics_log import Record

LEARN = {
    "reference_posture": 4.0,
    "velocity_progress": 1.5,
    "yaw_tracking": 2.5,
    "yaw_progress": 1.5,
    "swing_clearance": 2.0,
}
OBEY = LEARN | {"velocity_tracking": 4.0, "velocity_progress": 3.0, "torque": -0.08, "action_rate": -0.06}
SPARE = OBEY | {"torque": -0.18, "reference_posture": 3.0}
STAGES = ((LEARN, 0.3), (OBEY, 0.55), (SPARE, 1.0))  # reward weights, and the share of the iterations they last until
START_SHARE = 0.8  # of the episodes, on the reference


def train_tracker(config: Config, clips: Sequence[Clip], report: Callable[[Record], None]) -> dict[str, Any]:
    """Trains on periodic clips that fill a grid of commands, for `trainer.num_iterations`; the policy's parameters.

    `report` hears the record of every iteration.
    """
    starts, posture = reference_states(clips), make_posture_table(clips)
    state = trainer = None
    first = 0
    for weights, until in STAGES:
        last = round(until * config.trainer.num_iterations)
        changed = _with_weights(config, weights)
        trainer = Trainer(changed, WildRobotEnv(changed, starts=starts, posture=posture))
        fresh = trainer.init()
        state = fresh if state is None else state._replace(env_states=fresh.env_states)
        for state, record, _ in iterations(trainer, state, first, last):  # noqa: B007, B020 (donated)
            report(record)
        first = last
    assert trainer is not None
    assert state is not None
    return trainer.policy_params(state)


def _with_weights(config: Config, weights: dict[str, float]) -> Config:
    return config.model_copy(
        update={
            "reward_weights": config.reward_weights | weights,
            "env": config.env.model_copy(update={"reference_start_share": START_SHARE}),
            "amp": config.amp.model_copy(update={"enabled": False}),
        }
    )
