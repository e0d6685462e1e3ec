"""Logs of a robot made here: MuJoCo, an event loop of serial lines, the bundled policy, and a fault on request.

Nothing of the twin or of run.py is used, so that `compare` is held against a second opinion. A line's worker takes the
newest targets, writes them servo by servo, then reads servo by servo, and begins anew. Faults are of the body: a servo
that is not what the hardware file says answers consistently, and wrongly.
"""

import copy
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import mujoco
import numpy as np
from bus_line import Line

from playground_amp import rotations
from playground_amp.deploy.runtime import BundleError, Sensors, WalkingPolicy
from playground_amp.hardware.log import LogWriter, RobotLog
from playground_amp.hardware.log_format import PHASES, LogHeader, step_columns
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

PHYSICS_STEP = 0.002  # s
HELD, LOWERED, CLEARANCE = 1.0, 1.4, 0.04  # s until the stand lowers the robot, until it lets go; m over the floor
Command = Callable[[float], Sequence[float]]


@dataclass
class Servos:
    """What servos are: position in counts = center + direction × angle / count, and which joint each one moves."""

    count: float  # rad
    center: np.ndarray  # [J]
    direction: np.ndarray  # [J]
    moves: np.ndarray  # [J] joint that the servo of this number sits at

    def counts(self, angle: np.ndarray) -> np.ndarray:
        return np.clip(np.round(self.center + self.direction * angle / self.count), 0, 1000)

    def angle(self, counts: np.ndarray) -> np.ndarray:
        return self.direction * (counts - self.center) * self.count

    def counts_of(self, servo: int, angle: float) -> float:
        return min(max(round(self.center[servo] + self.direction[servo] * angle / self.count), 0), 1000)

    def angle_of(self, servo: int, counts: float) -> float:
        return self.direction[servo] * (counts - self.center[servo]) * self.count


@dataclass
class Fault:
    """What is wrong with a robot, from `since` s on; nothing by default."""

    name: str = "none"
    since: float = 0.0
    swapped: tuple[int, int] | None = None
    reversed: int | None = None
    zero_off: tuple[int, float] | None = None  # joint, rad that its readings lack
    dead: int | None = None
    lost: float = 0.0  # share of answers
    lost_board: int = 0
    voltage_dip: float = 0.0  # V
    frozen: bool = False
    tilt: tuple[float, float, float] = (0.0, 0.0, 0.0)  # rotation vector, rad
    late: float = 0.0  # s more until an answer
    late_board: int = 0
    hot: tuple[int, float] | None = None  # joint, °C
    weak: tuple[int, float] | None = None  # joint, share of its gains and torque
    slack: tuple[int, float] | None = None  # joint, rad to either side


class Walker:
    """A robot that walks by a policy over its bus."""

    def __init__(self, robot: Robot, policy: WalkingPolicy, fault: Fault, seed: int):
        assert robot.hardware is not None
        self.robot, self.policy, self.fault, self.hardware = robot, policy, fault, robot.hardware
        self.rng = np.random.default_rng(seed)
        joints = robot.num_joints
        self.believed = Servos(
            robot.hardware.count,
            500 + self.rng.integers(-75, 76, joints),
            self.rng.choice([-1, 1], joints),
            np.arange(joints),
        )
        self.true = copy.deepcopy(self.believed)
        self._build_faults()
        self.model = copy.copy(model_of(robot))
        self.model.opt.timestep = PHYSICS_STEP
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:] = robot.home_qpos
        self.ordered = np.empty(joints)  # rad, by joint: what its servo holds
        self.ordered[self.true.moves] = self.true.angle(self.believed.counts(robot.home_joint_position))
        self.data.qpos[BASE_QPOS_SIZE:] = np.clip(self.ordered, robot.joint_lower, robot.joint_upper)
        mujoco.mj_forward(self.model, self.data)
        self._imu = self.model.site("imu").id
        self._touch = [self.model.sensor(name).adr[0] for name in robot.switch_names]
        counts = self._read_all()
        self.counts, self.taken = counts, np.full(joints, -0.01)
        self.looked = {servo: (-0.01, counts[servo]) for servo in range(joints)}
        self.known, self.known_at = counts.copy(), np.full(joints, -0.03)
        self.speed = np.zeros(joints)
        self.counters = np.zeros((self.hardware.num_boards, 5), int)
        self.target_counts = self.believed.counts(robot.home_joint_position)
        self.lines = []
        for number in range(self.hardware.num_boards):
            members = np.flatnonzero(self.hardware.board == number).tolist()
            members.sort(key=lambda joint: int(self.hardware.turn[joint]))
            begun = self.rng.uniform(0, self.hardware.round_time[members[0]])
            late = fault.late if number == fault.late_board else 0.0
            self.lines.append(Line(members, -begun, self.hardware, self.target_counts.copy(), late))
        self.imu_at, self.imu = -1.0, (np.array([1.0, 0, 0, 0]), np.zeros(3))

    def _build_faults(self) -> None:
        fault, true = self.fault, self.true
        if fault.swapped:
            a, b = fault.swapped
            for values in (true.center, true.direction, true.moves):
                values[[a, b]] = values[[b, a]]
        if fault.reversed is not None:
            true.direction[fault.reversed] *= -1
        if fault.zero_off:
            joint, angle = fault.zero_off
            true.center = true.center.astype(float)
            true.center[joint] -= true.direction[joint] * angle / true.count

    def _start_fault(self) -> None:
        """What happens to the body when the fault sets in."""
        fault, model = self.fault, self.model
        share = dict([fault.weak] if fault.weak else []) | ({fault.dead: 0.0} if fault.dead is not None else {})
        for joint, strength in share.items():
            model.actuator_gainprm[joint] *= strength
            model.actuator_biasprm[joint] *= strength
            model.actuator_forcerange[joint] *= strength

    def _read_all(self) -> np.ndarray:
        angle = self.data.qpos[BASE_QPOS_SIZE:]
        return self.true.counts(angle[self.true.moves])

    def _physics_step(self) -> None:
        start, data = self.data.time, self.data
        held = self.ordered.copy()
        acting = held.copy()
        happening = [event for line in self.lines for event in ((e, line) for e in line.until(start + PHYSICS_STEP))]
        position, velocity = data.qpos[BASE_QPOS_SIZE:].copy(), data.qvel[BASE_QVEL_SIZE:].copy()
        on = start >= self.fault.since
        for event, line in sorted(happening, key=lambda pair: pair[0].time):
            servo, joint = event.servo, int(self.true.moves[event.servo])
            losing = self.fault.lost if on and line is self.lines[self.fault.lost_board] else 0.001
            if event.kind == "take":
                line.targets = self.target_counts.copy()
            elif event.kind == "write" and self.rng.random() >= losing:
                held[joint] = self.true.angle_of(servo, line.targets[servo])
                acting[joint] += (1 - (event.time - start) / PHYSICS_STEP) * (held[joint] - acting[joint])
            elif event.kind == "look":
                angle = position[joint] + (event.time - start) * velocity[joint]
                self.looked[servo] = event.time, self.true.counts_of(servo, angle)
            elif event.kind == "answer":
                self._answer(servo, self.lines.index(line), losing, on)
        self.ordered = held
        data.ctrl[:] = acting
        if self.fault.slack and on:
            joint, play = self.fault.slack
            data.ctrl[joint] += np.clip(position[joint] - acting[joint], -play, play)
        mujoco.mj_step(self.model, data)
        self.model.dof_armature[:BASE_QVEL_SIZE] = 1e6 * (
            start < LOWERED
        )  # whoever holds the base carries the legs too
        if start < LOWERED:
            share = np.clip((LOWERED - start) / (LOWERED - HELD), 0.0, 1.0)
            data.qpos[:BASE_QPOS_SIZE] = self.robot.home_qpos[:BASE_QPOS_SIZE]
            data.qpos[2] += CLEARANCE * share
            data.qvel[:BASE_QVEL_SIZE] = 0.0

    def _answer(self, servo: int, board: int, losing: float, on: bool) -> None:
        self.counters[board, 0] += 1
        if (self.fault.dead == servo and on) or self.rng.random() < losing:
            self.counters[board, 1 if self.rng.random() < 0.7 else 4] += 1
            return
        self.taken[servo], self.counts[servo] = self.looked[servo]

    def _sense(self, now: float) -> tuple[Sensors, np.ndarray]:
        new = self.taken > self.known_at + 1e-9
        moved = self.believed.angle(self.counts) - self.believed.angle(self.known)
        slope = moved / np.maximum(self.taken - self.known_at, 1e-4)
        self.speed = np.where(new, slope, self.speed)
        self.known, self.known_at = self.counts.copy(), self.taken.copy()
        position = self.believed.angle(self.counts)
        if not (self.fault.frozen and now >= self.fault.since):
            orientation, velocity = np.empty(4), np.empty(6)
            mujoco.mju_mat2Quat(orientation, self.data.site_xmat[self._imu])
            mujoco.mj_objectVelocity(self.model, self.data, mujoco.mjtObj.mjOBJ_SITE, self._imu, velocity, 1)
            angle = np.linalg.norm(self.fault.tilt)
            turn = np.array([1.0, 0, 0, 0])
            if angle and now >= self.fault.since:
                turn = rotations.about_axis(np.array(self.fault.tilt) / angle, np.asarray(angle))
            noise = self.rng.normal(0, 0.003, 3)
            self.imu = rotations.multiply(orientation, turn), rotations.rotate_inverse(velocity[:3], turn) + noise
        by_name = [dict(zip(self.robot.joint_names, x.tolist(), strict=True)) for x in (position, self.speed)]
        return Sensors(*self.imu, *by_name), position

    def walk(self, command: Command, seconds: float, push: Command | None = None) -> RobotLog:
        """Steps until the time is over or the robot has fallen."""
        policy, rows, period = self.policy, [], self.policy.control_dt
        policy.reset()
        started = False
        for step in range(round(seconds / period)):
            now = self.data.time
            if now >= self.fault.since and not started:
                self._start_fault()
                started = True
            sensors, position = self._sense(now)
            target = self.robot.home_joint_position
            if now >= HELD:
                try:
                    answer = policy.step(sensors, command(now))
                except BundleError:
                    break
                target = np.array([answer[name] for name in self.robot.joint_names])
            self.target_counts = self.believed.counts(target)
            if push is not None:
                self.data.xfrc_applied[1, :3] = push(now)
            rows.append(self._row(now, sensors, position, command(now), target, step))
            for _ in range(round(period / PHYSICS_STEP)):
                self._physics_step()
            up = self.data.xmat[1].reshape(3, 3)[2, 2]
            if up < np.cos(0.8):
                break
        header = self._header()
        table = np.zeros(len(rows), header.row)
        for name in table.dtype.names or ():
            values = np.array([row[name] for row in rows], float)
            table[name] = values.reshape(*values.shape, *(1,) * (table[name].ndim - values.ndim))
        return RobotLog(header, (), 0, **{name: table[name] for name in table.dtype.names or ()})

    def _header(self) -> LogHeader:
        """As run.py writes it; the hardware file has what is believed."""
        robot, believed = self.robot, self.believed
        boards = [f"board{number}" for number in range(self.hardware.num_boards)]
        lines = ["robot: wildrobot", "boards:"]
        lines += [f"  {board}: {{protocol: hiwonder, port: /dev/null, baud: 115200}}" for board in boards]
        lines += ["servos:"]
        for joint, name in enumerate(robot.joint_names):
            board, center = boards[self.hardware.board[joint]], believed.center[joint]
            lines.append(
                f"  {name}: {{board: {board}, id: {joint + 1}, direction: {believed.direction[joint]}, "
                f"center: {center}, angle_at_center: 0.0}}"
            )
        lines += [f"counts_per_turn: {2 * np.pi / believed.count:.0f}", "count_range: [0, 1000]", "speed: differenced"]
        lines += ["imu: {kind: bno085_uart, port: /dev/null, baud: 3000000, mounting: [1, 0, 0, 0]}"]
        lines += [
            "switches: {kind: udp, port: 9000}",
            "limits: {voltage_low: 9.6, temperature_high: 70, reading_age: 0.16}",
        ]
        parts = tuple((part["name"], part["size"]) for part in self.policy.manifest["observation"])
        columns = step_columns(robot.num_joints, sum(size for _, size in parts), len(boards))
        text = "\n".join(lines) + "\n"
        return LogHeader(
            robot=robot.name,
            robot_sha256=robot.sha256,
            bundle="",
            bundle_sha256="",
            hardware=text,
            joint_names=robot.joint_names,
            board_names=tuple(boards),
            observation_parts=parts,
            control_dt=self.policy.control_dt,
            started="2026-01-01T00:00:00",
            columns=columns,
        )

    def _row(
        self,
        now: float,
        sensors: Sensors,
        position: np.ndarray,
        command: Sequence[float],
        target: np.ndarray,
        step: int,
    ) -> dict[str, object]:
        joints, on = self.robot.num_joints, now >= self.fault.since
        voltage = np.full(joints, 11.6) + self.rng.normal(0, 0.05, joints)
        if self.fault.voltage_dip and on and step % 40 < 6:
            voltage -= self.fault.voltage_dip
        temperature = np.full(joints, 38.0)
        if self.fault.hot and on:
            temperature[self.fault.hot[0]] = self.fault.hot[1]
        return {
            "time": now,
            "phase": PHASES.index("home" if now < HELD else "walk" if any(command) else "stand"),
            "step_start": now,
            "lateness": abs(self.rng.normal(0, 2e-4)),
            "busy": 0.001,
            "skipped": 0,
            "joint_position": position,
            "joint_velocity": self.speed,
            "joint_age": now - self.taken,
            "counts": self.counts.copy(),
            "orientation": sensors.orientation,
            "gyro": sensors.gyro,
            "imu_age": 0.004,
            "command": command,
            "observation": np.nan,
            "action": np.nan,
            "target": target,
            "voltage": voltage,
            "temperature": temperature,
            "switches": self.data.sensordata[self._touch] > 1.0,
            "counters": self.counters.copy(),
        }


def write_log(log: RobotLog, path: Path) -> Path:
    """The log as run.py writes it."""
    with LogWriter(path, log.header) as writer:
        for event in log.events:
            writer.event(**event)
        for row in range(len(log.time)):
            writer.step(**{name: values[row] for name, values in log.arrays().items()})
    return path
