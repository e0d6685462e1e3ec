"""What a push excuses: feet that leave the clock to catch it."""

import jax.numpy as jnp
import numpy as np
import pytest
from moments import reward_inputs, standard_env

from playground_amp.envs import pushes, rewards
from playground_amp.envs.pushes import Felt, Push

ENV = standard_env().config.env
GRACE = ENV.gait.model_copy(update={"grace_after_push": 1.0})
STEP = ENV.control_dt
LEFT_MID_SWING = jnp.float32(0.25)


def felt(force: float, seconds: float) -> Felt:
    return Felt(jnp.float32(force), jnp.int32(round(seconds / STEP)))


def due(force: float, begins_in: int) -> Push:
    return Push(jnp.array([0.0, force, 0.0]), jnp.int32(begins_in))


def test_the_last_push_is_kept_from_its_first_step_on():
    last = pushes.nothing_felt(GRACE)
    seen = []
    for push in (due(6.0, 1), due(6.0, 0), due(6.0, -1), due(9.0, 1), due(9.0, 0)):
        last = pushes.felt(last, push)
        assert last is not None
        seen.append((float(last.force), int(last.since)))
    assert seen[0][0] == 0.0
    assert seen[1:] == [(6.0, 0), (6.0, 1), (6.0, 2), (9.0, 0)]


@pytest.mark.parametrize(
    ("last", "share"),
    [(felt(5.0, 0.5), 0.5), (felt(14.0, 0.0), 1.0), (felt(14.0, 1.0), 0.0), (pushes.nothing_felt(GRACE), 0.0)],
)
def test_a_push_excuses_by_its_force_for_a_while(last, share):
    np.testing.assert_allclose(pushes.excused(last, GRACE, STEP, 1.0), share)


def test_a_robot_of_half_the_weight_is_excused_by_half_the_force():
    np.testing.assert_allclose(pushes.excused(felt(5.0, 0.5), GRACE, STEP, 0.5), 1.0)


def test_the_clock_is_paid_for_by_what_is_excused_and_what_is_kept():
    # Both feet on the floor where the left one is due in the air, 35 mm up: half of the clock, no clearance.
    def paid(last: Felt | None) -> tuple[float, float]:
        s = reward_inputs(
            {"foot_height": jnp.zeros(2), "foot_switch": jnp.ones(4, bool)},
            after={"gait_phase": LEFT_MID_SWING, "felt": last},
            env=ENV.model_copy(update={"gait": GRACE}),
        )
        return float(rewards.gait_contact(s)), float(rewards.swing_clearance(s))

    contact, clearance = paid(None)
    assert contact == 0.5
    assert paid(felt(10.0, 2.0)) == (contact, clearance)  # long ago
    np.testing.assert_allclose(paid(felt(10.0, 0.1)), [1.0, 1.0])
    np.testing.assert_allclose(paid(felt(5.0, 0.1)), [0.75, 0.5 + 0.5 * clearance])


def test_a_task_whose_pushes_excuse_nothing_keeps_none():
    assert pushes.nothing_felt(ENV.gait) is None
    assert pushes.felt(None, due(6.0, 0)) is None
    assert pushes.excused(None, ENV.gait, STEP, 1.0) == 0.0
