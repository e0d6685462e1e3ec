"""The bus against an event loop written by hand: a worker a line that writes, reads, and begins anew."""

import dataclasses

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from playground_amp.envs.bus import Bus, Motion
from playground_amp.envs.draws import Draws
from playground_amp.errors import UserError
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.physics.readings import Readings
from playground_amp.robot.hardware import Hardware
from playground_amp.robot.robot import load_robot

ROBOT = load_robot(DEFAULT_ROBOT)
DT, STEPS = 0.02, 60
FREQUENCY = 2 * np.pi * 1.3


def hardware(**changes) -> Hardware:
    assert ROBOT.hardware is not None
    return dataclasses.replace(ROBOT.hardware, **{"jitter": 0.0, "lost_reads": 0.0} | changes)


def one_line(of: Hardware) -> Hardware:
    joints = len(of.board)
    return dataclasses.replace(of, board=np.zeros(joints, int), turn=np.arange(joints))


def moving(time: float) -> Motion:
    """Joints that swing, each with a phase of its own."""
    phase = np.arange(ROBOT.num_joints) * 0.7
    angle = FREQUENCY * time + phase
    return Motion(jnp.asarray(0.3 * np.sin(angle)), jnp.asarray(0.3 * FREQUENCY * np.cos(angle)))


def decided(step: int) -> np.ndarray:
    """What the computer decides at a control step: as many counts for every joint."""
    return np.full(ROBOT.num_joints, 10.0 * step + 10.0)


def test_an_imu_that_is_older_than_a_period_is_refused():
    with pytest.raises(UserError, match=r"hardware.imu: reports are up to 0.023 s old"):
        Bus(hardware(imu_period=0.02), ROBOT.imu, DT)


class EventLoop:
    """The same lines, event after event, in time."""

    def __init__(self, of: Hardware, since_round: np.ndarray, turn: np.ndarray):
        self.of, self.turn = of, turn
        self.reads: list[list[tuple[float, float]]] = [[] for _ in of.board]  # of each joint: answered, looked
        self.writes: list[list[tuple[float, float]]] = [[] for _ in of.board]  # of each joint: arrived, round began
        for joint, board in enumerate(of.board):
            servos = int(np.sum(of.board == board))
            began = -since_round[joint] - 8 * of.round_time[joint]
            while began < STEPS * DT:
                answered = began + servos * of.write_time + (turn[joint] + 1) * of.read_time
                self.reads[joint].append((answered, answered - of.read_time / 2))
                self.writes[joint].append((began + (turn[joint] + 1) * of.write_time, began))
                began += of.round_time[joint]

    def known(self, time: float) -> np.ndarray:
        """When the newest reading of each joint, known at `time`, was taken."""
        return np.array([max(looked for answered, looked in reads if answered <= time) for reads in self.reads])

    def held(self, time: float) -> np.ndarray:
        """The target that each servo has at `time`: of the last control step before the round began."""
        began = [max(began for arrived, began in writes if arrived <= time) for writes in self.writes]
        return np.array([decided(int(np.floor(start / DT)))[0] if start >= 0 else 0.0 for start in began])


@pytest.mark.parametrize("lines", [3, 1])
def test_ages_readings_speeds_and_held_targets_are_those_of_an_event_loop(lines):
    of = hardware() if lines == 3 else one_line(hardware())
    of = dataclasses.replace(of, count=1.0 / 2000)
    bus = Bus(of, ROBOT.imu, DT)
    uniform = np.random.default_rng(lines).uniform(size=bus.start_draws)
    state = bus.start(jnp.asarray(uniform), moving(0.0), _readings(moving(0.0)), jnp.zeros(ROBOT.num_joints))
    loop = EventLoop(of, np.asarray(state.since_round, float), np.asarray(state.turn))
    before = loop.known(0.0)

    @jax.jit
    def period(state, start, end, last, target, key):
        delivery = bus.delivery(state, last, target)
        return bus.after(state, start, end, delivery, Draws(key, bus.step_draws))

    for step in range(STEPS - 1):
        start, end = _readings(moving(step * DT)), _readings(moving((step + 1) * DT))
        last = decided(step - 1) if step else np.zeros(ROBOT.num_joints)
        state = period(state, start, end, last, decided(step), jax.random.PRNGKey(step))
        now = (step + 1) * DT
        known = loop.known(now)
        np.testing.assert_allclose(np.asarray(state.age), now - known, atol=2e-5)
        earlier, before = before, known
        if step < 4:  # what was read before the beginning is not the moving joints'
            continue
        joints = np.arange(ROBOT.num_joints)
        taken = np.array([moving(float(time)).position[joint] for joint, time in zip(joints, known, strict=True)])
        np.testing.assert_allclose(np.asarray(state.reading), taken, atol=of.count / 2 + 3e-4)
        fresh = known > earlier + 1e-9
        slope = np.array([_slope(joint, float(earlier[joint]), float(known[joint])) for joint in joints[fresh]])
        np.testing.assert_allclose(np.asarray(state.speed)[fresh], slope, atol=1.5 * of.count / 0.02 + 0.03)
        np.testing.assert_allclose(np.asarray(state.held), loop.held(now), atol=1e-3)


def _slope(joint: int, early: float, late: float) -> float:
    return float(moving(late).position[joint] - moving(early).position[joint]) / (late - early)


def _readings(joints: Motion) -> Readings:
    """All that the bus looks at."""
    nothing: list = [None] * len(Readings._fields)
    return Readings(*nothing)._replace(
        joint_position=jnp.asarray(joints.position),
        joint_velocity=jnp.asarray(joints.velocity),
        gravity_b=jnp.array([0.0, 0.0, -1.0]),
        gyro_b=jnp.zeros(3),
    )
