"""Where a policy to watch comes from: a checkpoint, a bundle, or the folder of a run, which may still be training."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Protocol

from playground_amp.cockpit.run_policies import NamedController, RunPolicies
from playground_amp.configs.errors import UserError
from playground_amp.configs.loader import config_of_policy
from playground_amp.configs.schema import Config
from playground_amp.deploy.controller import bundle_controller, load_bundle
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.evaluation.rollouts import Controller, policy_controller
from playground_amp.training.checkpoint import load_policy
from playground_amp.training.policy import make_policy
from playground_amp.training.run_folder import CONFIG

MANIFEST = "manifest.json"

MakeController = Callable[[WildRobotEnv], Controller]


class PolicySource(Protocol):
    """What is watched."""

    config: Config

    def start(self, env: WildRobotEnv) -> NamedController:
        """The policy to begin with."""
        ...

    def newer(self) -> NamedController | None:
        """A policy newer than the one given last, if there is one; it takes its place without a new compilation.

        Raises UserError if there is one that cannot take its place.
        """
        ...


def open_policies(path: Path, say: Callable[[str], None]) -> PolicySource:
    """The source that `path` is: a `final_iter_<N>.pkl`, a folder that export.py wrote, or a run folder.

    A run that has saved nothing yet is told of by `say`. Raises UserError for anything else.
    """
    if path.is_dir():
        if (path / MANIFEST).is_file():
            return _bundle(path)
        if (path / CONFIG).is_file():
            return RunPolicies(path, say)
        raise UserError(
            f"{path} is no folder of a run (it holds no {CONFIG}) and no bundle (it holds no {MANIFEST}): "
            "name a final_iter_<N>.pkl, the --checkpoint-dir of a run, or the --output of export.py"
        )
    return _checkpoint(path)


class _FixedPolicy:
    """One policy for good."""

    def __init__(self, name: str, config: Config, make_controller: MakeController):
        self.config = config
        self._name, self._make_controller = name, make_controller

    def start(self, env: WildRobotEnv) -> NamedController:
        return NamedController(self._name, self._make_controller(env))

    def newer(self) -> None:
        return None


def _checkpoint(path: Path) -> _FixedPolicy:
    content = load_policy(path)
    config = config_of_policy(content["config"], f"the configuration in {path}")
    return _FixedPolicy(
        path.name, config, lambda env: policy_controller(make_policy(env.config.trainer), content["params"])
    )


def _bundle(folder: Path) -> _FixedPolicy:
    policy = load_bundle(folder)
    config = config_of_policy(policy.manifest["config"], f"the configuration in {folder / MANIFEST}")
    return _FixedPolicy(f"bundle {folder.name}", config, partial(bundle_controller, policy))
