"""Heat against the equations integrated in small steps; what is never reached is said so."""

import numpy as np
import pytest

from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.robot import load_robot
from playground_amp.robot.servo_heat import ROOM, heat_of

HEAT = heat_of("HTD-45H", np.full(3, 4.0), np.full(3, 10.0), None)


def integrated(effort: np.ndarray, seconds: float, step: float = 0.05) -> np.ndarray:
    """Euler steps of C dT/dt = r(T) i^2 - (T - T_room) / R."""
    temperature = np.full(3, ROOM)
    for _ in range(round(seconds / step)):
        power = HEAT.stall_power * effort**2 * (1 + 0.0039 * (temperature - ROOM))
        temperature = temperature + step * (power - (temperature - ROOM) / HEAT.resistance) / HEAT.capacity
    return temperature


def test_warming_up_is_that_of_the_equation() -> None:
    effort = np.array([0.2, 0.5, 1.0])
    warm = HEAT.warmed(np.full(3, ROOM), effort, 120.0, np.full(3, ROOM))
    assert warm == pytest.approx(integrated(effort, 120.0), rel=2e-3)
    halves = HEAT.warmed(HEAT.warmed(np.full(3, ROOM), effort, 60.0, np.full(3, ROOM)), effort, 60.0, np.full(3, ROOM))
    assert halves == pytest.approx(warm)


def test_minutes_until_it_is_too_hot() -> None:
    effort = np.array([0.1, 0.6, 1.0])
    minutes, ends_at = HEAT.minutes_until_hot(effort**2), HEAT.ends_at(effort**2)
    assert minutes[0] == np.inf
    assert ends_at[0] < 30.0
    for joint in (1, 2):
        assert integrated(effort, 60 * float(minutes[joint]))[joint] == pytest.approx(70.0, abs=0.2)
    assert ends_at[2] == pytest.approx(ROOM + 5.84 * 33.3 / (1 - 0.0039 * 5.84 * 33.3))  # 806 degrees: it burns before
    hotter = HEAT._replace(resistance=np.full(3, 8.0))
    assert hotter.ends_at(np.ones(3))[0] == np.inf  # 0.0039 * 8.0 * 33.3 > 1


def test_a_servo_that_nobody_knows_is_guessed_by_its_limits() -> None:
    guessed = heat_of("nobody's", np.array([4.0]), np.array([10.0]), None)
    assert guessed.stall_power == pytest.approx([40.0 / 0.65])
    assert guessed.resistance == pytest.approx(HEAT.resistance[:1])
    robot = load_robot(DEFAULT_ROBOT)
    assert robot.heat.limit == 70.0
    assert robot.heat.stall_power == pytest.approx(np.full(robot.num_joints, 33.3))
