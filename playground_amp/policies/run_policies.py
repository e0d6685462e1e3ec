"""The newest policy of a run folder, at any moment, while the run trains.

Saved states and final checkpoints appear whole or not at all, so they can be read at any time; one that was pruned
between being listed and being read is left out.
"""

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from jax.tree_util import Partial

from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.learning.networks import make_policy
from playground_amp.policies.fixed_policies import NamedController
from playground_amp.policies.saved_state import config_of_state, params_of_state
from playground_amp.rollouts.rollout import Controller, policy_controller
from playground_amp.runs.checkpoint import list_checkpoints, load_policy_and_config
from playground_amp.runs.folder import list_states
from playground_amp.runs.state import read_state

_PAUSE = 1.0  # s between two looks for the first policy


class RunPolicies:
    """`PolicySource` of a run folder."""

    def __init__(self, folder: Path, say: Callable[[str], None]):
        """Waits until there is a policy, and says so. Raises UserError if the newest one is damaged."""
        self._folder = folder
        if newest_policy(folder) is None:
            say(f"waiting for the run in {folder} to save its first policy (trainer.save_interval says when)")
        while (found := newest_policy(folder)) is None:
            time.sleep(_PAUSE)
        self._iteration, path = found
        self.config, self._params = read_policy(path)
        self._controller: Controller | None = None

    def start(self, env: WildRobotEnv) -> NamedController:
        """The newest policy at the start."""
        self._controller = policy_controller(make_policy(self.config.trainer, env.engine.robot), self._params)
        return NamedController(self._name(), self._controller)

    def newer(self) -> NamedController | None:
        """The newest policy if it is newer than the last one given.

        Raises UserError if it was trained for another task or has other layers: the run was started anew.
        """
        found = newest_policy(self._folder)
        if found is None or found[0] == self._iteration or self._controller is None:
            return None
        iteration, path = found
        try:
            config, params = read_policy(path)
        except UserError:
            if path.exists():
                raise
            return None
        self._iteration = iteration
        if (config.env, config.trainer.actor_layers) != (self.config.env, self.config.trainer.actor_layers):
            raise UserError(
                f"the run in {self._folder} was started anew with another configuration: start play.py anew"
            )
        return NamedController(self._name(), Partial(self._controller.func, params))  # the same program, other numbers

    def _name(self) -> str:
        return f"iteration {self._iteration} of {self._folder}"


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


def read_policy(path: Path) -> tuple[Config, dict[str, Any]]:
    """Configuration and parameters out of a checkpoint or a saved state. Raises UserError if it cannot be read."""
    if path.suffix == ".npz":
        saved = read_state(path)
        return config_of_state(saved), params_of_state(saved)
    content, config = load_policy_and_config(path)
    return config, content["params"]
