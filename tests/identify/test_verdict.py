"""What logs tell is told, what they do not is called so; and how that gets into a robot's description."""

import numpy as np
import pytest
import yaml

from playground_amp.identify.fitting import Fit
from playground_amp.identify.robot_yaml import keys_of, with_keys
from playground_amp.identify.servo_parameters import NAMES, bounds, from_fit, to_fit
from playground_amp.identify.verdict import Constant, constant, constants_of

VALUES = {
    "armature": 0.03, "damping": 0.1, "friction": 0.05, "gain": 20.0, "velocity_gain": 0.5,
    "delay": 0.02, "torque_limit": 4.0, "droop": 0.1, "backlash": 0.01, "offset": 0.2,
}  # fmt: skip


def _constants(**half_widths: float) -> list[Constant]:
    """With intervals of 2 % a half, but for those named."""
    value = np.array([VALUES[name] for name in NAMES])
    half = np.array([half_widths.get(name, 0.02 * VALUES[name]) for name in NAMES])
    correlation = np.eye(len(NAMES))
    a, b = NAMES.index("damping"), NAMES.index("velocity_gain")
    correlation[a, b] = correlation[b, a] = -0.99
    return constants_of(Fit(value, half, np.zeros(3), correlation, 0.6, 0.01))


def test_narrow_is_told_wide_is_not_and_what_is_alike_is_named() -> None:
    found = _constants(damping=0.09, backlash=0.002, offset=np.inf)
    assert constant(found, "gain").told
    assert constant(found, "damping").verdict == "not told"
    assert constant(found, "damping").not_apart_from == ("velocity_gain",)
    assert "velocity_gain" in constant(found, "damping").words
    assert constant(found, "damping_in_all").told
    assert constant(found, "backlash").verdict == "roughly"
    assert constant(found, "backlash").interval == pytest.approx((0.008, 0.012))
    assert "nothing" in constant(found, "offset").words


def test_the_fit_sees_values_as_logarithms_or_in_their_scale_and_back() -> None:
    value = np.array([VALUES[name] for name in NAMES])
    np.testing.assert_allclose(from_fit(to_fit(value)), value)
    least, most = bounds()
    assert np.all(least < to_fit(value))
    assert np.all(to_fit(value) < most)


def test_a_description_gets_values_and_ranges_and_keeps_its_lines() -> None:
    text = (
        "title: mine # a robot\n\nservo:\n  model: X\n  speed_limit: 8.0 # guessed\n\n"
        "task:\n    env:\n        action_scale: 0.3 # derived\n"
    )
    written = with_keys(text, keys_of(_constants(damping=0.09), 0.02))
    content = yaml.safe_load(written)
    assert content["servo"] == {
        "model": "X",
        "speed_limit": 10.0,
        "constants": {"gain": 20.0, "velocity_gain": 0.5, "torque_limit": 4.0, "armature": 0.03, "friction": 0.05},
    }
    ranges = content["task"]["domain_randomization"]
    assert ranges["joint_armature"] == pytest.approx([0.98, 1.02])
    assert ranges["latency"] == pytest.approx([0.0196, 0.02])
    assert ranges["no_load_speed"] == pytest.approx([9.804, 10.2], abs=0.01)
    assert "joint_damping" not in ranges
    assert content["task"]["env"] == {"action_scale": 0.3}
    assert "title: mine # a robot" in written
    assert "action_scale: 0.3 # derived" in written
    assert with_keys(written, keys_of(_constants(damping=0.09), 0.02)) == written
