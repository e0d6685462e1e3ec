"""The doctor on what pays: standing, stepping in place and falling against walking."""

import dataclasses

import numpy as np
import pytest
from doctored import ROBOT, clips, config

from playground_amp.configs.changes import changed
from playground_amp.doctor import economy, walking
from playground_amp.doctor.economy import Earnings, Idle
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.motion.demonstrations import reference_buffer


@pytest.fixture(scope="module")
def idle() -> dict[str, Idle]:
    return economy.roll_out(config(), np.array([0.5, 0.0, 0.0], np.float32))


def test_idle_behaviors_are_what_they_are_called(idle: dict[str, Idle]) -> None:
    assert idle[economy.STANDING].lived.all()
    assert idle[economy.STEPPING].lived.mean() > 0.5
    assert idle[economy.FALLING].lived.mean() < 0.5
    assert idle[economy.FALLING].reward[:, -1].max() == 0


def test_walking_pays_with_this_task(idle: dict[str, Idle]) -> None:
    buffer = reference_buffer(ROBOT, clips())
    discriminator = ThrowAway(config().amp, buffer.transitions.shape[-1])
    earned, style = economy.earnings(config(), buffer, discriminator, idle)
    walked = Earnings(walking.task_reward(config(), clips()[2]), style)
    assert economy.check_walking_pays(earned, walked).passed
    assert economy.check_dying(earned).passed
    assert style > 0.7 * config().style_pay / config().env.control_dt
    assert max(each.style for each in earned.values()) < 0.3 * style


def test_walking_is_paid_by_the_terms_that_idle_robots_are_paid_by() -> None:
    posture = changed(config(), {"reward_weights.reference_posture": 4.0, "amp.left_to_style": []})
    plain = changed(config(), {"amp.left_to_style": []})
    assert walking.task_reward(posture, clips()[2]) == walking.task_reward(plain, clips()[2])


def test_standing_that_pays_too_well() -> None:
    idle = {economy.STANDING: Earnings(4.0, 0.5), economy.STEPPING: Earnings(3.0, 0.5), economy.FALLING: Earnings(1, 0)}
    (finding,) = economy.check_walking_pays(idle, Earnings(4.0, 1.0)).findings
    assert finding.startswith(
        "standing earns 4.50 a second (task 4.00, style 0.50), walking as the demonstrations 5.00"
    )
    assert economy.check_walking_pays(idle, Earnings(5.5, 1.0)).passed


def test_dying_that_is_worthwhile() -> None:
    idle = {economy.STANDING: Earnings(-2, 0), economy.STEPPING: Earnings(-1, 0), economy.FALLING: Earnings(-0.5, 0)}
    (finding,) = economy.check_dying(idle).findings
    assert "an early end is worthwhile" in finding


def test_the_command_of_the_comparison_is_a_walk_straight_on() -> None:
    buffer = reference_buffer(ROBOT, clips())
    np.testing.assert_allclose(economy.walking_command(buffer), [0.27, 0, 0], atol=1e-6)


def test_legs_of_another_build_are_only_let_stand() -> None:
    odd = dataclasses.replace(ROBOT, joint_axis_b=np.full((ROBOT.num_joints, 3), 3**-0.5))
    assert list(economy._scripts(odd, 10, 0.02)) == [economy.STANDING]
