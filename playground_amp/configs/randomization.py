"""The sections about what differs from robot to robot, and about how a run grows harder."""

from collections.abc import Iterator, Mapping
from typing import Annotated

from pydantic import Field
from pydantic.types import Strict

from playground_amp.configs.fields import (
    FORCE,
    LENGTH,
    SERVO_SPEED,
    TIME,
    NotNegativeRange,
    Ordered,
    PositiveRange,
    Section,
)

Share = Annotated[float, Field(ge=0, le=1)]
_Scale = Annotated[float, Field(ge=0.1, le=3)]
_AnyScale = Annotated[float, Field(ge=0, le=3)]
_Shift = Annotated[float, Field(ge=-0.05, le=0.05)]
_SmallAngle = Annotated[float, Field(ge=-0.2, le=0.2)]
_Play = Annotated[float, Field(ge=0, le=0.05)]
_Tilt = Annotated[float, Field(ge=0, le=0.3)]
_Delay = Annotated[float, Field(ge=0, le=0.1)]
ScaleRange = Annotated[tuple[_Scale, _Scale], Strict(False), Ordered]
AnyScaleRange = Annotated[tuple[_AnyScale, _AnyScale], Strict(False), Ordered]
ShiftRange = Annotated[tuple[_Shift, _Shift], Strict(False), Ordered]
SmallAngleRange = Annotated[tuple[_SmallAngle, _SmallAngle], Strict(False), Ordered]
PlayRange = Annotated[tuple[_Play, _Play], Strict(False), Ordered]
TiltRange = Annotated[tuple[_Tilt, _Tilt], Strict(False), Ordered]
DelayRange = Annotated[tuple[_Delay, _Delay], Strict(False), Ordered]
ShareRange = Annotated[tuple[Share, Share], Strict(False), Ordered]


class DomainRandomizationConfig(Section):
    """What differs from robot to robot and from episode to episode, each drawn uniformly at an episode's start.

    A range that is a single point at the robot's own value ([1, 1] of a share, [0, 0] of the rest) costs nothing.
    """

    floor_friction: NotNegativeRange = Field(description="sliding friction of the floor")
    total_mass: ScaleRange = Field(description="mass of the whole robot, share of its own")
    link_mass: ScaleRange = Field(
        description="mass and inertia of each link beside the others, share of its own; total_mass then sets the sum"
    )
    center_of_mass: ShiftRange = Field(
        description="shift of each link's center of mass along each of its axes, m", json_schema_extra=LENGTH
    )
    motor_strength: ScaleRange = Field(description="gains and torque limit of each servo, share of its own")
    no_load_speed: NotNegativeRange = Field(
        description="speed at which a servo's torque limit has fallen to nothing, rad/s; "
        "[0, 0]: the limit does not fall with speed",
        json_schema_extra=SERVO_SPEED,
    )
    joint_damping: AnyScaleRange = Field(description="viscous damping of each joint, share of its own")
    joint_friction: AnyScaleRange = Field(description="friction loss of each joint, share of its own")
    joint_armature: ScaleRange = Field(description="rotor inertia of each joint, share of its own")
    joint_zero_offset: SmallAngleRange = Field(description="what each servo takes for zero, off the true zero, rad")
    backlash: PlayRange = Field(description="play of each gear to either side, rad")
    latency: DelayRange = Field(description="time a target takes to reach the servos, at most env.control_dt, s")
    gravity_noise: float = Field(ge=0, le=0.5, description="white noise on the measured gravity direction, std")
    gyro_noise: float = Field(ge=0, le=5, description="white noise on the gyro, std, rad/s")
    joint_position_noise: float = Field(ge=0, le=0.2, description="white noise on measured joint positions, std, rad")
    joint_velocity_noise: float = Field(ge=0, le=5, description="white noise on measured joint speeds, std, rad/s")
    imu_tilt: TiltRange = Field(description="constant tilt of the IMU about a horizontal axis, rad")
    push_force: NotNegativeRange = Field(description="horizontal push on the waist, N", json_schema_extra=FORCE)
    push_duration: float = Field(ge=0, description="length of a push, s", json_schema_extra=TIME)
    push_interval: PositiveRange = Field(
        description="seconds from one push to the next, drawn uniformly", json_schema_extra=TIME
    )


class CurriculumConfig(Section):
    """From easy to full: a difficulty between 0 and 1 that grows while episodes are long and shrinks while short.

    Each part below is the share of its full size at difficulty 0.
    """

    enabled: bool = Field(description="false: everything at its full size from the first step")
    episode_length: ShareRange = Field(
        description="[low, high] shares of env.episode_length: the mean episode is shorter than low, and it gets "
        "easier; longer than high, harder",
    )
    rate: float = Field(gt=0, le=1, description="change of the difficulty an iteration")
    commands: Share = Field(description="of the ranges of env.commands")
    randomization: Share = Field(description="of how far robots differ from the nominal one")
    noise: Share = Field(description="of the white noise of the sensors")
    pushes: Share = Field(description="of the force of pushes")
    penalties: Share = Field(description="of the negative reward_weights")


def randomization_problems(config: DomainRandomizationConfig, control_dt: float) -> Iterator[str]:
    """What does not go together, a sentence each."""
    name = "domain_randomization"
    if config.push_duration > config.push_interval[0]:
        yield (
            f"{name}.push_duration {config.push_duration} must be at most the shortest "
            f"push_interval, {config.push_interval[0]}: a push ends before the next one"
        )
    if config.latency[1] > control_dt:
        yield f"{name}.latency {list(config.latency)} must end at most at env.control_dt, {control_dt}"
    if config.no_load_speed[0] == 0 < config.no_load_speed[1]:
        yield f"{name}.no_load_speed {list(config.no_load_speed)} must start above 0, or be [0, 0] for no such limit"


def curriculum_problems(config: CurriculumConfig) -> Iterator[str]:
    """What does not go together, a sentence each."""
    low, high = config.episode_length
    if low >= high:
        yield f"trainer.curriculum.episode_length [{low}, {high}] must be [low, high] with low under high"


NOMINAL: Mapping[str, tuple[float, float] | float] = {
    "total_mass": (1.0, 1.0),
    "link_mass": (1.0, 1.0),
    "center_of_mass": (0.0, 0.0),
    "motor_strength": (1.0, 1.0),
    "no_load_speed": (0.0, 0.0),
    "joint_damping": (1.0, 1.0),
    "joint_friction": (1.0, 1.0),
    "joint_armature": (1.0, 1.0),
    "joint_zero_offset": (0.0, 0.0),
    "backlash": (0.0, 0.0),
    "latency": (0.0, 0.0),
    "gravity_noise": 0.0,
    "gyro_noise": 0.0,
    "joint_position_noise": 0.0,
    "joint_velocity_noise": 0.0,
    "imu_tilt": (0.0, 0.0),
}
"""The values at which an item changes nothing, and is left out of all arithmetic."""


def varies(config: DomainRandomizationConfig, *names: str) -> bool:
    """Whether any of these items of `NOMINAL` differs from robot to robot, or from the robot's own value."""
    return any(getattr(config, name) != NOMINAL[name] for name in names)
