"""What the robot is asked for at first."""

from pathlib import Path

import jax
import jax.numpy as jnp
import pytest
from deployable import CONFIG
from second_body import second_body

from playground_amp.cockpit.first_command import first_command
from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.policies.source import FixedPolicy
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of


def test_at_first_it_walks_at_a_pace_that_suits_its_size(tmp_path: Path) -> None:
    small = load_config(STANDARD, flags={"robot": second_body(tmp_path)})
    slow = load_config(STANDARD, ["env.commands.forward=[-0.1, 0.2]"])
    scale = scale_of(load_robot(small.robot, "flat"))
    for config, speed in ((CONFIG, 0.3), (small, 0.3 * scale.pace), (slow, 0.2)):
        source = FixedPolicy("made up", config, lambda _: jax.tree_util.Partial(jnp.zeros))
        assert first_command(source, None) == (pytest.approx(speed), 0.0, 0.0)
        assert first_command(source, (0.1, 0.0, 0.0)) == (0.1, 0.0, 0.0)
