"""Where a policy to watch comes from: a checkpoint, a bundle, or the folder of a run, which may still be training."""

from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from playground_amp.configs.schema import Config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.policies.fixed_policies import MANIFEST, NamedController, bundle_policy, checkpoint_policy
from playground_amp.policies.run_policies import RunPolicies
from playground_amp.runs.folder import CONFIG


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
            return bundle_policy(path)
        if (path / CONFIG).is_file():
            return RunPolicies(path, say)
        raise UserError(
            f"{path} is no folder of a run (it holds no {CONFIG}) and no bundle (it holds no {MANIFEST}): "
            "name a final_iter_<N>.pkl, the --checkpoint-dir of a run, or the --output of export.py"
        )
    return checkpoint_policy(path)
