"""`robot.yaml`: what a robot's MJCF does not say. Beside it lies the MJCF; everything else is read from that."""

import os
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic.types import Strict

from playground_amp.errors import UserError
from playground_amp.yaml_text import read_yaml

DESCRIPTION = "robot.yaml"


class _Part(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Foot(_Part):
    """One sole: the site at the middle of its underside, and the bars it touches the floor with.

    A bar is a capsule across the foot, with a site and a touch sensor of the same name.
    """

    sole: str
    toe: str
    heel: str


class Feet(_Part):
    """Both soles."""

    left: Foot
    right: Foot


class Home(_Part):
    """The pose the robot stands in: actions are around it."""

    height: float = Field(gt=0, description="of the base over the floor, m")
    joints: dict[str, float] = Field(description="angles in rad; joints that are not named are at 0")


_Positive = Annotated[float, Field(gt=0)]
_NotNegative = Annotated[float, Field(ge=0)]


class ServoConstants(_Part):
    """What was measured of the servos, in place of what the MJCF says of every joint that acts."""

    gain: _Positive | None = Field(default=None, description="torque for an error of position, N·m/rad")
    velocity_gain: _NotNegative | None = Field(default=None, description="torque against speed while on, N·m·s/rad")
    torque_limit: _Positive | None = Field(default=None, description="at rest, N·m")
    armature: _NotNegative | None = Field(default=None, description="inertia of rotor and gears at the joint, kg·m²")
    damping: _NotNegative | None = Field(default=None, description="viscous friction of the joint, N·m·s/rad")
    friction: _NotNegative | None = Field(default=None, description="dry friction of the joint, N·m")


class Servo(_Part):
    """What the servos are, beyond the MJCF's gains and limits."""

    model: str
    speed_limit: float = Field(gt=0, description="rad/s without load")
    speed_limits: dict[str, Annotated[float, Field(gt=0)]] = Field(
        default={}, description="rad/s without load, of joints whose servos are others"
    )
    constants: ServoConstants = Field(default=ServoConstants(), description="measured ones, of all joints that act")


class ImuTiming(_Part):
    """When the IMU's readings come."""

    rate: float = Field(gt=0, description="of its own reports, Hz")
    delay: float = Field(default=0.0, ge=0, description="from a measurement to its arrival, s")
    lost: float = Field(default=0.0, ge=0, lt=1, description="share of control periods without a new report")


class HardwareDescription(_Part):
    """The section `hardware:` of robot.yaml."""

    boards: dict[str, list[str]] = Field(description="serial lines: the joints on each, in the order of their turn")
    read_time: float = Field(gt=0, lt=0.1, description="request and answer of one servo's position, s")
    write_time: float = Field(ge=0, lt=0.1, description="one servo's target, s")
    jitter: float = Field(default=0.0, ge=0, lt=0.01, description="of a round a control period, std, s")
    counts_per_turn: float = Field(gt=1, description="of positions and targets, a full turn")
    speed: Literal["differenced", "measured"] = Field(
        description="differenced: of two readings, over their times; measured: the servos tell it"
    )
    protocol: Literal["hiwonder", "dynamixel", "feetech"] = Field(
        default="hiwonder", description="what the servos speak: 0x55 0x55 frames, Dynamixel 2.0, or Feetech's"
    )
    baud: int = Field(default=115_200, gt=0, description="of the serial lines, bit/s")
    ids: dict[str, Annotated[int, Field(ge=0, le=252)]] = Field(
        default={}, description="of the servos, as the robot is built; without them, from 1 in each line's order"
    )
    count_range: Annotated[tuple[int, int], Strict(False)] | None = Field(
        default=None, description="least and most count of a target; without it, one turn from 0"
    )
    voltage_low: float = Field(default=0.0, ge=0, description="V, below which the battery is empty")
    temperature_high: float = Field(default=70.0, gt=0, description="°C, above which a servo is too hot")
    lost_reads: float = Field(default=0.0, ge=0, lt=1, description="share of reads that are not answered")
    imu: ImuTiming


class RobotDescription(_Part):
    """The file `robot.yaml`."""

    title: str = Field(description="one line for people")
    model: str = Field(description="the MJCF beside this file, in normal form")
    feet: Feet
    imu: str = Field(description="site of the IMU")
    home: Home
    servo: Servo
    task: dict[str, Any] = Field(
        default={},
        description="keys of the training configuration, in SI units, that hold for this robot instead of scaled ones",
    )
    hardware: HardwareDescription | None = Field(
        default=None, description="how joints are read and ordered; without it, all at once and exactly"
    )
    mirror: list[Annotated[tuple[str, str], Strict(False)]] | None = Field(
        default=None, description="pairs of joints that mirror each other; without it, by names left_… and right_…"
    )


def read_description(folder: Path) -> RobotDescription:
    """The description in a robot's folder. Raises UserError if it is missing or wrong, a line for each mistake."""
    path = folder / DESCRIPTION
    if not os.path.isfile(path):
        raise UserError(f"{folder} is no robot: it holds no {DESCRIPTION}")
    try:
        return RobotDescription.model_validate(read_yaml(path))
    except ValidationError as error:
        problems = error.errors(include_url=False)
        places = [".".join(str(part) for part in problem["loc"]) for problem in problems]
        lines = [f"{path}: {place}: {problem['msg']}" for place, problem in zip(places, problems, strict=True)]
        raise UserError("\n".join(lines)) from None
