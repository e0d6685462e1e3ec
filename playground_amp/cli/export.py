"""Carry a trained policy to the robot: `python playground_amp/export.py --help`.

Exit status: 0 the bundle is there and verified, 2 a mistake, or a policy that could not be exported faithfully.
"""

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, add_checkpoint_flag, add_robot_flag
from playground_amp.errors import UserError
from playground_amp.paths import extra_hint
from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.deploy.bundle import Exported


def build_parser() -> CommandParser:
    parser = CommandParser(description="Write a policy as a folder that runs on the robot with NumPy alone.")
    add_checkpoint_flag(parser, required=True)
    add_robot_flag(parser)
    parser.add_argument("--output", type=Path, required=True, metavar="DIR", help="the bundle; replaces an earlier one")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Exports as the command line says and returns the exit status. Raises UserError before anything compiles."""
    arguments = build_parser().parse_args(argv)
    from playground_amp.cli.progress import progress
    from playground_amp.physics.registry import prepare
    from playground_amp.runs.checkpoint import find_checkpoint, read_policy

    saved = read_policy(find_checkpoint(arguments.checkpoint), arguments.robot)
    prepare("native")  # which records the golden vectors, whichever engine the policy was trained on
    checkpoint_sha256 = hashlib.sha256(saved.path.read_bytes()).hexdigest()
    folder = Path(os.path.realpath(arguments.output))
    deploy = _deploy()
    with progress("exporting", first="reading the robot") as show:
        exported = deploy.export_bundle(saved, checkpoint_sha256, folder, report_progress=show)
    _print(exported, folder)
    return 0


def _deploy():
    """The module that writes bundles; what it needs beyond the rest of the project is an extra."""
    try:
        import onnxruntime  # noqa: F401

        from playground_amp.deploy import bundle
    except ModuleNotFoundError as error:
        raise UserError(f"{error.name} is not installed: {extra_hint('deploy')}") from error
    return bundle


def _print(exported: "Exported", folder: Path) -> None:
    tell(f"bundle {folder}: {exported.vectors} golden vectors")
    for backend, parity in exported.parity.items():
        latency = exported.latency[backend]
        tell(
            f"{backend}: largest difference from JAX over {parity.observations:,} observations: "
            f"action {parity.action:.1e}, joint target {parity.joint_target:.1e} rad, "
            f"from raw sensors {parity.joint_target_from_sensors:.1e} rad; "
            f"latency median {1e3 * latency.median:.3f} ms, p99 {1e3 * latency.p99:.3f} ms"
        )
