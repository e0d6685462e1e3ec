"""What stands between joints and policy where a gate judges: the robot's own bus, a worse one, or nothing.

A policy is judged on the bus of its robot however it was trained, as long as the standard configuration trains on it:
the robot has no other.
"""

import dataclasses
import math
from collections.abc import Mapping
from types import MappingProxyType

from playground_amp.configs.loader import load_config
from playground_amp.configs.randomization import NOMINAL
from playground_amp.configs.schema import Config
from playground_amp.gates.cells import Gate, Sensors
from playground_amp.paths import STANDARD
from playground_amp.robot.hardware import Hardware
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

IN_WORDS: Mapping[Sensors, str] = MappingProxyType({
    "bus": "on the robot's bus",
    "ideal": "with ideal sensors",
    "bench": "on a worse bus than the robot's",
})  # fmt: skip

# The bench: what a robot that is put together in a hurry may be like.
LOST_READS = 0.02  # share
IMU_DELAY = 0.010  # s
IMU_TILT = math.radians(3)  # about any horizontal axis
VOLTAGE = 0.8  # share of the full one; a motor's torque, gains and speed go with it


def sensors_of(gate: Gate, config: Config) -> Sensors:
    """By which sensors a gate judges the policy of a configuration."""
    if gate.sensors == "bus" and not (config.env.bus or _trained_on_the_bus(config.robot)):
        return "ideal"
    return gate.sensors


def judged_robot(gate: Gate, config: Config, scene: str) -> Robot:
    """The robot of a configuration in a scene, with the bus that the gate gives it."""
    robot = load_robot(config.robot, scene)
    if gate.sensors != "bench" or robot.hardware is None:
        return robot
    return dataclasses.replace(robot, hardware=_on_the_bench(robot.hardware))


def bench_randomization(robot: Robot) -> dict[str, object]:
    """`domain_randomization:` of robots that differ in the direction alone in which their IMU leans."""
    floor, speed = robot.floor_friction, VOLTAGE * float(robot.speed_limit.min())
    return {
        **NOMINAL,
        "floor_friction": [floor, floor],
        "motor_strength": [VOLTAGE, VOLTAGE],
        "no_load_speed": [speed, speed],
        "imu_tilt": [IMU_TILT, IMU_TILT],
    }


def _on_the_bench(own: Hardware) -> Hardware:
    return dataclasses.replace(
        own.on_one_line(),
        lost_reads=max(own.lost_reads, LOST_READS),
        imu_delay=max(own.imu_delay, IMU_DELAY),
    )


def _trained_on_the_bus(robot: str) -> bool:
    """Whether the standard configuration of a robot is."""
    return load_config(STANDARD, [f"robot={robot}"]).env.bus
