"""Running a gate from the command line: with its progress, on which seed, and anew on seeds drawn now."""

import dataclasses
import hashlib
import secrets
import time
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.gates.cells import Gate
    from playground_amp.gates.gate_run import GateRun
    from playground_amp.policies.source import PolicySource

DRAWN = 3  # seeds
_SEED_BYTES = 4
PASSED_STATUS, FAILED_STATUS = 0, 1


def seed_for(policy: Path, given: int | None) -> int:
    """The seed given, or one from the bytes of the policy's file, which nobody knows before there is the policy.

    Raises OSError.
    """
    if given is not None:
        return given
    return int.from_bytes(hashlib.sha256(policy.read_bytes()).digest()[:_SEED_BYTES], "big") >> 1


def judge(gate: "Gate", policy: "PolicySource") -> tuple["GateRun", float]:
    """The gate's run and the seconds it took."""
    # Imported here: it takes seconds, which nobody should wait for a mistyped path.
    from playground_amp.cli.progress import progress
    from playground_amp.gates.runner import run_gate

    started, longest = time.monotonic(), max(cell.time_limit for cell in gate.cells)
    with progress(f"gate {gate.name}") as show:

        def report(unfinished: int, seconds: float) -> None:
            show(seconds / longest, f"{seconds:.0f} s walked, {unfinished} episodes to go")

        run = run_gate(gate, policy.config, policy.controller, report)
    return run, time.monotonic() - started


def verify_gate(gate: "Gate", policy: "PolicySource", judged: Path, result: Path | None) -> int:
    """Judges on seeds drawn now and says how often the policy passes; the exit status: 0 if always.

    `judged` is the policy's file; all reports are written to `result`, if there is one. Raises UserError.
    """
    from playground_amp.gates.drawings import write_drawings
    from playground_amp.gates.gate_report import report_of
    from playground_amp.gates.table import print_report

    reports = []
    for _ in range(DRAWN):
        drawn = dataclasses.replace(gate, seed=secrets.randbelow(2**31))
        run, seconds = judge(drawn, policy)
        print_report(run)
        reports.append(report_of(run, judged, seconds))
    passed = sum(report.passed for report in reports)
    seeds = ", ".join(str(report.seed) for report in reports)
    tell(f"gate {gate.name}: passed {passed} of {DRAWN} drawings (seeds {seeds})")
    if result:
        write_drawings(reports, result)
    return PASSED_STATUS if passed == DRAWN else FAILED_STATUS
