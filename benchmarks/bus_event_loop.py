"""A second opinion on the bus: plain MuJoCo, an event loop of serial lines, and a bundle in its NumPy runtime.

    python benchmarks/bus_event_loop.py policies/walk --speed 0.3 0.5 --walks 8

Walks as often in the task as the gates have it, prints both and how far they are apart, and exits with 1 above 3 %.
The loop uses nothing of envs/bus.py. A line's worker takes the newest targets, writes them one after the other, then
reads one servo after the other, in an order and from a moment of its own, and begins anew; an IMU reports by its own
clock. Power and torque are those at the ends of control periods, as gates have them; the first three seconds are left
out. `--ideal`: everything at once and exactly, on both sides. `--alone`: the loop without the task.
"""

import argparse
import copy
import sys
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import CommandConfig
from playground_amp.deploy.runtime import Sensors
from playground_amp.gates.cells import Cell, Gate, seeded
from playground_amp.gates.runner import run_gate
from playground_amp.physics.registry import prepare
from playground_amp.policies.bundle import Bundle, open_bundle, read_bundle
from playground_amp.robot.description import read_description
from playground_amp.robot.hardware import Hardware
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.rollouts.recording import Recording, Segment

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from bus_line import Line  # pyright: ignore[reportMissingImports]  (of the tests)

PHYSICS_STEP, SETTLE = 0.002, 3.0  # s
TURNING = 0.1  # rad, a larger heading error is no matter of time
LIMIT = 0.03  # by which both may differ


class Computer:
    """What the control loop knows of the joints."""

    def __init__(self, position: np.ndarray):
        self.position, self.taken = position.copy(), np.zeros(len(position))
        self.looked = dict.fromkeys(range(len(position)), (0.0, 0.0))
        self._known, self._known_at = position.copy(), np.full(len(position), -0.02)
        self._speed = np.zeros(len(position))

    def answer(self, joint: int, count: float) -> None:
        """A reading arrives."""
        self.taken[joint], angle = self.looked[joint]
        self.position[joint] = np.round(angle / count) * count

    def speeds(self) -> np.ndarray:
        """Differences of the newest readings and those known at the last control step, [J] rad/s."""
        new = self.taken > self._known_at + 1e-9
        slope = (self.position - self._known) / np.maximum(self.taken - self._known_at, 1e-4)
        self._speed = np.where(new, slope, self._speed)
        self._known, self._known_at = self.position.copy(), self.taken.copy()
        return self._speed


class World:
    """The robot's body and what measures it."""

    def __init__(self, robot: Robot, rng: np.random.Generator):
        self.model = copy.copy(model_of(robot))
        self.model.opt.timestep = PHYSICS_STEP
        self.model.opt.iterations = self.model.opt.ls_iterations = 50
        self.data = mujoco.MjData(self.model)
        self.data.qpos[:] = robot.home_qpos
        self.data.qpos[BASE_QPOS_SIZE:] += rng.uniform(-0.02, 0.02, robot.num_joints)
        self.data.ctrl[:] = robot.home_joint_position
        mujoco.mj_forward(self.model, self.data)
        self._imu = self.model.site(robot_site(robot)).id

    @property
    def joints(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions and speeds [J]."""
        return self.data.qpos[BASE_QPOS_SIZE:], self.data.qvel[BASE_QVEL_SIZE:]

    @property
    def heading(self) -> float:
        """Of the base, rad."""
        w, x, y, z = self.data.qpos[3:7]
        return float(np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z)))

    def imu(self) -> tuple[np.ndarray, np.ndarray]:
        """Orientation wxyz and gyro."""
        orientation, velocity = np.empty(4), np.empty(6)
        for derive in (mujoco.mj_kinematics, mujoco.mj_comPos, mujoco.mj_comVel):  # mj_step leaves them a step behind
            derive(self.model, self.data)
        mujoco.mju_mat2Quat(orientation, self.data.site_xmat[self._imu])
        mujoco.mj_objectVelocity(self.model, self.data, mujoco.mjtObj.mjOBJ_SITE, self._imu, velocity, 1)
        return orientation, velocity[:3]


class Imu:
    """What reports by its own clock, to the physics step exactly."""

    def __init__(self, world: World, period: float, delay: float, rng: np.random.Generator):
        self._world, self._period, self._delay = world, period, delay
        self._next = -rng.uniform(0, period)
        self._on_their_way = deque([(-1.0, world.imu())])
        self.known = world.imu()

    def look(self) -> None:
        """Measures when its time has come, and has the computer know what has arrived."""
        now = self._world.data.time
        while self._next <= now + 0.5 * PHYSICS_STEP:
            self._on_their_way.append((self._next + self._delay, self._world.imu()))
            self._next += self._period
        while self._on_their_way and self._on_their_way[0][0] <= now + 1e-9:
            self.known = self._on_their_way.popleft()[1]


def robot_site(robot: Robot) -> str:
    """The site of the IMU."""
    return read_description(robot.folder).imu


def physics_step(
    world: World, lines: list[Line], computer: Computer, target: np.ndarray, count: float, lost: Callable[[], bool]
) -> None:
    """One step of the body with what happens on the lines meanwhile."""
    start, data = world.data.time, world.data
    position, velocity = (x.copy() for x in world.joints)
    held = data.ctrl.copy()
    happening = [(event, line) for line in lines for event in line.until(start + PHYSICS_STEP)]
    for event, line in sorted(happening, key=lambda pair: pair[0].time):
        joint = event.servo
        if event.kind == "take":
            line.targets = target.copy()
        elif event.kind == "write":  # it acts for the share of the step that is left
            new = np.round(line.targets[joint] / count) * count
            data.ctrl[joint] += (1 - (event.time - start) / PHYSICS_STEP) * (new - held[joint])
            held[joint] = new
        elif event.kind == "look":
            computer.looked[joint] = event.time, position[joint] + (event.time - start) * velocity[joint]
        elif not lost():
            computer.answer(joint, count)
    mujoco.mj_step(world.model, data)
    data.ctrl[:] = held


class Walk(NamedTuple):
    """What a walk was like."""

    fell: bool
    speed: float  # m/s
    power: float  # W
    torque: float  # N·m, root mean square


def walk(bundle: Bundle, speed: float, seconds: float, seed: int, *, ideal: bool) -> Walk:
    """One walk from rest."""
    policy, robot = bundle.policy, bundle.robot
    hardware, rng = robot.hardware, np.random.default_rng(seed)
    assert hardware is not None
    world, target = World(robot, rng), robot.home_joint_position.copy()
    computer, lines = Computer(world.joints[0]), lines_of(hardware, target, rng)
    imu = Imu(world, hardware.imu_period, hardware.imu_delay, rng)
    policy.reset(rng.uniform())
    straight = StraightLine(bundle.config.env.commands, policy.control_dt)
    rows, steps = [], round(seconds / policy.control_dt)
    for _ in range(steps):
        position, velocity = world.joints if ideal else (computer.position, computer.speeds())
        readings = (dict(zip(robot.joint_names, x, strict=True)) for x in (position, velocity))
        wanted = (speed, 0.0, straight.yaw_rate(world.heading))
        answer = policy.step(Sensors(*(world.imu() if ideal else imu.known), *readings), wanted)
        target = np.array([answer[name] for name in robot.joint_names])
        if ideal:
            world.data.ctrl[:] = target
        for line in lines:
            line.next_round += rng.normal(0, hardware.jitter)
        for _ in range(round(policy.control_dt / PHYSICS_STEP)):
            physics_step(
                world, [] if ideal else lines, computer, target, hardware.count,
                lambda: rng.uniform() < hardware.lost_reads,
            )  # fmt: skip
            imu.look()
        torque = world.data.actuator_force.copy()
        rows.append((world.data.qpos[0], np.abs(torque * world.joints[1]).sum(), np.mean(torque**2)))
        if world.data.qpos[2] < 0.5 * robot.standing_height:
            return Walk(True, *(float("nan"),) * 3)
    place, power, square = np.array(rows)[round(SETTLE / policy.control_dt) :].T
    covered = (place[-1] - place[0]) / ((len(place) - 1) * policy.control_dt)
    return Walk(False, float(covered), float(power.mean()), float(np.sqrt(square.mean())))


def lines_of(hardware: Hardware, target: np.ndarray, rng: np.random.Generator) -> list[Line]:
    """The lines of a robot, each somewhere in a round of its own, whose order is drawn."""
    lines = []
    for number in range(hardware.num_boards):
        joints = rng.permutation(np.flatnonzero(hardware.board == number)).tolist()
        begun = float(rng.uniform(0, float(hardware.round_time[joints[0]])))
        lines.append(Line(joints, -begun, hardware, target.copy()))
    return lines


class StraightLine:
    """The yaw rate that holds a heading of 0, as the task asks for it: a proportional and an integral part."""

    def __init__(self, commands: CommandConfig, control_dt: float) -> None:
        self._gain, self._bound, self._trim = commands.heading_gain, commands.heading_yaw_rate, 0.0
        time = commands.heading_integral_time
        self._rate = self._gain / time * control_dt if time > 0 else 0.0

    def yaw_rate(self, heading: float) -> float:
        """What is asked for a control step later than last time, rad/s."""
        if abs(heading) < TURNING:
            self._trim = float(np.clip(self._trim - self._rate * heading, -self._bound, self._bound))
        return float(np.clip(self._trim - self._gain * heading, -self._bound, self._bound))


def in_the_task(folder: Path, speeds: list[float], seconds: float, walks: int, *, ideal: bool) -> list[list[Walk]]:
    """As many walks at each speed, in the task in the physics of the gates."""
    cells = [Cell(f"{speed:g}", (Segment(seconds, forward=speed),), walks, ()) for speed in speeds]
    source = open_bundle(folder)
    config = changed(source.config, {"env.bus": not ideal})
    gate = Gate("walk", seeded(cells), sensors="ideal" if ideal else "bus")
    run = run_gate(gate, config, source.controller)
    return [[walked(recording) for recording in recordings] for recordings in run.recordings]


def walked(recording: Recording) -> Walk:
    """What a recorded walk was like."""
    rows = slice(round(SETTLE / recording.control_dt), None)
    place, torque = recording.qpos[rows, 0].astype(float), recording.joint_torque[rows].astype(float)
    if recording.fell or len(place) < 2:
        return Walk(True, *(float("nan"),) * 3)
    power = np.abs(torque * recording.joint_velocity[rows]).sum(axis=1).mean()
    covered = (place[-1] - place[0]) / ((len(place) - 1) * recording.control_dt)
    return Walk(False, float(covered), float(power), float(np.sqrt(np.mean(torque**2))))


def told(name: str, walks: list[Walk]) -> np.ndarray:
    """Prints a line about walks, and gives the means of those without a fall: m/s, W, N·m."""
    upright = np.array([each[1:] for each in walks if not each.fell])
    means = upright.mean(axis=0) if len(upright) else np.full(3, np.nan)
    spread = upright.std(axis=0) / np.sqrt(len(upright)) if len(upright) else means
    figures = ", ".join(
        f"{mean:.3f} ± {error:.3f} {unit}" for mean, error, unit in zip(means, spread, ("m/s", "W", "N·m"), strict=True)
    )
    print(f"  {name:10} {len(walks) - len(upright)} falls of {len(walks)}: {figures}", flush=True)
    return means


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--speed", type=float, nargs="+", default=[0.3, 0.5], help="m/s")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--walks", type=int, default=8)
    parser.add_argument("--ideal", action="store_true", help="everything at once and exactly")
    parser.add_argument("--alone", action="store_true", help="the event loop without the task")
    arguments = parser.parse_args()
    prepare("native")
    bundle, ideal, worst = read_bundle(arguments.bundle), arguments.ideal, 0.0
    theirs = None
    if not arguments.alone:
        theirs = in_the_task(arguments.bundle, arguments.speed, arguments.seconds, arguments.walks, ideal=ideal)
    for number, speed in enumerate(arguments.speed):
        print(f"{speed:g} m/s")
        walks = [walk(bundle, speed, arguments.seconds, seed, ideal=ideal) for seed in range(arguments.walks)]
        own = told("event loop", walks)
        if theirs:
            apart = own / told("task", theirs[number]) - 1
            print("  apart      speed {:+.1%}, power {:+.1%}, torque {:+.1%}".format(*apart))
            worst = max(worst, float(np.abs(apart).max()))
    return 0 if worst <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
