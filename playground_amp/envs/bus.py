"""The robot's bus: how old each reading is, in what steps it comes, and when each target reaches its servo.

A serial line's worker never rests: in each round it writes the newest targets, servo by servo, then reads the servos
one after the other. Rounds and control periods drift past each other, so everything follows from how long ago a line's
round began. Times are exact; a joint's position between two control steps is the cubic that its positions and speeds
at both have in common (Hermite; for WildRobot's walk 2e-4 rad off in the mean square, a twentieth of a count).
"""

import math
from typing import NamedTuple

import jax
import jax.numpy as jnp

from playground_amp.envs.draws import Draws
from playground_amp.errors import UserError
from playground_amp.physics.imu import ImuReport, in_base_frame, report_of
from playground_amp.physics.readings import Readings
from playground_amp.robot.hardware import Hardware
from playground_amp.robot.record import Chain

_MOST_KEPT = 5  # control periods for which the IMU's reports are kept


class Motion(NamedTuple):
    """The joints at one moment."""

    position: jax.Array  # [J] rad
    velocity: jax.Array  # [J] rad/s


class BusState(NamedTuple):
    """What a robot's lines and its computer carry from one control step to the next."""

    since_round: jax.Array  # [J] s since the last round of the joint's line began
    turn: jax.Array  # [J] the joint's place in that round, from 0
    reading: jax.Array  # [J] rad, the newest one
    age: jax.Array  # [J] s since it was taken
    speed: jax.Array  # [J] rad/s, as told or differenced
    held: jax.Array  # [J] rad, the target that the servo has
    pace: jax.Array | None  # [] how many times as long as described every exchange takes; None: as long
    before: Motion  # one control step ago
    imu_age: jax.Array  # [] s, of its newest report
    imu_past: ImuReport  # [K, 3] what it would have told at the last control steps, the newest first
    imu: ImuReport  # the newest that has arrived


class Delivery(NamedTuple):
    """What reaches the servos during a control period."""

    target: jax.Array  # [J] rad
    arrival: jax.Array  # [J] s after the period's beginning; beyond its end: nothing reaches that servo


class _Times(NamedTuple):
    """How long a robot's exchanges with its servos take."""

    read: jax.Array | float  # s
    write: jax.Array | float  # s
    writing: jax.Array  # [J] s, all targets of the joint's line
    round: jax.Array  # [J] s

    def newest_age(self, since_round: jax.Array, turn: jax.Array) -> jax.Array:
        """Age [J] s of each joint's newest answer: a servo looks at itself half-way through its read."""
        answered = self.writing + (turn + 1) * self.read  # after the round's beginning
        ago = since_round - answered
        return jnp.where(ago < 0, ago + self.round, ago) + 0.5 * self.read


class Bus:
    """The bus of one robot with J joints on K lines."""

    def __init__(self, hardware: Hardware, imu: Chain, control_dt: float):
        """Raises UserError if the IMU's reports can be older than is kept."""
        oldest = hardware.imu_delay + hardware.imu_period
        self._imu_kept = math.ceil(oldest / control_dt - 1e-6)
        if self._imu_kept > _MOST_KEPT:
            raise UserError(
                f"hardware.imu: reports are up to {oldest:.3g} s old (delay + 1 / rate), but env.bus keeps what is at "
                f"most {_MOST_KEPT} times env.control_dt, {_MOST_KEPT * control_dt:g} s, old"
            )
        periods = control_dt / hardware.imu_period
        self._imu_drifts = abs(periods - round(periods)) > 1e-6  # its reports and control steps past each other
        self._hardware, self._imu, self._control_dt = hardware, imu, control_dt
        self._board = jnp.asarray(hardware.board)
        self._same_line = jnp.asarray(hardware.board[:, None] == hardware.board)
        self._nominal = _Times(
            read=hardware.read_time,
            write=hardware.write_time,
            writing=jnp.asarray(hardware.servos * hardware.write_time, jnp.float32),
            round=jnp.asarray(hardware.round_time, jnp.float32),
        )
        joints = len(hardware.board)
        self.start_draws = hardware.num_boards + joints + 1
        self.step_draws = hardware.num_boards + joints + 1

    def start(
        self,
        uniform: jax.Array,
        joints: Motion,
        readings: Readings,
        target: jax.Array,
        pace: jax.Array | None = None,
    ) -> BusState:
        """The bus of a robot that has moved steadily until now; `uniform` [start_draws] sets rounds, turns, ages.

        `pace` []: how many times as long as the hardware says every exchange with a servo takes.
        """
        boards = self._hardware.num_boards
        phase, order, imu = uniform[:boards], uniform[boards:-1], uniform[-1]
        turn = jnp.sum(self._same_line & (order[None, :] < order[:, None]), axis=1).astype(jnp.float32)
        times = self._times(pace)
        since_round = phase[self._board] * times.round
        age, report = times.newest_age(since_round, turn), self._report(readings)
        return BusState(
            since_round=since_round,
            turn=turn,
            reading=self._counted(joints.position - age * joints.velocity),
            age=age,
            speed=joints.velocity,
            held=target,
            pace=pace,
            before=Motion(joints.position - self._control_dt * joints.velocity, joints.velocity),
            imu_age=self._hardware.imu_delay + imu * self._hardware.imu_period,
            imu_past=jax.tree.map(lambda now: jnp.tile(now, (self._imu_kept, 1)), report),
            imu=report,
        )

    def delivery(
        self, bus: BusState, decided_before: jax.Array, target: jax.Array, latency: jax.Array | float = 0.0
    ) -> Delivery:
        """What a period that begins now brings: the target [J] decided now, or the last one, that is on its way.

        `latency` [] s passes besides until a target acts.
        """
        times = self._times(bus.pace)
        after_start = (bus.turn + 1) * times.write + latency
        on_its_way = after_start - bus.since_round  # of the round that has begun
        next_one = on_its_way + times.round
        last = (on_its_way > 0) & (next_one >= self._control_dt)
        wanted = self._counted(jnp.where(last, decided_before, target))
        return Delivery(wanted, jnp.where(last, on_its_way, next_one))

    def after(self, bus: BusState, start: Readings, end: Readings, delivery: Delivery, draws: Draws) -> BusState:
        """The bus at the end of a period that led from `start` to `end`."""
        hardware, boards, times = self._hardware, self._hardware.num_boards, self._times(bus.pace)
        jitter = hardware.jitter * jax.scipy.special.ndtri(jnp.clip(draws.take(boards), 1e-6, 1 - 1e-6))
        lost, imu_lost = draws.take(len(self._board)), draws.one()
        passed = self._control_dt + jitter[self._board]
        since_round = _within(bus.since_round + passed, times.round)
        age = times.newest_age(since_round, bus.turn)
        new = (age - 0.5 * times.read < passed) & (lost >= hardware.lost_reads)
        taken = self._looked_at(age, bus.before, _motion(start), _motion(end))
        reading, old_age = self._counted(taken.position), bus.age + self._control_dt
        speed = taken.velocity
        if not hardware.measures_speed:
            speed = (reading - bus.reading) / jnp.maximum(old_age - age, 0.5 * times.read)
        imu_age, past = self._next_imu_age(bus.imu_age), self._past(bus.imu_past, self._report(end))
        report, reported = self._told(past, imu_age), imu_lost >= hardware.imu_lost
        return BusState(
            since_round=since_round,
            turn=bus.turn,
            reading=jnp.where(new, reading, bus.reading),
            age=jnp.where(new, age, old_age),
            speed=jnp.where(new, speed, bus.speed),
            held=jnp.where(delivery.arrival < self._control_dt, delivery.target, bus.held),
            pace=bus.pace,
            before=_motion(start),
            imu_age=imu_age,
            imu_past=jax.tree.map(lambda kept: kept[:-1], past),
            imu=jax.tree.map(lambda new, old: jnp.where(reported, new, old), report, bus.imu),
        )

    def measured(self, bus: BusState, readings: Readings) -> Readings:
        """The readings as the computer has them, which turns the IMU's into the base frame by the joints it knows."""
        gravity, gyro = in_base_frame(self._imu, bus.imu, bus.reading, bus.speed)
        return readings._replace(joint_position=bus.reading, joint_velocity=bus.speed, gravity_b=gravity, gyro_b=gyro)

    def _report(self, readings: Readings) -> ImuReport:
        r = readings
        return report_of(self._imu, r.gravity_b, r.gyro_b, r.joint_position, r.joint_velocity)

    def _times(self, pace: jax.Array | None) -> _Times:
        return self._nominal if pace is None else _Times(*(time * pace for time in self._nominal))

    def _next_imu_age(self, age: jax.Array) -> jax.Array:
        """Age [] s of the newest report a control period later."""
        if not self._imu_drifts:
            return age
        delay, period = self._hardware.imu_delay, self._hardware.imu_period
        return delay + (age - delay + self._control_dt) % period

    def _past(self, past: ImuReport, now: ImuReport) -> ImuReport:
        """Reports [K + 1, 3], this moment's first."""
        return jax.tree.map(lambda kept, new: jnp.concatenate([new[None], kept]), past, now)

    def _told(self, past: ImuReport, age: jax.Array) -> ImuReport:
        """The report of an age [] s: between two control steps, what lies evenly between theirs."""
        periods = age / self._control_dt
        near = jnp.maximum(1.0 - jnp.abs(periods - jnp.arange(self._imu_kept + 1)), 0.0)
        return jax.tree.map(lambda reports: jnp.sum(near[:, None] * reports, axis=0), past)

    def _looked_at(self, age: jax.Array, before: Motion, start: Motion, end: Motion) -> Motion:
        """The joints at ages [J] s, from now, a period ago, and two ago."""
        periods = age / self._control_dt
        recent = periods < 1.0
        older, newer = (
            jax.tree.map(lambda a, b: jnp.where(recent, a, b), a, b) for a, b in ((start, before), (end, start))
        )
        share = jnp.where(recent, 1.0 - periods, 2.0 - periods)
        velocity = older.velocity + share * (newer.velocity - older.velocity)
        return Motion(_hermite(share, older, newer, self._control_dt), velocity)

    def _counted(self, angle: jax.Array) -> jax.Array:
        count = self._hardware.count
        return jnp.round(angle / count) * count


def _within(time: jax.Array, period: jax.Array) -> jax.Array:
    """What is over of a time [J] ≥ 0 after whole periods [J]. A division: `%` calls the C library for every number."""
    return jnp.maximum(time - jnp.floor(time / period) * period, 0.0)


def _motion(readings: Readings) -> Motion:
    return Motion(readings.joint_position, readings.joint_velocity)


def _hermite(share: jax.Array, older: Motion, newer: Motion, seconds: float) -> jax.Array:
    """Positions at `share` of the way between two moments, by the cubic through both with their speeds."""
    u, v = share, 1.0 - share
    positions = (1 + 2 * u) * v**2 * older.position + (1 + 2 * v) * u**2 * newer.position
    return positions + seconds * u * v * (v * older.velocity - u * newer.velocity)
