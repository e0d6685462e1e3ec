"""Reads a file of motion capture, whatever its format."""

from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.files import is_missing, read_input
from playground_amp.motion.human.bvh import read_bvh
from playground_amp.motion.human.deepmimic import read_deepmimic
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.motion.human.smpl import read_smpl

READERS: dict[str, Callable[[Path], SkeletonMotion]] = {
    ".bvh": read_bvh,
    ".json": read_deepmimic,
    ".txt": read_deepmimic,
    ".npz": read_smpl,
}


def read_motion(path: Path) -> SkeletonMotion:
    """Reads a file of a known format, by its ending.

    Raises:
      UserError: an unknown ending, or whatever is wrong with the file.
    """
    reader = READERS.get(path.suffix.lower())
    if reader is None:
        raise UserError(
            f"{path}: unknown ending '{path.suffix}'; known are .bvh, .json or .txt (DeepMimic) and .npz (AMASS, SMPL)"
        )
    if is_missing(path):
        raise UserError(f"there is no file {path}")
    return reader(path)


def source_of(path: Path) -> str:
    """Where a clip of this file is from; another file of the same name is another source.

    Raises UserError if the file cannot be read.
    """
    if is_missing(path):
        raise UserError(f"there is no file {path}")
    return f"{path.name}, SHA-256 {sha256(read_input(path, 'the motion')).hexdigest()[:12]}"
