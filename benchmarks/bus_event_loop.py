"""A second opinion on the bus: plain MuJoCo, an event loop of serial lines, and a bundle in its NumPy runtime.

    python benchmarks/bus_event_loop.py policies/walk --speed 0.3 0.5

Nothing of envs/bus.py is used. A line's worker takes the newest targets, writes them one after the other, then reads
one servo after the other, and begins anew. Power and torque are those at the ends of control periods, as gates have
them; the first three seconds are left out. `--ideal`: everything at once and exactly.
"""

import argparse
import copy
import sys
from pathlib import Path
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.deploy.runtime import Sensors, WalkingPolicy, load_policy
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.robot import load_robot

sys.path.append(str(Path(__file__).resolve().parents[1] / "tests" / "helpers"))

from bus_line import Line  # pyright: ignore[reportMissingImports]  (of the tests)

PHYSICS_STEP, SETTLE = 0.002, 3.0  # s


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
        self._imu = self.model.site("imu").id

    @property
    def joints(self) -> tuple[np.ndarray, np.ndarray]:
        """Positions and speeds [J]."""
        return self.data.qpos[BASE_QPOS_SIZE:], self.data.qvel[BASE_QVEL_SIZE:]

    def imu(self) -> tuple[np.ndarray, np.ndarray]:
        """Orientation wxyz and gyro."""
        orientation, velocity = np.empty(4), np.empty(6)
        mujoco.mju_mat2Quat(orientation, self.data.site_xmat[self._imu])
        mujoco.mj_objectVelocity(self.model, self.data, mujoco.mjtObj.mjOBJ_SITE, self._imu, velocity, 1)
        return orientation, velocity[:3]


def physics_step(world: World, lines: list[Line], computer: Computer, target: np.ndarray, count: float) -> None:
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
        else:
            computer.answer(joint, count)
    mujoco.mj_step(world.model, data)
    data.ctrl[:] = held


class Walk(NamedTuple):
    """What a walk was like."""

    fell: bool
    speed: float  # m/s
    power: float  # W
    torque: float  # N·m, root mean square


def walk(policy: WalkingPolicy, robot: Robot, speed: float, seconds: float, seed: int, *, ideal: bool) -> Walk:
    """One walk from rest."""
    hardware, rng = robot.hardware, np.random.default_rng(seed)
    assert hardware is not None
    world, target = World(robot, rng), robot.home_joint_position.copy()
    computer, lines = Computer(world.joints[0]), []
    for number in range(hardware.num_boards):
        joints = sorted(np.flatnonzero(hardware.board == number).tolist(), key=lambda joint: hardware.turn[joint])
        begun = rng.uniform(0, hardware.round_time[joints[0]])
        lines.append(Line(joints, -begun, hardware, target.copy()))
    policy.reset()
    rows, steps = [], round(seconds / policy.control_dt)
    for _ in range(steps):
        position, velocity = world.joints if ideal else (computer.position, computer.speeds())
        readings = (dict(zip(robot.joint_names, x, strict=True)) for x in (position, velocity))
        answer = policy.step(Sensors(*world.imu(), *readings), (speed, 0.0, 0.0))
        target = np.array([answer[name] for name in robot.joint_names])
        if ideal:
            world.data.ctrl[:] = target
        for _ in range(round(policy.control_dt / PHYSICS_STEP)):
            physics_step(world, [] if ideal else lines, computer, target, hardware.count)
        torque = world.data.actuator_force.copy()
        rows.append((world.data.qpos[0], np.abs(torque * world.joints[1]).sum(), np.mean(torque**2)))
        if world.data.qpos[2] < 0.5 * robot.standing_height:
            return Walk(True, *(float("nan"),) * 3)
    place, power, square = np.array(rows)[round(SETTLE / policy.control_dt) :].T
    covered = (place[-1] - place[0]) / ((len(place) - 1) * policy.control_dt)
    return Walk(False, float(covered), float(power.mean()), float(np.sqrt(square.mean())))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("bundle", type=Path)
    parser.add_argument("--robot", default="wildrobot")
    parser.add_argument("--speed", type=float, nargs="+", default=[0.3, 0.5], help="m/s")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--walks", type=int, default=6)
    parser.add_argument("--ideal", action="store_true", help="everything at once and exactly")
    arguments = parser.parse_args()
    robot, policy = load_robot(arguments.robot), load_policy(arguments.bundle, "numpy")
    for speed in arguments.speed:
        walks = [
            walk(policy, robot, speed, arguments.seconds, seed, ideal=arguments.ideal)
            for seed in range(arguments.walks)
        ]
        upright = np.array([each[1:] for each in walks if not each.fell])
        covered, power, torque = upright.mean(axis=0) if len(upright) else (float("nan"),) * 3
        falls = len(walks) - len(upright)
        print(f"{speed:g} m/s: {falls} falls of {len(walks)}, {covered:.3f} m/s, {power:.2f} W, {torque:.3f} N·m")


if __name__ == "__main__":
    main()
