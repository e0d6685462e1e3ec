"""The one way to change a configuration that is loaded already."""

import pytest

from playground_amp.configs.changes import changed
from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.paths import ROBUST, STANDARD

CONFIG = load_config(STANDARD)


def test_values_and_whole_sections_are_put_in_and_the_rest_stays() -> None:
    ranges = load_config(ROBUST).domain_randomization
    config = changed(
        CONFIG,
        {
            "env.terrain": "rough",
            "domain_randomization": ranges,
            "domain_randomization.push_force": (0.0, 0.0),
            "reward_weights.fall": -1.0,
        },
    )
    assert config.env == CONFIG.env.model_copy(update={"terrain": "rough"})
    assert config.domain_randomization == ranges.model_copy(update={"push_force": (0.0, 0.0)})
    assert config.reward_weights == CONFIG.reward_weights | {"fall": -1.0}
    assert (config.trainer, config.physics, config.amp) == (CONFIG.trainer, CONFIG.physics, CONFIG.amp)
    assert changed(CONFIG, {}) == CONFIG


def test_what_is_put_in_is_checked_in_the_name_of_who_asks() -> None:
    with pytest.raises(
        UserError, match=r"^the gate: env\.terrain must be flat, rough, mixed, .* or tiles, found 'wet'$"
    ):
        changed(CONFIG, {"env.terrain": "wet"}, "the gate")
    with pytest.raises(UserError, match=r"make it a whole multiple$"):
        changed(CONFIG, {"env.control_dt": 0.013})
    with pytest.raises(UserError, match=r"unknown key env\.terain, did you mean env\.terrain"):
        changed(CONFIG, {"env.terain": "rough"})
