"""Values of the training configuration that a robot needs of its own: where Froude's scaling says too much."""

from typing import Any, NamedTuple

from playground_amp.robot.making.design import Design


class OwnValue(NamedTuple):
    """A value of the training configuration in SI units."""

    value: Any
    origin: str


def own_values(design: Design) -> dict[str, OwnValue]:
    """By dotted key, section by section."""
    return {"env.action_scale": OwnValue(_rounded(design.action_scale.value), f"rad: {design.action_scale.origin}")}


def _rounded(value: float) -> float:
    return float(f"{value:.3g}")
