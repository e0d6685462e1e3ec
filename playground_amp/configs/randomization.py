"""The sections about what differs from robot to robot, and about how a run grows harder."""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, JsonValue
from pydantic.types import Strict

from playground_amp.configs.fields import (
    FORCE,
    LENGTH,
    MASS,
    SERVO_SPEED,
    TIME,
    NotNegativeRange,
    Ordered,
    PositiveRange,
    Range,
    Section,
)

Share = Annotated[float, Field(ge=0, le=1)]
_Scale = Annotated[float, Field(ge=0.1, le=3)]
_AnyScale = Annotated[float, Field(ge=0, le=3)]
_SmallAngle = Annotated[float, Field(ge=-0.2, le=0.2)]
_Play = Annotated[float, Field(ge=0, le=0.05)]
_FARTHEST_SHIFT = 0.1  # of the waist's height: farther, a link's center of mass lies outside the link
_Tilt = Annotated[float, Field(ge=0, le=0.3)]
_Loss = Annotated[float, Field(ge=0, le=0.9)]
_Delay = Annotated[float, Field(ge=0, le=0.1)]
_Pace = Annotated[float, Field(ge=0.5, le=2)]
ScaleRange = Annotated[tuple[_Scale, _Scale], Strict(False), Ordered]
AnyScaleRange = Annotated[tuple[_AnyScale, _AnyScale], Strict(False), Ordered]
SmallAngleRange = Annotated[tuple[_SmallAngle, _SmallAngle], Strict(False), Ordered]
PlayRange = Annotated[tuple[_Play, _Play], Strict(False), Ordered]
TiltRange = Annotated[tuple[_Tilt, _Tilt], Strict(False), Ordered]
DelayRange = Annotated[tuple[_Delay, _Delay], Strict(False), Ordered]
PaceRange = Annotated[tuple[_Pace, _Pace], Strict(False), Ordered]
LossRange = Annotated[tuple[_Loss, _Loss], Strict(False), Ordered]
ShareRange = Annotated[tuple[Share, Share], Strict(False), Ordered]


def _row(what: str, unit: str = "1", scale: Mapping[str, JsonValue] | None = None, **field: Any) -> Any:
    """A key that is drawn from, with its unit; `field`: as pydantic's `Field` takes it."""
    meaning = what if unit == "1" else f"{what}, {unit}"
    return Field(description=meaning, json_schema_extra={"unit": unit, **(scale or {})}, **field)


def _range(what: str, unit: str = "1", *, nominal: float, scale: Mapping[str, JsonValue] | None = None) -> Any:
    """A range around a nominal value, at which it changes nothing and which it has where a file leaves it out."""
    return _row(what, unit, scale, default=(nominal, nominal))


def _noise(what: str, unit: str = "1", *, le: float) -> Any:
    """A standard deviation; without it there is no noise."""
    return _row(f"white noise on {what}, std", unit, default=0.0, ge=0, le=le)


class DomainRandomizationConfig(Section):
    """What differs from robot to robot and from episode to episode, each drawn uniformly at an episode's start.

    A range that is a single point at the robot's own value ([1, 1] of a share, [0, 0] of the rest) costs nothing.
    """

    floor_friction: NotNegativeRange = _row("sliding friction of the floor")
    total_mass: ScaleRange = _range("mass of the whole robot, share of its own", nominal=1.0)
    link_mass: ScaleRange = _range(
        "mass and inertia of each link beside the others, share of its own; total_mass then sets the sum", nominal=1.0
    )
    center_of_mass: Range = _range(
        "shift of each link's center of mass along each of its axes, at most a tenth of env.target_height",
        "m",
        nominal=0.0,
        scale=LENGTH,
    )
    motor_strength: ScaleRange = _range("gains and torque limit of each servo, share of its own", nominal=1.0)
    no_load_speed: NotNegativeRange = _range(
        "speed at which a servo's torque limit has fallen to nothing ([0, 0]: it does not fall with speed)",
        "rad/s",
        nominal=0.0,
        scale=SERVO_SPEED,
    )
    joint_damping: AnyScaleRange = _range("viscous damping of each joint, share of its own", nominal=1.0)
    joint_friction: AnyScaleRange = _range("friction loss of each joint, share of its own", nominal=1.0)
    joint_armature: ScaleRange = _range("rotor inertia of each joint, share of its own", nominal=1.0)
    joint_zero_offset: SmallAngleRange = _range("what each servo takes for zero, off the true zero", "rad", nominal=0.0)
    backlash: PlayRange = _range("play of each gear to either side", "rad", nominal=0.0)
    latency: DelayRange = _range("time a target takes to reach the servos, at most env.control_dt", "s", nominal=0.0)
    gravity_noise: float = _noise("the measured gravity direction", le=0.5)
    gyro_noise: float = _noise("the gyro", "rad/s", le=5)
    joint_position_noise: float = _noise("measured joint positions", "rad", le=0.2)
    joint_velocity_noise: float = _noise("measured joint speeds", "rad/s", le=5)
    imu_tilt: TiltRange = _range("constant tilt of the IMU about a horizontal axis", "rad", nominal=0.0)
    payload: NotNegativeRange = _range("mass carried on the heaviest link", "kg", nominal=0.0, scale=MASS)
    weak_leg: LossRange = _range("what all motors of one leg, drawn too, lack of gains and torque limit", nominal=0.0)
    bus_pace: PaceRange = _range(
        "with env.bus, time that an exchange with a servo takes, share of its own: above 1, readings are older",
        nominal=1.0,
    )
    push_force: NotNegativeRange = _row("horizontal push on the waist", "N", FORCE)
    push_duration: float = _row("length of a push", "s", TIME, ge=0)
    push_interval: PositiveRange = _row("time from one push to the next, drawn uniformly", "s", TIME)


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
    terrain: Share = Field(
        default=1.0, description="of the places on env.terrain mixed where episodes begin, the easiest first"
    )


def randomization_problems(config: DomainRandomizationConfig, control_dt: float, target_height: float) -> Iterator[str]:
    """What does not go together, a sentence each; the waist's height [m] tells the size of the robot."""
    name = "domain_randomization"
    if config.push_duration > config.push_interval[0]:
        yield (
            f"{name}.push_duration {config.push_duration} must be at most the shortest "
            f"push_interval, {config.push_interval[0]}: a push ends before the next one"
        )
    farthest = _FARTHEST_SHIFT * target_height
    if max(map(abs, config.center_of_mass)) > farthest:
        yield (
            f"{name}.center_of_mass {list(config.center_of_mass)} must lie within ±{farthest:.3g} m, "
            "a tenth of env.target_height"
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
    name: field.default for name, field in DomainRandomizationConfig.model_fields.items() if not field.is_required()
}
"""The values at which a parameter changes nothing, and is left out of all arithmetic."""


def unit_of(key: str) -> str:
    """The unit of a key of `domain_randomization:`; 1 where it has none."""
    extra = DomainRandomizationConfig.model_fields[key].json_schema_extra
    assert isinstance(extra, dict)
    return str(extra["unit"])


def varies(config: DomainRandomizationConfig, *names: str) -> bool:
    """Whether any of these keys of `NOMINAL` differs from robot to robot, or from the robot's own value."""
    return any(getattr(config, name) != NOMINAL[name] for name in names)
