"""Judge a trained policy by a gate: `python playground_amp/evaluate.py --help`.

Exit status: 0 the gate passed, 1 it failed, 2 a mistake in the command line or the checkpoint.
"""

import argparse
import dataclasses
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.judging import FAILED_STATUS, PASSED_STATUS, judge, seed_for, verify_gate
from playground_amp.cli.parser import (
    CommandParser,
    add_checkpoint_flag,
    add_ideal_sensors_flag,
    add_robot_flag,
    positive_float,
    positive_int_to,
    whole_number,
)
from playground_amp.configs.engines import JUDGES
from playground_amp.errors import UserError
from playground_amp.physics.registry import prepare
from playground_amp.telling import tell, warn

if TYPE_CHECKING:
    from playground_amp.gates.cells import Gate
    from playground_amp.gates.gate_report import GateReport
    from playground_amp.gates.gate_run import GateRun
    from playground_amp.policies.source import PolicySource
    from playground_amp.report.facts import RunFacts


def build_parser() -> CommandParser:
    parser = CommandParser(description="Judge a trained policy by a gate. Exit status: 0 passed, 1 failed, 2 error.")
    judged = parser.add_mutually_exclusive_group(required=True)
    add_checkpoint_flag(judged)
    add_robot_flag(parser)
    judged.add_argument("--bundle", type=Path, metavar="DIR", help="a policy as export.py wrote it for the robot")
    judge = parser.add_mutually_exclusive_group()
    judge.add_argument("--gate", metavar="NAME", help="gate to judge by: walk (default), steer, robust, rough or bench")
    judge.add_argument(
        "--simulator",
        nargs="+",
        metavar="NAME",
        help="judge by a walk of 20 m in other simulators: fine (MuJoCo at 0.5 ms, elliptic cones), mjx, drake",
    )
    drawn = "of the episodes (default: from the policy's bytes, so that none was tuned to it; 0 to compare policies)"
    add_ideal_sensors_flag(parser)
    parser.add_argument("--seed", type=whole_number, metavar="N", help=drawn)
    parser.add_argument("--verify", action="store_true", help="judge anew on three seeds drawn now; 0: passed on all")
    parser.add_argument("--cells", nargs="+", metavar="NAME", help="only these cells of the gate")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to FILE")
    parser.add_argument("--video", type=Path, metavar="FILE.mp4", help="render one episode to FILE.mp4")
    parser.add_argument(
        "--report",
        type=os.path.expanduser,
        nargs="?",
        const="",
        metavar="FILE.html",
        help="make the report of the run, one HTML file (default: report.html in the run folder)",
    )
    engines = "{" + ",".join(JUDGES) + "}"
    parser.add_argument("--physics", metavar=engines, help="engine, if not the full gate's, which is native")
    parser.add_argument(
        "--episodes", type=positive_int_to(100_000), metavar="N", help="episodes a cell, if not the full gate's"
    )
    parser.add_argument("--distance", type=positive_float, metavar="M", help="meters to walk, if not the full gate's")
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Judges as the command line says and returns the exit status. Raises UserError before anything compiles."""
    arguments = build_parser().parse_args(argv)
    gate = _find_gate(arguments)
    if arguments.checkpoint:
        from playground_amp.runs.checkpoint import find_checkpoint

        arguments.checkpoint = find_checkpoint(arguments.checkpoint)
    if arguments.verify and (arguments.video or arguments.report is not None or arguments.seed is not None):
        raise UserError(
            "--verify judges on seeds of its own, and neither films nor reports: leave --seed, --video and --report out"
        )
    facts = _read_facts(arguments)
    page = facts and Path(arguments.report or facts.report)
    _require_outputs(arguments, page)
    policy = _read_policy(arguments)
    gate = _for_robot(gate, policy.config.robot, arguments)
    prepare(*(cell.physics.engine for cell in gate.cells))
    if arguments.verify:
        return verify_gate(gate, policy, _judged_file(arguments), arguments.json)
    gate = dataclasses.replace(gate, seed=seed_for(_judged_file(arguments), arguments.seed))
    run, seconds = judge(gate, policy)

    from playground_amp.gates.gate_report import report_of
    from playground_amp.gates.table import print_report

    print_report(run)
    report = report_of(run, _judged_file(arguments), seconds)
    unwritten = _write_json(report, arguments.json)
    if arguments.checkpoint:
        _keep_best(run, arguments.checkpoint)
    film = _write_video(run, arguments.video) if arguments.video else None
    if facts and page:
        _write_report(run, seconds, facts, page, film)
    if unwritten:
        raise unwritten
    return PASSED_STATUS if run.passed else FAILED_STATUS


def _judged_file(arguments: argparse.Namespace) -> Path:
    return arguments.bundle / "policy.onnx" if arguments.bundle else arguments.checkpoint


def _require_outputs(arguments: argparse.Namespace, page: Path | None) -> None:
    """Raises UserError unless everything that was asked for can be written where it was asked for."""
    from playground_amp.gates.drawings import DRAWINGS
    from playground_amp.gates.result_file import GATE_RESULT
    from playground_amp.outputs import require_output
    from playground_amp.rendering.video import VIDEO
    from playground_amp.report.facts import REPORT_PAGE

    taken = [_judged_file(arguments)]
    result = DRAWINGS if arguments.verify else GATE_RESULT
    for path, kind in ((arguments.json, result), (arguments.video, VIDEO), (page, REPORT_PAGE)):
        if path:
            require_output(path, kind, *taken)
            taken.append(path)


def _find_gate(arguments: argparse.Namespace) -> "Gate":
    """The gate of the name given; raises UserError for a name that there is not."""
    from playground_amp.configs.keys import nearest
    from playground_amp.gates.gates import find_gate

    if arguments.simulator:
        return _find_simulators(arguments)
    gate = find_gate(arguments.gate or "walk")
    if arguments.physics not in (None, *JUDGES):
        near = nearest(arguments.physics, JUDGES)
        hint = f", did you mean {near}?" if near else ""
        raise UserError(f"--physics: '{arguments.physics}' is no engine; it can be {' or '.join(JUDGES)}{hint}")
    return gate


def _for_robot(gate: "Gate", robot: str, arguments: argparse.Namespace) -> "Gate":
    """The gate in the robot's numbers, over the cells, episodes and distance given, which are too."""
    from playground_amp.robot.robot import load_robot

    cells = arguments.simulator or arguments.cells
    own = gate.scaled_for(load_robot(robot, "flat"))
    if arguments.ideal_sensors:
        own = own.with_ideal_sensors()
    return own.reduced(arguments.distance, arguments.episodes, cells, arguments.physics)


def _find_simulators(arguments: argparse.Namespace) -> "Gate":
    from playground_amp.configs.keys import nearest
    from playground_amp.gates.gates import SIMULATORS

    if arguments.physics or arguments.cells:
        raise UserError("--simulator names engine and cells by itself: leave --physics and --cells out")
    known = [cell.name for cell in SIMULATORS.cells]
    for name in arguments.simulator:
        if name not in known:
            near = nearest(name, known)
            hint = f", did you mean {near}?" if near else ""
            raise UserError(f"--simulator: '{name}' is no simulator; it can be {' or '.join(known)}{hint}")
    return SIMULATORS


def _read_policy(arguments: argparse.Namespace) -> "PolicySource":
    from playground_amp.policies.opening import MANIFEST, open_policy

    if arguments.bundle and not os.path.isfile(arguments.bundle / MANIFEST):
        raise UserError(f"--bundle: cannot read {arguments.bundle / MANIFEST}: name the --output of export.py")
    return open_policy(arguments.bundle or arguments.checkpoint, arguments.robot)


def _write_json(report: "GateReport", path: Path | None) -> UserError | None:
    """Writes the result where it was asked for. What keeps it from that waits until the rest is written."""
    from playground_amp.gates.result_file import write_result

    try:
        if path:
            write_result(report.named_from(path.parent).as_json(), path)
    except UserError as error:
        return error
    return None


def _keep_best(run: "GateRun", checkpoint: Path) -> None:
    """Keeps the best policy of its run; where the disk refuses it, says so: the gate's result stands."""
    from playground_amp.gates.best import keep_best

    try:
        best = keep_best(run, checkpoint)
    except (OSError, UserError) as error:
        warn(f"not kept as the best of its run: {error}")
    else:
        if best:
            tell(f"the best of its run by this gate so far: kept in {best}")


def _write_video(run: "GateRun", path: Path) -> Path | None:
    """Films the first episode of the fastest cell; where that cannot be done, says why: the gate's result stands.

    Returns the video, if there is one.
    """
    from playground_amp.robot.robot import load_robot
    from playground_amp.rollouts.film import write_episode

    fastest = max(range(len(run.cells)), key=lambda index: run.cells[index].cell.speed)
    try:
        write_episode(run.recordings[fastest][0], load_robot(run.config.robot, run.cells[fastest].cell.scene), path)
    except UserError as error:
        warn(f"no video: {error}")
        return None
    tell(f"video: {path}")
    return path


def _read_facts(arguments: argparse.Namespace) -> "RunFacts | None":
    """What the report will show, if one was asked for. Raises UserError if it is damaged."""
    if arguments.report is None:
        return None
    if not arguments.checkpoint:
        raise UserError("--report shows a run: it needs --checkpoint, a bundle has no run folder")

    from playground_amp.report.facts import read_facts

    return read_facts(arguments.checkpoint, arguments.robot)


def _write_report(run: "GateRun", seconds: float, facts: "RunFacts", path: Path, film: Path | None) -> None:
    """The report with this gate's result and film in it; where it cannot be written, says why: the result stands."""
    from playground_amp.gates.gate_report import report_of
    from playground_amp.report.judged import JudgedGate
    from playground_amp.report.page import write_report

    judged = JudgedGate.model_validate(report_of(run, facts.checkpoint, seconds).as_json())
    try:
        write_report(facts, path, [judged], film)
    except UserError as error:
        warn(f"no report: {error}")
    else:
        tell(f"report: {path}")
