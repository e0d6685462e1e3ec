"""The newest policy of a run folder, at any moment, while the run trains.

Saved states and final checkpoints appear whole or not at all, so they can be read at any time; one that was pruned
between being listed and being read is left out.
"""

import time
from collections.abc import Callable
from pathlib import Path

from jax.tree_util import Partial

from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.policies.saved_policy import controller_of, read_file
from playground_amp.policies.source import NamedController
from playground_amp.rollouts.rollout import Controller
from playground_amp.runs.contents import list_checkpoints, list_states

_PAUSE = 1.0  # s between two looks for the first policy


class RunPolicies:
    """`PolicySource` of a run folder."""

    def __init__(self, folder: Path, robot: str | None, say: Callable[[str], None]):
        """Waits until there is a policy, and says so.

        Raises UserError if the newest one is damaged, or for another robot than `robot`.
        """
        self._folder, self._robot = folder, robot
        if newest_policy(folder) is None:
            say(f"waiting for the run in {folder} to save its first policy (trainer.save_interval says when)")
        while (found := newest_policy(folder)) is None:
            time.sleep(_PAUSE)
        self._iteration, path = found
        self._policy = read_file(path, robot)
        self._controller: Controller | None = None

    @property
    def name(self) -> str:
        """The iteration of the policy given last, and the folder."""
        return f"iteration {self._iteration} of {self._folder}"

    @property
    def config(self) -> Config:
        """The run's configuration."""
        return self._policy.config

    def controller(self, env: WildRobotEnv) -> Controller:
        """The newest policy at the start."""
        del env
        self._controller = controller_of(self._policy)
        return self._controller

    def newer(self) -> NamedController | None:
        """The newest policy if it is newer than the last one given.

        Raises UserError if it was trained for another task or has other layers: the run was restarted.
        """
        found = newest_policy(self._folder)
        if found is None or found[0] == self._iteration or self._controller is None:
            return None
        iteration, path = found
        try:
            policy = read_file(path, self._robot)
        except UserError:
            if path.exists():
                raise
            return None
        self._iteration = iteration
        now, before = policy.config, self.config
        if (now.robot, now.env, now.trainer.actor_layers) != (before.robot, before.env, before.trainer.actor_layers):
            raise UserError(
                f"the run in {self._folder} was started anew with another configuration: start play.py anew"
            )
        same_program = Partial(self._controller.func, policy.params)  # other numbers: nothing compiles
        return NamedController(self.name, same_program)


def newest_policy(folder: Path) -> tuple[int, Path] | None:
    """The iteration and the file of the newest policy in a run folder; None if there is none yet.

    Of a checkpoint and a state of the same iteration it is the checkpoint.
    """
    checkpoints = [(iteration, 1, path) for iteration, path in list_checkpoints(folder).items()]
    states = [(int(path.stem.removeprefix("iter_")), 0, path) for path in list_states(folder)[:1]]
    found = [*checkpoints, *states]
    if not found:
        return None
    iteration, _, path = max(found)
    return iteration, path
