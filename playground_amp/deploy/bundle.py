"""The deployment bundle: a folder with everything a robot needs to run a policy, and the proof that it runs right.

policy.onnx    normalizer, network and action mapping
manifest.json  what the numbers mean
golden.json    sensor readings and the servo targets they must give
runtime.py     NumPy: from sensors to servo targets
report.json    how close to JAX and how fast, measured at the export
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground_amp.configs.schema import Config
from playground_amp.deploy import golden, runtime
from playground_amp.deploy.onnx_model import ACTIVATION, build_onnx
from playground_amp.deploy.parity import Latency, Parity, measure_latency, measure_parity
from playground_amp.deploy.recording import Recorded, record
from playground_amp.envs.observations import actor_parts
from playground_amp.errors import UserError
from playground_amp.outputs import FolderKind, output_folder, read_json, require_folder
from playground_amp.robot.record import Robot
from playground_amp.runs.checkpoint import SavedPolicy
from playground_amp.runs.manifest import code_revision

PARITY_LIMIT = 1e-5
ROBOTS, STEPS = 25, 400  # 10,000 observations
FILES = ("policy.onnx", "golden.json", "runtime.py", "report.json", "manifest.json")


@dataclass(frozen=True)
class Exported:
    """What an export measured."""

    vectors: int  # golden ones
    parity: dict[str, Parity]  # by backend
    latency: dict[str, Latency]  # by backend

    def as_json(self) -> dict[str, Any]:
        """The figures as plain data."""
        return {
            "golden_vectors": self.vectors,
            "parity": {name: parity._asdict() for name, parity in self.parity.items()},
            "latency_s": {name: latency._asdict() for name, latency in self.latency.items()},
        }


def check_output(folder: Path) -> None:
    """Raises UserError unless `folder` is new, empty, or holds an earlier bundle, whose files an export replaces."""
    require_folder(folder, BUNDLE, FILES)


def _listed(folder: Path) -> Mapping[str, str | None] | None:
    """The files of the bundle in a folder, with the SHA-256 of those whose sum stands in the manifest."""
    manifest = read_json(folder / "manifest.json")
    if not isinstance(manifest, dict) or not {"format", "checkpoint_sha256"} <= manifest.keys():
        return None
    files = manifest.get("files")
    return {**dict.fromkeys(FILES), **files} if isinstance(files, dict) else None


BUNDLE = FolderKind("bundle", "manifest.json", _listed)


def export_bundle(
    saved: SavedPolicy, checkpoint_sha256: str, folder: Path, robots: int = ROBOTS, steps: int = STEPS
) -> Exported:
    """Writes the bundle of a checkpoint's policy; it appears whole, verified by its own runtime, or not at all.

    Parity is measured on `robots` × `steps` observations.

    Raises:
      UserError: the folder cannot be written, or the exported policy differs from the JAX policy.
    """
    config, robot = saved.config, saved.robot
    check_output(folder)
    with output_folder(folder, BUNDLE) as unfinished:
        recorded = record(config, saved.params, robots, steps)
        vectors = golden.golden_vectors(recorded)
        files = {
            "policy.onnx": build_onnx(saved.params, config, robot),
            "golden.json": json.dumps(vectors).encode(),
            "runtime.py": Path(runtime.__file__).read_bytes(),
        }
        for name, data in files.items():
            (unfinished / name).write_bytes(data)
        _write_json(unfinished / "manifest.json", make_manifest(config, robot, checkpoint_sha256, files))
        exported = _measure(unfinished, recorded, golden.count(vectors))
        _write_json(unfinished / "report.json", exported.as_json())
    return exported


def make_manifest(config: Config, robot: Robot, checkpoint_hash: str, files: Mapping[str, bytes]) -> dict[str, Any]:
    """What the numbers of a bundle mean, as plain data. The runtime computes with it or holds it against the model."""
    gait, commands = config.env.gait, config.env.commands
    joints = zip(robot.joint_names, robot.joint_lower, robot.joint_upper, robot.home_joint_position, strict=True)
    return {
        "format": runtime.FORMAT,
        "robot": "WildRobot, 11 joints",
        "units": runtime.UNITS,
        "frames": {
            "base": "the waist: x forward, y left, z up",
            "chest": "the base turned by waist_yaw about z",
            "gravity_b": "direction of gravity in the base frame: (0, 0, -1) when upright",
        },
        "torque_limit": float(robot.torque_limit.min()),
        "control_dt": config.env.control_dt,
        "joints": [
            {"name": name, "lower": float(lower), "upper": float(upper), "home": float(home)}
            for name, lower, upper, home in joints
        ],
        "imu": {
            "place": "chest",
            "quaternion_order": "wxyz",
            "turned_by_joint": "waist_yaw",
            "to_base": "v_base = Rz(waist_yaw) v_chest; gyro_base = Rz(waist_yaw) gyro_chest - waist_yaw_speed z",
        },
        "observation": [
            {"name": part.name, "size": part.size, "unit": part.unit, "scale": part.scale}
            for part in actor_parts(robot)
        ],
        "observation_history": config.env.observation_history,
        "observation_meaning": "input of policy.onnx in SI units; inside, joint_position - home, then × scale; of a "
        "history the newest first, at the start all of them the first one",
        "command": {
            "order": ["forward m/s", "to the left m/s", "yaw rate rad/s, counter-clockwise"],
            "trained": [list(commands.forward), list(commands.sideways), list(commands.yaw_rate)],
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
        "network": {"activation": ACTIVATION, "hidden_layers": list(config.trainer.actor_layers)},
        "files": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "model_sha256": robot.sha256,
        "checkpoint_sha256": checkpoint_hash,
        "code": code_revision(),
        "config": config.model_dump(mode="json"),
    }


def _measure(folder: Path, recorded: Recorded, vectors: int) -> Exported:
    parity, latency = {}, {}
    for backend in ("onnxruntime", "numpy"):
        try:
            policy = runtime.load_policy(folder, backend)
        except runtime.BundleError as error:
            raise UserError(f"the exported policy does not do what the JAX policy does: {error}") from error
        parity[backend] = measure_parity(policy, recorded)
        worst = max(parity[backend].action, parity[backend].joint_target)
        if not worst <= PARITY_LIMIT:
            raise UserError(f"the exported policy is {worst:.1e} off the JAX policy, the limit is {PARITY_LIMIT:.0e}")
        latency[backend] = measure_latency(policy, recorded)
    return Exported(vectors, parity, latency)


def _write_json(path: Path, value: Any) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
