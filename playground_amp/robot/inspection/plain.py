"""An inspection as plain data, for other programs."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, is_dataclass
from typing import Any

import numpy as np

from playground_amp.errors import UserError
from playground_amp.outputs import json_object
from playground_amp.robot.inspection.inspection import Inspection

INSPECTION = json_object("an inspection of a robot (JSON)", "inspected", "status", "findings")
FINE, MEND, REFUSED = 0, 1, 2


def plain_inspection(inspection: Inspection) -> dict[str, Any]:
    """All of it: status, facts, what is made of them, findings."""
    return {
        "inspected": str(inspection.path),
        "status": MEND if inspection.to_mend else FINE,
        "anatomy": _plain(inspection.anatomy),
        "design": _plain(inspection.design),
        "gait_cycles": list(inspection.gait_cycles),
        "findings": [finding._asdict() for finding in inspection.findings],
    }


def plain_refusal(path: str, error: UserError) -> dict[str, Any]:
    """The same of a robot that cannot be used."""
    return {"inspected": path, "status": REFUSED, "refused": str(error), "findings": []}


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, np.generic):
        return value.item()
    if is_dataclass(value):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return {name: _plain(getattr(value, name)) for name in value._fields}  # pyright: ignore[reportAttributeAccessIssue]
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
