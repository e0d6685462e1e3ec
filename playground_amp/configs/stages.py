"""The section about the stages of a run: what changes while it goes on, and when."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

from pydantic import BeforeValidator, Field, PlainValidator

from playground_amp.configs.fields import Section

_KEPT = (
    "robot",
    "stages",
    "quick_verify",
    "env.observation_history",
    "trainer.name",
    "trainer.seed",
    "trainer.num_devices",
    "trainer.num_iterations",
    "trainer.symmetric",
    "trainer.actor_layers",
    "trainer.critic_layers",
    "trainer.checkpoint_dir",
)
"""What no stage can change: the shape of what has learned so far, and what a run has once."""
EPISODE, DIFFICULTY = "episode_length", "difficulty"  # what `once` may name besides reward terms


def _count_or_share(value: object) -> int | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if value >= 1 and value == int(value):
            return int(value)
        if 0 < value < 1:
            return float(value)
    raise ValueError("a number of iterations, or a share of them between 0 and 1")


def _or_nothing(value: object) -> object:
    return {} if value is None else value


class StageConfig(Section):
    """A stage of a run: it goes on from the one before, with exactly the changes that it lists."""

    until: Annotated[int | float, PlainValidator(_count_or_share)] | None = Field(
        default=None, description="the iteration it ends with, or a share of trainer.num_iterations; null: the last one"
    )
    once: Annotated[dict[str, Annotated[float, Field(gt=0, le=1)]], BeforeValidator(_or_nothing)] = Field(
        default_factory=dict,
        description="ends it sooner, as shares: reward terms of their weight, episode_length, difficulty; null: none",
    )
    changes: dict[str, dict] = Field(default_factory=dict, description="sections and keys with their new values")


def ends_in_order(
    stages: Mapping[str, StageConfig], num_iterations: int, early: Mapping[str, int] | None = None
) -> list[tuple[str, int]]:
    """The stages by name, in the order of their ends, each with its last iteration in a run of that length.

    Those that end at an iteration come first, then those that end at a share of the run, which is never before them.
    `early`: the last iterations of stages that have ended by their `once`.
    """
    counted = sorted((stage.until, name) for name, stage in stages.items() if isinstance(stage.until, int))
    shared = sorted((stage.until, name) for name, stage in stages.items() if isinstance(stage.until, float))
    latest = max((until for until, _ in counted), default=0)
    ends = [(name, until) for until, name in counted]
    ends += [(name, max(latest, round(until * num_iterations))) for until, name in shared]
    ends += [(name, num_iterations) for name, stage in stages.items() if stage.until is None]
    return [(name, min((early or {}).get(name, end), num_iterations)) for name, end in ends]


def stage_problems(stages: Mapping[str, StageConfig]) -> Iterator[str]:
    ends = [stage.until for stage in stages.values() if stage.until is not None]
    unending = [name for name, stage in stages.items() if stage.until is None]
    if stages and len(unending) != 1:
        found = " and ".join(unending) or "none"
        yield f"stages: one stage, the last, has no `until` and goes on to the end of the run; found {found}"
    if len(set(ends)) < len(ends):
        listed = ", ".join(f"{name} {stage.until}" for name, stage in stages.items())
        yield f"stages must end one after the other; found {listed}"
    for name, stage in stages.items():
        if stage.once and stage.until is None:
            yield f"stages.{name}.once: the last stage goes on to the end of the run; give it an `until`"
        if not name.isidentifier():
            yield f"stages.{name}: the name must be letters, digits and _, for --set stages.NAME.until=600"
        kept = [key for key in _KEPT if _names(stage.changes, key.split("."))]
        if kept:
            yield f"stages.{name}.changes: {kept[0]} stays as it is through a run"


def _names(changes: object, path: Sequence[str]) -> bool:
    """Whether a value for the key at a path is among the changes."""
    if not path:
        return True
    return isinstance(changes, Mapping) and path[0] in changes and _names(changes[path[0]], path[1:])
