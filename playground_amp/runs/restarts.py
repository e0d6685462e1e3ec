"""Which parts of the state are reset when a run is resumed under another configuration."""

from collections.abc import Sequence
from typing import NamedTuple

from playground_amp.configs.schema import Config
from playground_amp.runs.manifest import differing_keys
from playground_amp.runs.state import SavedState, misfits


class Part(NamedTuple):
    """A part of the training state that can be reset without losing what was learned."""

    title: str
    names: tuple[str, ...]  # how its arrays' names begin


ROBOTS = Part("the robots", ("env_states/", "statistics/reward", "statistics/length", "aim/last", "aim/since"))
AIM = Part(
    "the correction of speeds and torques",
    tuple(f"aim/{name}" for name in ("more", "price", "asked", "reached", "torque", "steps")),
)
PRIOR = Part("the motion prior", ("prior/",))
_OTHER_WORLD = ("robot", "env.terrain", "physics.engine")  # where robots cannot just go on from the place they are at


def parts_to_restart(saved: SavedState, template: object, before: dict[str, object], now: Config) -> list[Part]:
    """The parts that do not fit the run that goes on, because its configuration differs from the one `before`.

    Under the same configuration nothing is reset: what does not fit then is of another version, and is refused.
    """
    differing = differing_keys(before, now.model_dump(mode="json"))
    if not differing:
        return []
    moved = any(key in _OTHER_WORLD for key in differing)
    return [part for part in (ROBOTS, AIM, PRIOR) if misfits(saved, template, part.names) or (moved and part is ROBOTS)]


def told(parts: Sequence[Part]) -> str:
    """One sentence for the user."""
    titles = " and ".join(part.title for part in parts)
    several = len(parts) > 1 or ROBOTS in parts
    return f"{titles} start{'' if several else 's'} anew under the changed configuration; the rest goes on"
