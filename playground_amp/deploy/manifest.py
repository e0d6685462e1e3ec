"""`manifest.json` of a bundle: what its numbers mean, and how far off a reading or a command may be."""

import hashlib
import json
from collections.abc import Iterator, Mapping

from playground_amp.configs.schema import Config
from playground_amp.deploy import runtime
from playground_amp.deploy.onnx_model import ACTIVATION
from playground_amp.deploy.runtime import Json
from playground_amp.envs.observations import actor_parts
from playground_amp.physics.imu import hinges_of
from playground_amp.robot.identity import identity_of
from playground_amp.robot.record import Robot
from playground_amp.runs.manifest import code_revision

JOINT_MARGIN = 0.5  # rad beyond a joint's range: more than zero offset, backlash and bending add up to
SPEED_MARGIN = 5.0  # times the servo's speed without load: readings that are differences of positions jump
GYRO_LIMIT = 35.0  # rad/s: 2000 degrees/s, beyond which such sensors saturate
COMMAND_MARGIN = 0.25  # of the width of what was trained, to either side
_COMPUTED = ("units", "control_dt", "joints", "imu", "observation", "observation_history", "action", "gait_clock")
_IN_WORDS = ("meaning", "quaternion_order", "unit")  # what is free to differ: the order says how readings are written
_BOUNDS = ("readable_position", "readable_speed", "gyro_limit")


def bundle_manifest(
    config: Config, robot: Robot, checkpoint_sha256: str, files: Mapping[str, bytes]
) -> dict[str, Json]:
    """What the numbers of a bundle mean, as plain data. The runtime computes with it or holds it against the model."""
    identity = identity_of(robot)
    return {
        "format": runtime.FORMAT,
        "robot": {"name": identity.name, "title": identity.title, "sha256": identity.sha256},
        **_described(config, robot),
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "checkpoint_sha256": checkpoint_sha256,
        "code": code_revision(),
        "config": config.model_dump(mode="json"),
    }


def _described(config: Config, robot: Robot) -> dict[str, Json]:
    """What follows from configuration and robot."""
    return {
        "units": runtime.UNITS,
        "frames": {
            "base": f"{robot.base_name}: x forward, y left, z up",
            "imu": "the base's, turned by each of imu.hinges in turn, then by imu.mounting",
            "gravity_b": "direction of gravity in the base frame: (0, 0, -1) when upright",
        },
        "control_dt": config.env.control_dt,
        "joints": list(_joints(robot)),
        "imu": {
            "quaternion_order": "wxyz",
            "hinges": hinges_of(robot.imu, robot.joint_names),
            "mounting": robot.imu.tip_rotation.tolist(),
            "gyro_limit": GYRO_LIMIT,
            "meaning": "a hinge's frame is turned by rotation (wxyz) in the frame before it, then by the joint's angle "
            "about axis; the gyro measures the hinges' own speeds too",
        },
        "observation": [
            {"name": part.name, "size": part.size, "unit": part.unit, "scale": part.scale}
            for part in actor_parts(robot)
        ],
        "observation_history": config.env.observation_history,
        "observation_meaning": "input of policy.onnx in SI units; inside, joint_position - home, then × scale; of a "
        "history the newest first, at the start all of them the first one",
        **_task(config),
        "network": {"activation": ACTIVATION, "hidden_layers": list(config.trainer.actor_layers)},
    }


def foreign_entries(manifest: Json, config: Config, robot: Robot, *, bounds: bool = False) -> Iterator[str]:
    """Names of what a manifest says otherwise than an export of this configuration and robot would.

    `bounds`: with what readings and commands may be, which versions may say differently.
    """
    own = json.loads(json.dumps(_described(config, robot)))
    leave_out = _IN_WORDS if bounds else (*_IN_WORDS, *_BOUNDS)
    for name in (*_COMPUTED, *(("command",) if bounds else ())):
        if _without(manifest.get(name, 1), leave_out) != _without(own[name], leave_out):
            yield name


def _without(entry: Json, names: tuple[str, ...]) -> Json:
    if isinstance(entry, dict):
        return {name: _without(each, names) for name, each in entry.items() if name not in names}
    return [_without(each, names) for each in entry] if isinstance(entry, list) else entry


def _joints(robot: Robot) -> Iterator[dict[str, Json]]:
    """In their order: range, home, limits of the servo, and what a reading may be at most."""
    for index, name in enumerate(robot.joint_names):
        lower, upper, speed = (float(x[index]) for x in (robot.joint_lower, robot.joint_upper, robot.speed_limit))
        yield {
            "name": name,
            "lower": lower,
            "upper": upper,
            "home": float(robot.home_joint_position[index]),
            "torque_limit": float(robot.torque_limit[index]),
            "speed_limit": speed,
            "readable_position": [lower - JOINT_MARGIN, upper + JOINT_MARGIN],
            "readable_speed": SPEED_MARGIN * speed,
        }


def _task(config: Config) -> dict[str, Json]:
    """Command, action and gait clock."""
    gait = config.env.gait
    trained = trained_commands(config)
    return {
        "command": {
            "order": ["forward m/s", "to the left m/s", "yaw rate rad/s, counter-clockwise"],
            "trained": trained,
            "allowed": [_widened(low, high) for low, high in trained],
        },
        "action": {
            "scale": config.env.action_scale,
            "filter": config.env.action_filter,
            "meaning": "target = home + scale × action; filter × last target + (1 - filter) × target; within limits",
        },
        "gait_clock": {
            "cycle_time": list(gait.cycle_time),
            "cycle_time_at_rest": gait.cycle_time_at_rest,
            "cycle_time_slope": gait.cycle_time_slope,
            "meaning": "phase += control_dt / clip(at_rest - slope × |(forward, left)|, cycle_time) after each step; "
            "command all zero: not beyond the next multiple of 0.5; observed as sin, cos of 2π phase",
        },
    }


def trained_commands(config: Config) -> list[list[float]]:
    """Least and most of forward, sideways m/s and yaw rate rad/s; who holds a heading is asked for yaw rates too."""
    commands = config.env.commands
    low, high = commands.yaw_rate
    held = commands.heading_yaw_rate if commands.heading_share > 0 else 0.0
    return [list(commands.forward), list(commands.sideways), [min(low, -held), max(high, held)]]


def _widened(low: float, high: float) -> list[float]:
    """What the robot may be told: to stand, and a little more than it was trained for."""
    low, high = min(low, 0.0), max(high, 0.0)
    margin = COMMAND_MARGIN * (high - low)
    return [low - margin, high + margin]
