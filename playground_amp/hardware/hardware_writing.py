"""Writes `hardware.yaml` so that people can read and edit it: whole or not at all, the former one kept beside it."""

import json
from collections.abc import Mapping
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import HardwareFile, ImuSetup, SwitchSetup
from playground_amp.hardware.plain_yaml import parse_plain_yaml
from playground_amp.outputs import OutputKind, require_output, write_output

_HEAD = """\
# One robot as it is built: ports, servos and zeros.
# angle = angle_at_center + direction * (counts - center) * 2 pi / counts_per_turn, in rad
"""


def _is_hardware_file(path: Path) -> bool:
    """Whether a file's top lines are a hardware file's, even where a value in it is mistaken."""
    lines = path.read_bytes()[: 1 << 20].decode(errors="replace").splitlines()
    return {"boards:", "servos:"} <= {line.split("#")[0].strip() for line in lines}


HARDWARE_FILE = OutputKind("a hardware file (YAML)", _is_hardware_file)


def write_hardware(path: Path, hardware: HardwareFile, *apart_from: Path) -> None:
    """Writes the file whole or not at all; a former one stays beside it as `<name>.before`.

    Raises UserError if something else is there or the disk refuses it.
    """
    require_output(path, HARDWARE_FILE, *apart_from)
    if path.is_file() and path.stat().st_size:
        write_output(path.with_name(f"{path.name}.before"), HARDWARE_FILE, path.read_bytes(), path, *apart_from)
    write_output(path, HARDWARE_FILE, hardware_text(hardware).encode(), *apart_from)


def hardware_text(hardware: HardwareFile) -> str:
    """What `read_hardware` reads back as the same."""
    lines = [f"robot: {_value(hardware.robot)}", "", "boards:"]
    lines += [f"  {_key(name)}: {_flow(board._asdict())}" for name, board in hardware.boards.items()]
    lines += ["", "servos:"]
    for name, servo in hardware.servos.items():
        lines.append(f"  {_key(name)}: {_flow(servo._asdict(), 'count')}")
    lines += ["", f"counts_per_turn: {_value(hardware.counts_per_turn)}"]
    lines += [f"count_range: {_value(hardware.count_range)}", f"speed: {hardware.speed}", ""]
    lines += [f"imu: {_flow(_imu(hardware.imu))}", f"switches: {_flow(_switches(hardware.switches))}", ""]
    lines += ["limits:", *(f"  {name}: {_value(value)}" for name, value in hardware.limits._asdict().items())]
    return _HEAD + "\n".join(lines) + "\n"


def _imu(imu: ImuSetup) -> dict[str, object]:
    at_uart = imu.kind.endswith("uart")
    return {name: value for name, value in imu._asdict().items() if at_uart or name not in ("port", "baud")}


def _switches(switches: SwitchSetup) -> dict[str, object]:
    of_kind = {"gpio": ("kind", "pins"), "udp": ("kind", "port")}.get(switches.kind, ("kind",))
    return {name: value for name, value in switches._asdict().items() if name in of_kind}


def _flow(values: Mapping[str, object], *apart_from: str) -> str:
    return "{" + ", ".join(f"{key}: {_value(value)}" for key, value in values.items() if key not in apart_from) + "}"


def _value(value: object) -> str:
    match value:
        case tuple() | list():
            return f"[{', '.join(_value(item) for item in value)}]"
        case float() if value.is_integer():
            return str(int(value))
        case float() | int():
            return repr(value)
        case _:
            text = str(value)
            return text if _reads_as(f"top: {{key: {text}}}", {"key": text}) else json.dumps(text)


def _key(name: str) -> str:
    return name if _reads_as(f"top:\n  {name}: 0", {name: 0}) else json.dumps(name)


def _reads_as(text: str, meaning: object) -> bool:
    try:
        return parse_plain_yaml(text, "") == {"top": meaning}
    except UserError:
        return False
