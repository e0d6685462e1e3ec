"""The package's numbers are WildRobot's: another robot gets them scaled, and a person's own stay as they are."""

from pathlib import Path

import pytest
from scaled_robot import scaled_config, scaled_robot
from second_body import second_body

from playground_amp.configs.loader import config_from_dict, config_of_policy, load_config
from playground_amp.errors import UserError
from playground_amp.paths import ROBUST, STANDARD
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

UNIT = load_config(STANDARD)


@pytest.fixture(scope="module")
def robot(tmp_path_factory: pytest.TempPathFactory) -> str:
    return second_body(tmp_path_factory.mktemp("second"))


def near(value: float | tuple[float, ...]) -> object:
    return pytest.approx(value, rel=1e-5)  # six digits are kept


def test_what_has_a_dimension_is_scaled_and_the_rest_is_not(robot: str) -> None:
    config, scale = load_config(STANDARD, [f"robot={robot}"]), scale_of(load_robot(robot))
    assert config.robot == robot
    assert config.env.commands.forward == near(tuple(scale.pace * x for x in UNIT.env.commands.forward))
    assert config.env.commands.yaw_rate == near(tuple(scale.rate * x for x in UNIT.env.commands.yaw_rate))
    assert config.env.gait.cycle_time == near(tuple(scale.time * x for x in UNIT.env.gait.cycle_time))
    assert config.env.gait.swing_height == near(scale.length * UNIT.env.gait.swing_height)
    assert config.env.target_height == near(scale.height * UNIT.env.target_height)
    assert config.env.action_scale == near(scale.deflection * UNIT.env.action_scale)
    assert config.env.control_dt == UNIT.env.control_dt
    assert config.trainer == UNIT.trainer
    assert config.reward_weights == UNIT.reward_weights


def test_the_file_that_extends_another_is_scaled_too(robot: str) -> None:
    unit, config, scale = load_config(ROBUST), load_config(ROBUST, [f"robot={robot}"]), scale_of(load_robot(robot))
    force, wanted = config.domain_randomization.push_force, unit.domain_randomization.push_force
    assert force == near(tuple(scale.force * x for x in wanted))


def test_a_file_of_ones_own_and_what_is_set_are_in_si_units(robot: str, tmp_path: Path) -> None:
    own = tmp_path / "mine.yaml"
    own.write_text(f"extends: {STANDARD}\nrobot: {robot}\nenv:\n  fall_height: 0.1\n")
    config = load_config(own, ["env.gait.swing_height=0.02"])
    assert (config.env.fall_height, config.env.gait.swing_height) == (0.1, 0.02)
    assert config.env.target_height != UNIT.env.target_height


def test_lengths_are_bounded_by_the_robot_and_not_by_the_smallest_one() -> None:
    large = scaled_config(scaled_robot(load_robot("wildrobot"), length=8.0, mass=500.0))
    assert large.env.gait.swing_height > 0.2
    assert large.env.foot_spacing > 0.4
    with pytest.raises(UserError, match=r"swing_height 0\.3 must be under half of env.target_height, 0.455"):
        load_config(STANDARD, ["env.gait.swing_height=0.3"])
    with pytest.raises(UserError, match=r"foot_spacing 0\.5 must be under env.target_height, 0.455"):
        load_config(STANDARD, ["env.foot_spacing=0.5"])
    with pytest.raises(UserError, match=r"center_of_mass \[0.0, 0.05\] must lie within ±0.0455 m, a tenth of"):
        load_config(STANDARD, ["center_of_mass=[0, 0.05]"])


def test_what_is_stored_is_resolved(robot: str) -> None:
    config = load_config(STANDARD, [f"robot={robot}"])
    assert config_from_dict(config.model_dump(mode="json"), "stored") == config
    older = config.model_dump(mode="json")
    del older["env"]["fall_height"]
    assert config_of_policy(older, "stored") == config


def test_no_such_robot_is_told_before_anything_else() -> None:
    with pytest.raises(UserError, match="robot moon is neither the name of a robot nor a folder"):
        load_config(STANDARD, ["robot=moon"])


def test_every_key_in_a_unit_of_length_mass_or_time_says_how_it_scales() -> None:
    from playground_amp.configs.keys import field_at, leaf_keys

    units = (", m", " m", ", m/s", ", N", "1/s", "rad/s", ", s", " s")
    exempt = {  # of the control loop, the sensors and the physics, whatever the robot's size
        "physics.timestep",
        "env.control_dt",
        "domain_randomization.latency",
        "domain_randomization.gyro_noise",
        "domain_randomization.joint_velocity_noise",
    }
    for key in leaf_keys():
        field = field_at(key.split("."))
        assert field is not None
        description = (field.description or "").split(";")[0]
        if description.endswith(units) and key not in exempt:
            extra = field.json_schema_extra
            assert isinstance(extra, dict), key
            assert "scale" in extra, key
