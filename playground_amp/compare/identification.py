"""What identifying servos needs of a log: time, target and position of each joint."""

import io
from pathlib import Path

import numpy as np

from playground_amp.hardware.log import RobotLog
from playground_amp.outputs import OutputKind, write_output


def _is_such(path: Path) -> bool:
    try:
        with np.load(path) as archive:
            return {"time", "target", "position", "joint_names"} <= set(archive.files)
    except (ValueError, OSError, KeyError, EOFError):
        return False


IDENTIFY = OutputKind("columns for identification (.npz)", _is_such)


def write_columns(log: RobotLog, path: Path, log_path: Path) -> None:
    """Writes an archive, or raises UserError if it cannot be written.

    joint_names [J]; time [T, J] s at which each position was read; decided [T] s and target [T, J] rad (NaN: none was
    sent); position [T, J] rad; voltage [T, J] V; control_dt s.
    """
    archive = io.BytesIO()
    np.savez_compressed(
        archive,
        joint_names=np.array(log.header.joint_names),
        time=log.time[:, None] - log.joint_age,
        decided=log.step_start + log.busy,
        target=log.target,
        position=log.joint_position,
        voltage=log.voltage,
        control_dt=np.array(log.header.control_dt),
    )
    write_output(path, IDENTIFY, archive.getvalue(), log_path)
