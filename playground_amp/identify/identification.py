"""From bench logs to the constants of a servo: fit, verdicts, and how well logs that were not fitted are foretold."""

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.errors import UserError
from playground_amp.identify.bench import Bench, Segment
from playground_amp.identify.bench_log import BenchLog
from playground_amp.identify.fitting import TIMESTEP, Fit, fit_servo, prediction_error
from playground_amp.identify.servo_parameters import Servo
from playground_amp.identify.verdict import Constant, constants_of
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot

_HELD_OUT = 5  # every so manyth segment is foretold instead of fitted, where no log is
_FEWEST_SEGMENTS = 4
_ALWAYS = 0.8  # of the time at its limit: a servo that shows nothing else


class Identification(NamedTuple):
    """What logs tell of a servo."""

    constants: list[Constant]
    fit: Fit
    fitted: list[Segment]
    held_out: list[Segment]
    error: float  # rad, root mean square, of the segments fitted
    held_out_error: float  # rad, of those held out
    at_limit: float  # share of the time
    logs: list[BenchLog]


def usual_servo(robot: Robot) -> Servo:
    """A robot's servo as its model has it (the first joint's): where the search begins."""
    model = model_of(robot)
    joint = model.actuator_trnid[0, 0]
    dof = model.jnt_dofadr[joint]
    values = {
        "armature": model.dof_armature[dof],
        "damping": model.dof_damping[dof],
        "friction": max(model.dof_frictionloss[dof], 1e-3),
        "gain": model.actuator_gainprm[0, 0],
        "velocity_gain": max(-model.actuator_biasprm[0, 2], 1e-2),
        "delay": 0.005,
        "torque_limit": model.actuator_forcerange[0, 1],
        "droop": 1 / float(robot.speed_limit[0]),
        "backlash": 0.005,
        "offset": 0.0,
    }
    return Servo(**{name: np.array(float(value)) for name, value in values.items()})


def identify(
    logs: Sequence[BenchLog],
    held_out: Sequence[BenchLog],
    start: Servo,
    gravity: float,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> Identification:
    """Fits a servo to logs.

    Args:
        logs: of one servo, with any loads.
        held_out: logs that are foretold; without any, every fifth segment of `logs` is.
        start: where the search begins.
        gravity: m/s².
        report_progress: is told about the share that is done, and what comes next.

    Raises:
        UserError: too little of them, or a servo that is at its limit all along.
    """
    segments = [segment for log in logs for segment in log.segments()]
    others = [segment for log in held_out for segment in log.segments()]
    if not others:
        others = segments[_HELD_OUT - 1 :: _HELD_OUT]
        segments = [segment for index, segment in enumerate(segments) if (index + 1) % _HELD_OUT]
    if len(segments) < _FEWEST_SEGMENTS or not others:
        seconds = sum(log.seconds for log in logs)
        raise UserError(f"{seconds:.3g} s of logs are too little to fit and to test: at least half a minute is needed")
    fit = fit_servo(segments, start, gravity, report_progress)
    at_limit = Bench(segments, gravity, TIMESTEP).at_limit(fit.servo)
    if at_limit > _ALWAYS:
        raise UserError(
            f"the servo is at its torque limit {100 * at_limit:.0f} % of the time, so the logs tell little but the "
            "limit: take a smaller load or slower targets"
        )
    return Identification(
        constants=constants_of(fit),
        fit=fit,
        fitted=segments,
        held_out=others,
        error=float(np.sqrt(np.mean(fit.residual**2))),
        held_out_error=prediction_error(others, fit.servo, gravity),
        at_limit=at_limit,
        logs=[*logs, *held_out],
    )
