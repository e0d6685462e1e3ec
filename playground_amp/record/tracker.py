"""The tracking policy: PPO with a posture reward, which turns kinematic clips into motion that physics allows."""

from collections.abc import Callable, Sequence

from playground_amp.configs.changes import changed_by_file
from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.iteration import Trainer
from playground_amp.motion.clip import Clip
from playground_amp.motion.demonstrations import reference_states
from playground_amp.motion.generate.stepping import generated_clips
from playground_amp.motion.posture import make_posture_table
from playground_amp.paths import TRACKER
from playground_amp.robot.record import Robot
from playground_amp.runs.tracking.console import Console, make_console
from playground_amp.runs.training import Training
from playground_amp.untyped import Params


def tracker_config(config: Config, given: Sequence[str] = ()) -> Config:
    """The configuration of following generated gaits, made of a task's; what was `given` by `--set` stays."""
    return changed_by_file(config, TRACKER, given)


def trained_tracker(robot: Robot, config: Config, say: Callable[[str], None]) -> Params:
    """The parameters of a policy that follows what the generators make for a robot; `say` hears which of them."""
    clips = generated_clips(robot, config.env, say)
    with make_console(config.trainer.num_iterations) as console:
        return train_tracker(config, clips, console)


def train_tracker(config: Config, clips: Sequence[Clip], console: Console) -> Params:
    """Trains on periodic clips that fill a grid of commands, as `tracker_config` says; the policy's parameters."""
    starts, posture = reference_states(clips), make_posture_table(clips)

    def make_trainer(config: Config) -> Trainer:
        return Trainer(config, WildRobotEnv(config, starts=starts, posture=posture))

    return train_in_stages(config, make_trainer, console)


def train_in_stages(config: Config, make_trainer: Callable[[Config], Trainer], console: Console) -> Params:
    """The parameters of a policy after all stages of a configuration."""
    training = Training(make_trainer, console.say)
    console.start(0)
    while training.done < config.trainer.num_iterations:
        training.enter(config)
        for record, _ in training.iterations():
            console.show(record)
    return training.trainer.policy(training.state).params
