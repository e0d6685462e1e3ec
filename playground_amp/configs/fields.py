"""What every section of the configuration is made of: the section itself, and ranges [low, high]."""

import os
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, JsonValue, field_validator
from pydantic.types import Strict


def _low_to_high(ends: tuple[float, float]) -> tuple[float, float]:
    if ends[0] > ends[1]:
        raise ValueError("[low, high] with low at most high")
    return ends


def _in_home(path: str | None) -> str | None:
    return path and os.path.expanduser(path)


InHome = AfterValidator(_in_home)  # of a path: a ~ in front is the user's home folder
Ordered = AfterValidator(_low_to_high)
_Positive = Annotated[float, Field(gt=0)]
_NotNegative = Annotated[float, Field(ge=0)]
Range = Annotated[tuple[float, float], Strict(False), Ordered]
PositiveRange = Annotated[tuple[_Positive, _Positive], Strict(False), Ordered]
NotNegativeRange = Annotated[tuple[_NotNegative, _NotNegative], Strict(False), Ordered]

_WHOLE_NUMBERS = 2**31
HiddenLayers = Annotated[tuple[Annotated[int, Field(gt=0, le=10_000_000)], ...], Strict(False), Field(min_length=1)]

# By which ratio of two robots a key's value scales (robot/scale.py): `json_schema_extra` of its field.
LENGTH: dict[str, JsonValue] = {"scale": "length"}
HEIGHT: dict[str, JsonValue] = {"scale": "height"}
TIME: dict[str, JsonValue] = {"scale": "time"}
SPEED: dict[str, JsonValue] = {"scale": "speed"}
PACE: dict[str, JsonValue] = {"scale": "pace"}
RATE: dict[str, JsonValue] = {"scale": "rate"}
MASS: dict[str, JsonValue] = {"scale": "mass"}
FORCE: dict[str, JsonValue] = {"scale": "force"}
DEFLECTION: dict[str, JsonValue] = {"scale": "deflection"}
SERVO_SPEED: dict[str, JsonValue] = {"scale": "servo_speed"}
TIME_PER_SPEED: dict[str, JsonValue] = {"scale": "time_per_speed"}


def _within_32_bits(value: Any) -> None:
    """Raises ValueError for a whole number that what computes in 32 bits cannot hold."""
    if isinstance(value, bool | str):
        return
    if isinstance(value, int) and not -_WHOLE_NUMBERS <= value < _WHOLE_NUMBERS:
        raise ValueError(f"less than {_WHOLE_NUMBERS:,}")
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, tuple | list) else ():
        _within_32_bits(each)


class Section(BaseModel):
    """A section of the YAML: immutable, strictly typed, no unknown keys."""

    @field_validator("*", mode="after")
    @classmethod
    def _fits(cls, value: Any) -> Any:
        _within_32_bits(value)
        return value

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, validate_default=True, allow_inf_nan=False)
