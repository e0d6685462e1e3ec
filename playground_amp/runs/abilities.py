"""What a robot can do by now, as shares of the best, and whether that ends a stage before its last iteration."""

from collections.abc import Mapping

from playground_amp.configs.schema import Config
from playground_amp.configs.stages import DIFFICULTY, EPISODE
from playground_amp.runs.tracking.metrics_log import Record

IN_A_ROW = 10  # iterations; a single one is told by a few episodes only
PROVEN = "stage_proven"
ENDED = "stage_end/"


def ability(name: str, config: Config, record: Record) -> float:
    """The difficulty, a reward term as a share of its weight, or episodes as one of `env.episode_length`."""
    if name == EPISODE:
        return record.get(EPISODE, 0.0) / config.env.episode_length
    if name == DIFFICULTY:
        return record.get(DIFFICULTY, 0.0)
    weight = config.paid_weights.get(name, 0.0)
    return record.get(f"reward/{name}", 0.0) / weight if weight > 0 else 0.0


def able(once: Mapping[str, float], config: Config, record: Record) -> bool:
    """Whether an iteration reached all that is asked for."""
    return bool(once) and all(ability(name, config, record) >= least for name, least in once.items())


def early_ends(record: Record) -> dict[str, int]:
    """The stages that ended early before or with a record's iteration, each with its last one."""
    return {name.removeprefix(ENDED): int(end) for name, end in record.items() if name.startswith(ENDED)}
