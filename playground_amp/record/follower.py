"""The policy that follows clips: PPO on the task of following them, one policy for all."""

from collections.abc import Sequence

from playground_amp.configs.changes import changed, changed_by_file
from playground_amp.configs.schema import Config
from playground_amp.learning.iteration import Trainer
from playground_amp.paths import FOLLOWER
from playground_amp.record.following import FollowingEnv
from playground_amp.record.track import Track
from playground_amp.record.tracker import train_in_stages
from playground_amp.runs.tracking.console import Console
from playground_amp.untyped import Params


def follower_config(config: Config, given: Sequence[str] = ()) -> Config:
    """The configuration of following in the place of a task's, of which robot, physics and networks are kept.

    What was `given` by `--set` stays, but for rewards and stages.
    """
    return changed_by_file(changed(config, {"reward_weights": {}, "stages": {}}), FOLLOWER, given)


def train_follower(config: Config, track: Track, console: Console) -> Params:
    """The parameters of a policy that was trained as `follower_config` says."""
    return train_in_stages(config, lambda config: Trainer(config, FollowingEnv(config, track)), console)
