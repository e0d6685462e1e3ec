"""The policy in a file of a run: a checkpoint, or the state that the run was saved in."""

from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.policies.source import FixedPolicy
from playground_amp.runs.checkpoint import SavedPolicy, read_policy

if TYPE_CHECKING:
    from playground_amp.envs.wildrobot_env import WildRobotEnv
    from playground_amp.rollouts.rollout import Controller

STATE_ENDING = ".npz"


def open_file(path: Path, robot: str | None = None) -> FixedPolicy:
    """The policy of a `final_iter_<N>.pkl` or a saved state. Raises UserError as `read_file`."""
    return source_of(read_file(path, robot))


def source_of(saved: SavedPolicy) -> FixedPolicy:
    """A policy that was read, as a source."""

    def make_controller(env: "WildRobotEnv") -> "Controller":
        return controller_of(saved)

    return FixedPolicy(saved.path.name, saved.config, make_controller)


def read_file(path: Path, robot: str | None = None) -> SavedPolicy:
    """The policy in a `final_iter_<N>.pkl` or a saved state, for the robot of the file or the same one elsewhere.

    Raises:
        UserError: it cannot be read, or was made for another robot.
    """
    if path.suffix != STATE_ENDING:
        return read_policy(path, robot)
    # Imported here: it brings JAX.
    from playground_amp.policies.saved_state import read_policy_of_state

    return read_policy_of_state(path, robot)


def controller_of(saved: SavedPolicy) -> "Controller":
    """The deterministic policy as a controller. Those of equal networks share one function."""
    from playground_amp.learning.networks import make_policy
    from playground_amp.rollouts.rollout import policy_controller

    return policy_controller(make_policy(saved.config.trainer, saved.robot), saved.params)
