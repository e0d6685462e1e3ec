"""A clip: motion of a robot as states, with the file format it is stored in (.npz, plain arrays, no pickle)."""

import io
import os
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import numpy as np

from playground_amp import rotations
from playground_amp.errors import UserError
from playground_amp.files import ARCHIVE_ERRORS, is_missing, require_file, visible
from playground_amp.motion.archive import opened_arrays
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot

RECORDED = "tracking policy, recorded in the engine"  # source of the clips that a policy showed in physics


@dataclass(frozen=True, eq=False)
class Clip:
    """States of a robot with J joints at a constant rate. It starts above x = y = 0 and looks along x at the start.

    In a periodic clip the frame after the last one is the first one, moved on by `displacement`; it may hold several
    cycles, so that whole frames fit.
    """

    name: str
    robot: str  # its name, for people: whether a clip is of a robot is told by the joints
    joint_names: tuple[str, ...]  # order of the joints in qpos and qvel
    rate: float  # frames a second
    qpos: np.ndarray  # [T, 7 + J] m, quaternion wxyz, rad
    qvel: np.ndarray  # [T, 6 + J] m/s in the world, rad/s in the base frame, rad/s
    contact: np.ndarray  # [T, 2] bool: the left and the right foot is meant to carry
    gait_phase: np.ndarray  # [T] in [0, 1): of the gait clock; the left foot swings in the first half
    command: np.ndarray  # [3] forward m/s, sideways m/s, yaw rate rad/s: what the motion does
    displacement: np.ndarray  # [3] x m, y m, yaw rad: the motion over the floor from the first frame to after the last
    periodic: bool
    cycles: int  # gait cycles in the clip; 0: not known
    source: str  # where the motion is from

    @property
    def duration(self) -> float:
        """From the first frame to the one after the last, s."""
        return len(self.qpos) / self.rate

    @property
    def cycle_time(self) -> float:
        """Of a gait cycle, two steps, s; NaN where the cycles are not known."""
        return self.duration / self.cycles if self.cycles else float("nan")

    @property
    def double_support(self) -> float:
        """Share of the time in which both feet are meant to carry, as `gait.double_support` of a configuration."""
        return float(self.contact.all(axis=1).mean())

    @property
    def is_recorded(self) -> bool:
        """Whether physics allowed the motion; otherwise it was computed."""
        return self.source == RECORDED

    @property
    def joint_position(self) -> np.ndarray:
        """[T, J] rad."""
        return self.qpos[:, BASE_QPOS_SIZE:]

    @property
    def joint_velocity(self) -> np.ndarray:
        """[T, J] rad/s."""
        return self.qvel[:, BASE_QVEL_SIZE:]

    @property
    def following(self) -> tuple[np.ndarray, np.ndarray]:
        """The state after the last one, qpos [7 + J] and qvel [6 + J], of a periodic clip: the first one, moved on."""
        place, yaw = self.displacement[:2], self.displacement[2]
        qpos, qvel = self.qpos[0].copy(), self.qvel[0].copy()
        qpos[:2] = rotations.from_heading_frame(qpos[:2], yaw) + place
        qpos[3:7] = rotations.multiply(rotations.about_vertical(yaw), qpos[3:7])
        qvel[:2] = rotations.from_heading_frame(qvel[:2], yaw)
        return qpos, qvel


def clip_bytes(clip: Clip) -> bytes:
    """The content of a clip's .npz file."""
    buffer = io.BytesIO()
    arrays: dict[str, Any] = {field.name: np.asarray(getattr(clip, field.name)) for field in fields(Clip)}
    np.savez_compressed(buffer, **arrays)
    return buffer.getvalue()


def load_clip(path: Path, robot: Robot) -> Clip:
    """Reads a clip of a robot.

    Raises:
        UserError: no such file, no clip, one of another robot, or a field that is missing, unknown or wrong; the
            message names it.
    """
    stored = {"robot": np.array(robot.name)} | _read_arrays(path)  # at first, clips did not name their robot
    names = {field.name for field in fields(Clip)}
    for name in sorted(names - set(stored)):
        raise UserError(f"{path} is no clip of this project: the field {name} is missing")
    for name in sorted(set(stored) - names):
        raise UserError(f"{path}: unknown field {name}; known are {', '.join(sorted(names))}")
    _check_robot(stored, robot, path)
    _check_fields(stored, robot, path)
    return Clip(
        name=str(stored["name"]),
        robot=str(stored["robot"]),
        joint_names=robot.joint_names,
        rate=float(stored["rate"]),
        qpos=stored["qpos"].astype(float),
        qvel=stored["qvel"].astype(float),
        contact=stored["contact"],
        gait_phase=stored["gait_phase"].astype(float),
        command=stored["command"].astype(float),
        displacement=stored["displacement"].astype(float),
        periodic=bool(stored["periodic"]),
        cycles=int(stored["cycles"]),
        source=str(stored["source"]),
    )


def load_clips(path: Path, robot: Robot) -> list[Clip]:
    """The clips of a folder, by file name (hidden files apart), or the one clip of a file.

    Raises:
        UserError: as `load_clip`, or a folder without clips.
    """
    if not os.path.isdir(path):
        return [load_clip(path, robot)]
    clips = [load_clip(file, robot) for file in visible(path, "*.npz")]
    if not clips:
        raise UserError(f"no clips (*.npz) in the folder {path}")
    return clips


def _read_arrays(path: Path) -> dict[str, np.ndarray]:
    if is_missing(path):
        raise UserError(f"there is no clip {path}")
    require_file(path, "the clip")
    with opened_arrays(path, "clip") as archive:
        return {name: _read_field(archive, name, path) for name in archive.files}


def _read_field(archive: np.lib.npyio.NpzFile, name: str, path: Path) -> np.ndarray:
    try:
        return archive[name]
    except ARCHIVE_ERRORS as error:
        raise UserError(f"{path}: the field {name} cannot be read ({str(error).partition(chr(10))[0]})") from error


def _check_robot(stored: dict[str, np.ndarray], robot: Robot, path: Path) -> None:
    """Raises UserError, with the difference, if the joints are not those of the robot."""
    found, owner = stored["joint_names"], str(stored["robot"])
    if found.dtype.kind != "U" or found.ndim != 1:
        raise UserError(f"{path}: the field joint_names holds {found.dtype}, expected a row of texts")
    names = tuple(found.tolist())
    if names == robot.joint_names:
        return
    if sorted(names) == sorted(robot.joint_names):
        order = f"joint_names are {', '.join(names)}; expected {', '.join(robot.joint_names)}"
        raise UserError(f"{path}: {order} ({robot.name}'s order)")
    parts = (
        ("it lacks", [name for name in robot.joint_names if name not in names]),
        ("it has besides", [name for name in names if name not in robot.joint_names]),
    )
    difference = ", ".join(f"{what} {', '.join(some)}" for what, some in parts if some)
    whose = f"a clip of {owner}" if owner != robot.name else "a clip of another robot"
    raise UserError(
        f"{path} is {whose} with {len(names)} joints, not of {robot.name} with {robot.num_joints}: {difference}"
    )


def _check_fields(stored: dict[str, np.ndarray], robot: Robot, path: Path) -> None:
    frames = stored["qpos"].shape[0] if stored["qpos"].ndim else 0
    shapes = {
        **dict.fromkeys(("name", "robot", "rate", "periodic", "cycles", "source"), ()),
        "joint_names": (robot.num_joints,),
        "command": (3,),
        "displacement": (3,),
        "qpos": (frames, robot.nq),
        "qvel": (frames, robot.nv),
        "contact": (frames, 2),
        "gait_phase": (frames,),
    }
    kinds = {**dict.fromkeys(shapes, "fi"), **dict.fromkeys(("name", "robot", "joint_names", "source"), "U")}
    kinds |= dict.fromkeys(("contact", "periodic"), "b") | {"cycles": "i"}
    for name, shape in shapes.items():
        array = stored[name]
        if array.dtype.kind not in kinds[name]:
            raise UserError(f"{path}: the field {name} holds {array.dtype}, expected {_KINDS[kinds[name]]}")
        if array.shape != shape:
            raise UserError(f"{path}: the field {name} has the shape {list(array.shape)}, expected {list(shape)}")
        if array.dtype.kind == "f" and not np.isfinite(array).all():
            raise UserError(f"{path}: the field {name} holds numbers that are not finite")
    if frames < 2:
        raise UserError(f"{path}: qpos holds {frames} frames, a clip needs two or more")
    if not stored["rate"] > 0:
        raise UserError(f"{path}: rate is {stored['rate']}, it must be above 0")
    off = np.abs(np.linalg.norm(stored["qpos"][:, 3:7], axis=1) - 1).max()
    if off > 1e-3:
        raise UserError(f"{path}: qpos holds a base quaternion that is off unit length by {off:.3g}")


_KINDS = {"fi": "numbers", "U": "text", "b": "true or false", "i": "a whole number"}
