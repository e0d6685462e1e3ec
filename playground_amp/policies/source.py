"""Where a policy comes from, whatever kind of place that is: what judge, report, film and cockpit know of it.

JAX is imported when a policy is first used and not before: nobody should wait for a mistyped path.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple, Protocol

from playground_amp.configs.schema import Config

if TYPE_CHECKING:
    from playground_amp.envs.wildrobot_env import WildRobotEnv
    from playground_amp.rollouts.rollout import Controller


class NamedController(NamedTuple):
    """A policy in use, and what people call it."""

    name: str
    controller: "Controller"


class PolicySource(Protocol):
    """A file, a bundle, or the folder of a run."""

    @property
    def name(self) -> str:
        """What people call the policy."""
        ...

    @property
    def config(self) -> Config:
        """The task it was trained for, the robot among it."""
        ...

    def controller(self, env: "WildRobotEnv") -> "Controller":
        """The policy, as it is now, at the robots of an environment."""
        ...

    def newer(self) -> NamedController | None:
        """A policy newer than the one given last, if there is one; it takes its place without a new compilation.

        Raises UserError if there is one that cannot take its place.
        """
        ...


@dataclass(frozen=True)
class FixedPolicy:
    """`PolicySource` of a policy that does not change."""

    name: str
    config: Config
    make_controller: "Callable[[WildRobotEnv], Controller]"

    def controller(self, env: "WildRobotEnv") -> "Controller":
        """The policy."""
        return self.make_controller(env)

    def newer(self) -> None:
        """There is none, ever."""
