"""One gate on several seeds: all its reports in a file."""

import json
from collections.abc import Sequence
from pathlib import Path

from playground_amp.gates.gate_report import GateReport
from playground_amp.outputs import json_object, write_output

DRAWINGS = json_object("drawings of a gate (JSON)", "drawings", "passed")


def write_drawings(reports: Sequence[GateReport], path: Path) -> None:
    """Writes them, and how many passed. Raises UserError."""
    content = {
        "passed": sum(report.passed for report in reports),
        "drawings": [report.named_from(path.parent).as_json() for report in reports],
    }
    write_output(path, DRAWINGS, f"{json.dumps(content, indent=1)}\n".encode())
