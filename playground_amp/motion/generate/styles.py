"""Which style a command is walked in: a few styles, found by a search for the least torque, and mixtures of them.

They are WildRobot's; another robot walks in the style of the speed that is the same for its size, scaled to it.
"""

from collections.abc import Callable
from dataclasses import fields, replace

import numpy as np

from playground_amp.motion.generate.gait import GaitStyle
from playground_amp.motion.generate.steps import StepStyle
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of

# Waists are about 1 cm higher than the search left them: straighter legs need no more torque by inverse dynamics, and
# less in the simulation, where knees and hips also have to hold what goes wrong.
FORWARD: tuple[tuple[float, GaitStyle], ...] = (
    (
        -0.2,
        GaitStyle(
            waist_height=0.448,
            pelvis_roll=0.12,
            roll_third=0.1,
            steps=StepStyle(toe_off=0.1, heel_strike=0.15, evenness=0.9),
        ),
    ),
    (0.0, GaitStyle(waist_height=0.455, pelvis_roll=0.11, roll_third=0.1)),
    (
        0.3,
        GaitStyle(
            waist_height=0.453,
            pelvis_roll=0.11,
            roll_third=0.1,
            late=-0.004,
            lean=0.004,
            nod_early=0.009,
            steps=StepStyle(
                toe_off=0.3,
                heel_strike=0.2,
                heel_off_before=0.127,
                skew=-0.005,
                flat_height=-0.3,
                swing_pitch=-0.04,
                swing_pitch_early=-0.19,
                swing_inwards=0.002,
                pressure_travel=0.035,
                pressure_ahead=-0.004,
            ),
        ),
    ),
    (
        0.5,
        GaitStyle(
            waist_height=0.452,
            rise=0.0062,
            late=-0.0072,
            pelvis_roll=0.0601,
            roll_third=0.0424,
            lean=0.0066,
            nod=0.0005,
            nod_early=0.0158,
            steps=StepStyle(
                half_width=0.0774,
                toe_off=0.6713,
                heel_strike=0.3986,
                heel_off_before=0.1269,
                flat_after=0.1279,
                follow_through=0.1896,
                swing=0.718,
                skew=-0.0089,
                evenness=0.6237,
                early_height=-0.0102,
                flat_height=-0.497,
                swing_pitch=-0.0642,
                swing_pitch_early=-0.3174,
                swing_inwards=0.0037,
                pressure_inwards=0.0139,
                pressure_travel=0.0455,
                pressure_ahead=0.0021,
            ),
        ),
    ),
)
SIDEWAYS_SPEED = 0.2  # m/s
SIDEWAYS = GaitStyle(
    waist_height=0.451,
    rise=0.0061,
    late=0.0279,
    pelvis_roll=0.0805,
    roll_third=0.1163,
    lean=-0.0461,
    nod=-0.0449,
    nod_early=-0.007,
    steps=StepStyle(
        half_width=0.1044,
        swing=0.8284,
        skew=-0.032,
        evenness=1.0052,
        early_height=0.4284,
        flat_height=0.4401,
        swing_pitch=-0.0223,
        swing_pitch_early=-0.3151,
        swing_inwards=0.0228,
        pressure_inwards=0.0141,
        pressure_travel=0.0267,
        pressure_ahead=-0.0023,
    ),
)


def style_for(robot: Robot, velocity: np.ndarray) -> GaitStyle:
    """The style for a velocity [3]: between those of the speeds forwards, and as far sideways as it goes sideways."""
    scale = scale_of(robot)
    return _style(float(velocity[0]) / scale.speed, float(velocity[1]) / scale.speed).scaled(scale)


def style_at_rest() -> GaitStyle:
    """The style of WildRobot for stepping on the spot."""
    return _style(0.0, 0.0)


def _style(forward_speed: float, sideways_speed: float) -> GaitStyle:
    forward, still = _forward(forward_speed), _forward(0.0)
    share = abs(sideways_speed) / SIDEWAYS_SPEED
    return _mixed(lambda own, sideways, without: own + share * (sideways - without), forward, SIDEWAYS, still)


def _forward(speed: float) -> GaitStyle:
    speeds = np.array([each for each, _ in FORWARD])
    return _mixed(lambda *values: float(np.interp(speed, speeds, values)), *(style for _, style in FORWARD))


def _mixed(mix: Callable[..., float], *styles: GaitStyle) -> GaitStyle:
    """A style each of whose numbers is the mixture of the others' numbers."""

    def numbers(parts: tuple) -> dict[str, float]:
        names = [field.name for field in fields(parts[0]) if field.name != "steps"]
        return {name: mix(*(getattr(part, name) for part in parts)) for name in names}

    steps = StepStyle(**numbers(tuple(style.steps for style in styles)))
    return replace(GaitStyle(steps=steps), **numbers(styles))
