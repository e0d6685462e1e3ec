"""A servo whose constants are known is found again; half a minute of logs for the suite, the whole protocol besides."""

import numpy as np
import pytest
from bench_twin import GRAVITY, bench_log, drawn_servo, protocol_logs
from bench_twin import LENGTH as ARM

from playground_amp.errors import UserError
from playground_amp.identify.identification import Identification, identify, usual_servo
from playground_amp.identify.servo_parameters import NAMES, Servo
from playground_amp.identify.trials import load_for, trial_named
from playground_amp.identify.verdict import constant
from playground_amp.robot.robot import load_robot


@pytest.fixture(scope="module")
def usual() -> Servo:
    return usual_servo(load_robot("wildrobot"))


def _off(found: Identification, true: Servo) -> dict[str, float]:
    """Relative errors of what is called identifiable."""
    told = [each for each in found.constants if each.told and each.name in NAMES]
    return {each.name: abs(each.value / float(getattr(true, each.name)) - 1) for each in told}


def test_steps_tell_a_servo_and_foretell_what_was_held_out(usual: Servo) -> None:
    true = drawn_servo(1, usual)
    trial = trial_named("steps_heavy")
    log = bench_log(true, trial, load_for(trial, 4.0, GRAVITY, ARM), seed=1)
    found = identify([log], [], usual, GRAVITY)
    assert found.held_out_error < 0.03
    gain = constant(found.constants, "gain")
    assert gain.verdict != "not told"
    assert abs(gain.value / float(true.gain) - 1) < 0.1
    assert not constant(found.constants, "damping").told  # steps do not tell it from the servo's own
    assert max(_off(found, true).values(), default=0.0) < 0.1


@pytest.mark.slow
def test_a_servo_that_is_at_its_limit_all_along_is_refused(usual: Servo) -> None:
    weak = usual._replace(torque_limit=np.array(0.3))
    trial = trial_named("chirp_heavy")
    log = bench_log(weak, trial, load_for(trial, 4.0, GRAVITY, ARM), seed=0)
    with pytest.raises(UserError, match="torque limit"):
        identify([log], [], usual, GRAVITY)


def test_too_short_logs_are_refused(usual: Servo) -> None:
    trial = trial_named("ramps")._replace(seconds=5.0)
    with pytest.raises(UserError, match="half a minute"):
        identify([bench_log(usual, trial, 0.3, seed=0)], [], usual, GRAVITY)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(2))
def test_the_protocol_tells_every_constant(usual: Servo, seed: int) -> None:
    true = drawn_servo(seed, usual)
    found = identify(protocol_logs(true, seed, 4.0), [], usual, GRAVITY)
    off = _off(found, true)
    assert len(off) >= 8
    assert max(off.values()) < 0.1
    assert found.held_out_error < 0.005
    inside = [each.interval[0] <= getattr(true, each.name) <= each.interval[1] for each in found.constants[:-1]]
    assert sum(inside) >= len(inside) - 1
    assert constant(found.constants, "damping_in_all").told
