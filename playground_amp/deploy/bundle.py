"""The deployment bundle: a folder with everything a robot needs to run a policy, and the proof that it runs right.

policy.onnx    normalizer, network and action mapping
manifest.json  what the numbers mean
golden.json    sensor readings and the servo targets they must give
runtime.py     NumPy: from sensors to servo targets
run.pyz        the program that runs it on the robot's own servos
report.json    how close to JAX and how fast, measured at the export
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from playground_amp.deploy import golden, robot_program, runtime
from playground_amp.deploy.manifest import bundle_manifest
from playground_amp.deploy.onnx_model import build_onnx
from playground_amp.deploy.parity import Latency, Parity, measure_latency, measure_parity
from playground_amp.deploy.recording import Recorded, record
from playground_amp.errors import UserError
from playground_amp.outputs import FolderKind, output_folder, read_json, require_folder
from playground_amp.runs.checkpoint import SavedPolicy

ACTION_LIMIT = 1e-5
ROBOTS, STEPS = 25, 400  # 10,000 observations
_BACKENDS = ("onnxruntime", "numpy")
_RECORDED, _WRITTEN = 0.55, 0.65  # shares of an export's time
FILES = ("policy.onnx", "golden.json", "runtime.py", robot_program.NAME, "report.json", "manifest.json")


@dataclass(frozen=True)
class Exported:
    """What an export measured."""

    vectors: int  # golden ones
    parity: dict[str, Parity]  # by backend
    latency: dict[str, Latency]  # by backend

    def as_json(self) -> dict[str, runtime.Json]:
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
    saved: SavedPolicy,
    checkpoint_sha256: str,
    folder: Path,
    robots: int = ROBOTS,
    steps: int = STEPS,
    report_progress: Callable[[float, str], None] = lambda share, words: None,
) -> Exported:
    """Writes the bundle of a checkpoint's policy; it appears whole, verified by its own runtime, or not at all.

    Parity is measured on `robots` × `steps` observations. `report_progress` is told the share of the work that is
    done, and what comes next.

    Raises:
      UserError: the folder cannot be written, or the exported policy differs from the JAX policy.
    """
    config, robot = saved.config, saved.robot
    check_output(folder)
    tolerance = golden.tolerance_rad(config.env.action_scale)
    with output_folder(folder, BUNDLE) as unfinished:
        report_progress(0.0, f"walking {robots} robots for {steps} steps")
        recorded = record(config, saved.params, robots, steps)
        report_progress(_RECORDED, "writing network and golden vectors")
        vectors = golden.golden_vectors(recorded, robot.joint_names, tolerance)
        files = {
            "policy.onnx": build_onnx(saved.params, config, robot),
            "golden.json": json.dumps(vectors).encode(),
            "runtime.py": Path(runtime.__file__).read_bytes(),
            robot_program.NAME: robot_program.robot_program(),
        }
        for name, data in files.items():
            (unfinished / name).write_bytes(data)
        _write_json(unfinished / "manifest.json", bundle_manifest(config, robot, checkpoint_sha256, files))
        exported = _measure(unfinished, recorded, golden.count(vectors), tolerance, report_progress)
        _write_json(unfinished / "report.json", exported.as_json())
    return exported


def _measure(
    folder: Path, recorded: Recorded, vectors: int, tolerance: float, report_progress: Callable[[float, str], None]
) -> Exported:
    parity, latency = {}, {}
    for done, backend in enumerate(_BACKENDS):
        report_progress(_WRITTEN + (1 - _WRITTEN) * done / len(_BACKENDS), f"comparing {backend} with JAX")
        try:
            policy = runtime.load_policy(folder, backend)
        except runtime.BundleError as error:
            raise UserError(f"the exported policy does not do what the JAX policy does: {error}") from error
        parity[backend] = measure_parity(policy, recorded)
        off = (
            ("action", parity[backend].action, ACTION_LIMIT),
            ("joint target", parity[backend].joint_target, tolerance),
        )
        for what, worst, limit in off:
            if not worst <= limit:
                raise UserError(f"the exported {what} is {worst:.1e} off the JAX policy's, the limit is {limit:.0e}")
        latency[backend] = measure_latency(policy, recorded)
    return Exported(vectors, parity, latency)


def _write_json(path: Path, value: runtime.Json) -> None:
    path.write_text(json.dumps(value, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
