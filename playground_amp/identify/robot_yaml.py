"""What was identified, as keys of a robot's `robot.yaml`: constants, and how far from them training may go."""

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from playground_amp.errors import UserError
from playground_amp.files import read_text, write_atomically
from playground_amp.identify.verdict import Constant, constant
from playground_amp.robot.description import DESCRIPTION, read_description

MEASURED = ("gain", "velocity_gain", "torque_limit", "armature", "damping", "friction")  # keys of servo.constants
_RATIOS = {
    "motor_strength": "torque_limit",
    "joint_armature": "armature",
    "joint_damping": "damping",
    "joint_friction": "friction",
}
_UNKNOWN = "not told"

Keys = Mapping[tuple[str, ...], str]  # place in the file → its value as YAML


def keys_of(constants: Sequence[Constant], control_dt: float) -> Keys:
    """Values and ranges of what the logs tell; what they do not tell stays as the file has it.

    A delay of more than a control period, `control_dt` s, is written as that: training knows no longer one.
    """
    return dict(_keys(constants, control_dt))


def _keys(constants: Sequence[Constant], control_dt: float) -> Iterator[tuple[tuple[str, ...], str]]:
    known = {each.name: each for each in constants if each.verdict != _UNKNOWN}
    for name in MEASURED:
        if name in known:
            yield ("servo", "constants", name), f"{known[name].value:.4g}"
    droop = constant(constants, "droop")
    if "droop" in known:
        yield ("servo", "speed_limit"), f"{1 / droop.value:.4g}"
    place = "task", "domain_randomization"
    for key, name in _RATIOS.items():
        if name in known:
            spread = min(known[name].half_width / known[name].value, 0.9)
            yield (*place, key), _range(1 - spread, 1 + spread)
    if "droop" in known:
        low, high = droop.interval
        yield (*place, "no_load_speed"), _range(1 / high, 1 / max(low, 0.2 * droop.value))
    for key, (name, most) in {"latency": ("delay", control_dt), "backlash": ("backlash", np.inf)}.items():
        if name in known:
            low, high = np.clip(known[name].interval, 0.0, most)
            yield (*place, key), _range(low, high)


def _range(low: float, high: float) -> str:
    return f"[{low:.4g}, {high:.4g}]"


def with_keys(text: str, keys: Keys) -> str:
    """A robot.yaml with these keys; its other lines, and their comments, stay as they are."""
    lines = text.splitlines()
    for place, value in keys.items():
        _set(lines, place, value)
    return "\n".join(lines) + "\n"


def _set(lines: list[str], place: Sequence[str], value: str) -> None:
    """Sets one key in the lines of a block mapping, whose sections are made if they are missing."""
    start, end, indent = 0, len(lines), 0
    for depth, key in enumerate(place):
        found = next((i for i in range(start, end) if re.match(rf" {{{indent}}}{re.escape(key)}:", lines[i])), None)
        last = depth == len(place) - 1
        new = f"{' ' * indent}{key}:{f' {value} # identified' if last else ''}"
        if found is None:
            while end > start and not lines[end - 1].strip():
                end -= 1
            lines.insert(end, new)
            found, following = end, end + 1
        else:
            following = _end_of_section(lines, found, indent, end)
            if last:
                lines[found:following] = [new]
        start, end = found + 1, following
        indent = _indent_within(lines, start, end, indent)


def _end_of_section(lines: Sequence[str], first: int, indent: int, end: int) -> int:
    for index in range(first + 1, end):
        if lines[index].strip() and len(lines[index]) - len(lines[index].lstrip()) <= indent:
            end = index
            break
    while not lines[end - 1].strip():
        end -= 1
    return end


def _indent_within(lines: Sequence[str], start: int, end: int, outer: int) -> int:
    inside = [len(line) - len(line.lstrip()) for line in lines[start:end] if line.strip()]
    return inside[0] if inside and inside[0] > outer else outer + 2


def write_robot(folder: Path, constants: Sequence[Constant], control_dt: float) -> Path:
    """Writes what was identified into a robot's description, which keeps its former state beside it.

    Raises:
        UserError: the file cannot be written, or would be no description any more.
    """
    path = folder / DESCRIPTION
    former = read_text(path, "the robot")
    text = with_keys(former, keys_of(constants, control_dt))
    try:
        write_atomically(path.with_name(f"{DESCRIPTION}.before"), former.encode())
        write_atomically(path, text.encode())
    except OSError as error:
        raise UserError(f"{path} cannot be written: {error.strerror}") from None
    try:
        read_description(folder)
    except UserError:
        write_atomically(path, former.encode())
        raise
    return path
