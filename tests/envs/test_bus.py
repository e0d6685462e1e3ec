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
from playground_amp.robot.record import Chain
from playground_amp.robot.robot import load_robot

ROBOT = load_robot(DEFAULT_ROBOT)
DT, STEPS = 0.02, 60
FREQUENCY = 2 * np.pi * 1.3
TURNING = np.array([1.0, 2.0, 3.0])  # rad/s²


def hardware(**changes) -> Hardware:
    assert ROBOT.hardware is not None
    return dataclasses.replace(ROBOT.hardware, **{"jitter": 0.0, "lost_reads": 0.0} | changes)


def moving(time: float) -> Motion:
    """Joints that swing, each with a phase of its own."""
    phase = np.arange(ROBOT.num_joints) * 0.7
    angle = FREQUENCY * time + phase
    return Motion(jnp.asarray(0.3 * np.sin(angle)), jnp.asarray(0.3 * FREQUENCY * np.cos(angle)))


def test_all_servos_on_one_line_keep_the_order_of_their_boards():
    one = hardware().on_one_line()
    assert (one.num_boards, one.round_time[0]) == (1, pytest.approx(ROBOT.num_joints * (0.00364 + 0.0009)))
    in_turn = [ROBOT.joint_names[joint] for joint in np.argsort(one.turn)]
    assert in_turn[:2] == ["left_hip_pitch", "left_hip_roll"]
    assert in_turn[-1] == "waist_yaw"
    assert sorted(one.ids) == list(range(1, ROBOT.num_joints + 1))


def decided(step: int) -> np.ndarray:
    """What the computer decides at a control step: as many counts for every joint."""
    return np.full(ROBOT.num_joints, 10.0 * step + 10.0)


def test_an_imu_that_is_older_than_what_is_kept_is_refused():
    with pytest.raises(UserError, match=r"hardware.imu: reports are up to 0.103 s old .* most 5 times .* 0.1 s"):
        Bus(hardware(imu_period=0.1), ROBOT.imu, DT)


def on_the_base() -> Chain:
    """An IMU that nothing turns."""
    none = np.zeros((0, 3))
    return Chain(np.zeros(0, int), none, np.zeros((0, 4)), none, np.zeros(3), np.array([1.0, 0.0, 0.0, 0.0]))


def newest_report(time: float, first: float, of: Hardware) -> float:
    """When the newest report that has arrived by `time` was made, of one that was made at `first` and all others."""
    periods = np.floor((time - of.imu_delay - first) / of.imu_period + 1e-4)
    return first + periods * of.imu_period


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


@pytest.mark.parametrize(
    ("lines", "measured", "imu"),
    [
        (3, False, {}),
        (1, False, {"imu_period": 0.02, "imu_delay": 0.013}),  # as slow as the loop
        (3, True, {"imu_period": 1 / 30, "imu_delay": 0.02}),  # slower, and past it
    ],
)
def test_ages_readings_speeds_and_held_targets_are_those_of_an_event_loop(lines, measured, imu):
    of = hardware(**imu) if lines == 3 else hardware(**imu).on_one_line()
    of = dataclasses.replace(of, count=1.0 / 2000, measures_speed=measured)
    bus = Bus(of, on_the_base(), DT)
    uniform = np.random.default_rng(lines).uniform(size=bus.start_draws)
    state = bus.start(jnp.asarray(uniform), moving(0.0), _readings(0.0), jnp.zeros(ROBOT.num_joints))
    first = -float(state.imu_age)
    loop = EventLoop(of, np.asarray(state.since_round, float), np.asarray(state.turn))
    before = loop.known(0.0)

    @jax.jit
    def period(state, start, end, last, target, key):
        delivery = bus.delivery(state, last, target)
        return bus.after(state, start, end, delivery, Draws(key, bus.step_draws))

    for step in range(STEPS - 1):
        start, end = _readings(step * DT), _readings((step + 1) * DT)
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
        np.testing.assert_allclose(np.asarray(state.imu.gyro), newest_report(now, first, of) * TURNING, atol=1e-4)
        np.testing.assert_allclose(np.asarray(state.held), loop.held(now), atol=1e-3)
        if measured:
            told = np.array([moving(float(time)).velocity[joint] for joint, time in zip(joints, known, strict=True)])
            np.testing.assert_allclose(np.asarray(state.speed), told, atol=0.02)
            continue
        fresh = known > earlier + 1e-9
        slope = np.array([_slope(joint, float(earlier[joint]), float(known[joint])) for joint in joints[fresh]])
        np.testing.assert_allclose(np.asarray(state.speed)[fresh], slope, atol=1.5 * of.count / 0.02 + 0.03)


def _slope(joint: int, early: float, late: float) -> float:
    return float(moving(late).position[joint] - moving(early).position[joint]) / (late - early)


@pytest.mark.parametrize("measured", [False, True])
def test_a_bus_at_another_pace_is_one_of_slower_exchanges(measured):
    own, pace = hardware(measures_speed=measured), 1.6
    slower = dataclasses.replace(own, read_time=pace * own.read_time, write_time=pace * own.write_time)
    uniform = jnp.asarray(np.random.default_rng(4).uniform(size=Bus(own, on_the_base(), DT).start_draws))
    reached = []
    for of, told in ((own, jnp.float32(pace)), (slower, None)):
        bus = Bus(of, on_the_base(), DT)
        state = bus.start(uniform, moving(0.0), _readings(0.0), jnp.zeros(ROBOT.num_joints), told)
        for step in range(8):
            delivery = bus.delivery(state, jnp.asarray(decided(step - 1)), jnp.asarray(decided(step)))
            draws = Draws(jax.random.PRNGKey(step), bus.step_draws)
            state = bus.after(state, _readings(step * DT), _readings((step + 1) * DT), delivery, draws)
        reached.append(state._replace(pace=None))
    jax.tree.map(lambda one, other: np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-5), *reached)


def _readings(time: float) -> Readings:
    """All that the bus looks at; the base turns faster and faster, so that its gyro tells the time."""
    joints = moving(time)
    nothing: list = [None] * len(Readings._fields)
    return Readings(*nothing)._replace(
        joint_position=jnp.asarray(joints.position),
        joint_velocity=jnp.asarray(joints.velocity),
        gravity_b=jnp.array([0.0, 0.0, -1.0]),
        gyro_b=jnp.asarray(time * TURNING),
    )
