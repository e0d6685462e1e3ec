"""Policies that do not change while they are used: of a checkpoint, and of a bundle.

JAX is imported when a policy is first used and not before: nobody should wait for a mistyped path.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from playground_amp.configs.loader import config_of_policy
from playground_amp.configs.schema import Config
from playground_amp.deploy.runtime import BundleError, WalkingPolicy, load_policy
from playground_amp.errors import UserError
from playground_amp.runs.checkpoint import load_policy_and_config

if TYPE_CHECKING:
    from playground_amp.envs.wildrobot_env import WildRobotEnv
    from playground_amp.rollouts.rollout import Controller

MANIFEST = "manifest.json"  # of a bundle


class NamedController(NamedTuple):
    """A policy in use, and what the page calls it."""

    name: str
    controller: "Controller"


@dataclass
class FixedPolicy:
    """`PolicySource` of a file."""

    name: str
    config: Config
    make_controller: "Callable[[WildRobotEnv], Controller]"

    def start(self, env: "WildRobotEnv") -> NamedController:
        """The policy."""
        return NamedController(self.name, self.make_controller(env))

    def newer(self) -> None:
        """There is none, ever."""


def checkpoint_policy(path: Path) -> FixedPolicy:
    """The policy of a `final_iter_<N>.pkl`. Raises UserError if it cannot be read."""
    content, config = load_policy_and_config(path)

    def make_controller(env: "WildRobotEnv") -> "Controller":
        from playground_amp.learning.networks import make_policy
        from playground_amp.rollouts.rollout import policy_controller

        return policy_controller(make_policy(env.config.trainer, env.engine.robot), content["params"])

    return FixedPolicy(path.name, config, make_controller)


def bundle_policy(folder: Path) -> FixedPolicy:
    """The policy of a folder that export.py wrote. Raises UserError if it is incomplete or was altered."""
    policy = load_bundle(folder)
    config = config_of_policy(policy.manifest["config"], f"the configuration in {folder / MANIFEST}")

    def make_controller(env: "WildRobotEnv") -> "Controller":
        from playground_amp.policies.bundle_controller import bundle_controller

        return bundle_controller(policy, env)

    return FixedPolicy(f"bundle {folder.name}", config, make_controller)


def load_bundle(folder: Path) -> WalkingPolicy:
    """The policy of a bundle, verified by its golden vectors.

    Raises:
      UserError: the bundle is incomplete or was altered.
    """
    try:
        return load_policy(folder)
    except BundleError as error:
        raise UserError(str(error)) from error
