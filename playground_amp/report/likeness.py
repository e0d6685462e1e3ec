"""How alike the walks of a policy with a motion prior are to its demonstrations."""

from typing import NamedTuple

from playground_amp.errors import UserError
from playground_amp.motion.demonstrations import read_demonstrations
from playground_amp.motion.likeness import own_likeness
from playground_amp.record.beside import walk_beside
from playground_amp.report.facts import RunFacts
from playground_amp.runs.checkpoint import read_policy


class LikenessRow(NamedTuple):
    """A measure, as texts."""

    measure: str
    policy: str
    demonstrations: str  # of every other clip against the others; empty where that is not known


class LikenessRows(NamedTuple):
    """All measures, or in words why there are none."""

    rows: tuple[LikenessRow, ...]
    clips: int = 0
    falls: int = 0
    reason: str = ""


NOT_MEASURED = LikenessRows(())


def measured_likeness(facts: RunFacts) -> LikenessRows:
    """Lets a policy that was trained with AMP walk at the commands of its demonstrations. Takes part of a minute."""
    if not facts.config.amp.enabled or facts.checkpoint.suffix != ".pkl":
        return NOT_MEASURED
    policy = read_policy(facts.checkpoint, facts.config.robot)
    try:
        clips, _ = read_demonstrations(facts.config)
    except UserError as error:
        return LikenessRows((), reason=f"The demonstrations are not there any more: {error}")
    beside = walk_beside(policy.config, policy.params, clips)
    alike, own = beside.likeness(policy.robot), own_likeness(policy.robot, clips)
    if alike is None:
        return LikenessRows((), len(clips), beside.falls, "It fell at every command of the demonstrations.")
    known = dict(own.rows) if own else {}
    rows = tuple(LikenessRow(measure, value, known.get(measure, "")) for measure, value in alike.rows)
    return LikenessRows(rows, len(clips), beside.falls)
