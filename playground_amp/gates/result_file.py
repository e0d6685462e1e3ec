"""The file that a gate's result is written to. Cheap to import."""

import json
from collections.abc import Mapping
from pathlib import Path

from playground_amp.outputs import json_object, write_output

GATE_RESULT = json_object("a gate's result (JSON)", "gate", "passed", "cells")


def write_result(result: Mapping[str, object], path: Path) -> None:
    """Writes a gate's result, as plain values, so that any JSON reader accepts it.

    Raises UserError if it cannot be written, or another file is in its place.
    """
    write_output(path, GATE_RESULT, (json.dumps(result, indent=1, allow_nan=False) + "\n").encode())
