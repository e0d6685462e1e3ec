"""The sections about what the robot is asked to do, and the clock that it steps by."""

from pydantic import Field

from playground_amp.configs.fields import LENGTH, PACE, RATE, TIME, TIME_PER_SPEED, PositiveRange, Range, Section


class CommandConfig(Section):
    """What the robot is asked to do: velocities in its heading frame, resampled during an episode."""

    forward: Range = Field(description="forward speed, m/s", json_schema_extra=PACE)
    sideways: Range = Field(description="speed to the left, m/s", json_schema_extra=PACE)
    yaw_rate: Range = Field(description="turning speed, rad/s, counter-clockwise positive", json_schema_extra=RATE)
    standing_share: float = Field(ge=0, le=1, description="share of commands that are 'stand still'")
    forward_share: float = Field(ge=0, le=1, description="share of walking commands that are straight ahead or back")
    single_share: float = Field(ge=0, le=1, description="share of the others that are only sideways, or only turning")
    heading_share: float = Field(ge=0, le=1, description="share of commands that hold a heading instead of a yaw rate")
    heading_change: Range = Field(description="turn to the heading to hold, from the one at the time, rad")
    heading_gain: float = Field(
        gt=0, description="yaw rate asked for a radian of heading error, 1/s", json_schema_extra=RATE
    )
    heading_integral_time: float = Field(
        default=0.0,
        ge=0,
        description="seconds in which a lasting heading error asks for as much again (integral part); 0: never",
        json_schema_extra=TIME,
    )
    heading_yaw_rate: float = Field(gt=0, description="bound on that yaw rate, rad/s", json_schema_extra=RATE)
    resample_time: PositiveRange = Field(
        description="seconds from one command to the next, drawn uniformly", json_schema_extra=TIME
    )


class GaitConfig(Section):
    """The clock the policy sees and the schedule that rewards refer to."""

    cycle_time: PositiveRange = Field(
        description="shortest and longest gait cycle (two steps), s", json_schema_extra=TIME
    )
    cycle_time_at_rest: float = Field(gt=0, description="gait cycle extrapolated to speed 0, s", json_schema_extra=TIME)
    cycle_time_slope: float = Field(
        ge=0, description="shortening of the cycle with speed, s per m/s", json_schema_extra=TIME_PER_SPEED
    )
    double_support: float = Field(ge=0, lt=0.5, description="share of the cycle with both feet on the ground")
    swing_height: float = Field(
        gt=0, description="height of the foot's swing, m; under half of env.target_height", json_schema_extra=LENGTH
    )
