"""Reads a file of motion capture, whatever its format."""

from collections.abc import Callable
from dataclasses import replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from playground_amp.errors import UserError
from playground_amp.files import is_missing, read_input
from playground_amp.motion.human.acclaim import read_acclaim
from playground_amp.motion.human.bvh import read_bvh
from playground_amp.motion.human.deepmimic import read_deepmimic
from playground_amp.motion.human.positions import read_positions
from playground_amp.motion.human.skeleton import SkeletonMotion
from playground_amp.motion.human.smpl import read_smpl

_TIMED: dict[str, Callable[[Path], SkeletonMotion]] = {  # formats that say how many frames a second there are
    ".bvh": read_bvh,
    ".json": read_deepmimic,
    ".txt": read_deepmimic,
}
_UNTIMED: dict[str, Callable[[Path, float | None], SkeletonMotion]] = {
    ".npz": read_smpl,
    ".npy": read_positions,
    ".amc": read_acclaim,
}
_FASTEST = 2000.0  # frames a second
# What to do with what is not read.
_AS_BVH = "export it as .bvh, as Blender does (File, Export, Motion Capture)"
_AS_ARRAYS = (
    "it can run code when it is opened, so it is not: numpy.savez its arrays poses, trans and mocap_framerate as .npz"
)
_HINTS = {
    **dict.fromkeys((".fbx", ".glb", ".gltf", ".dae", ".blend", ".usd", ".usdz", ".vrm", ".mvnx"), _AS_BVH),
    **dict.fromkeys((".c3d", ".trc", ".tsv", ".csv"), f"markers need a skeleton first: solve them, then {_AS_BVH}"),
    **dict.fromkeys((".pkl", ".pickle", ".pt", ".pth", ".joblib"), _AS_ARRAYS),
    ".asf": "a skeleton without its motion: give the .amc beside it",
    **dict.fromkeys((".zip", ".gz", ".7z", ".rar", ".tar"), "unpack it first"),
}


def read_motion(path: Path, rate: float | None = None) -> SkeletonMotion:
    """Reads a file of a known format, by its ending; `rate`: frames a second, whatever the file says.

    Raises:
      UserError: an unknown ending, or whatever is wrong with the file.
    """
    ending = path.suffix.lower()
    if ending not in _TIMED and ending not in _UNTIMED:
        known = ".bvh, .json or .txt (DeepMimic), .npz (AMASS, SMPL), .npy (joint positions) and .amc (with its .asf)"
        hint = f"; {_HINTS[ending]}" if ending in _HINTS else ""
        raise UserError(f"{path}: unknown ending '{path.suffix}'; known are {known}{hint}")
    if is_missing(path):
        raise UserError(f"there is no file {path}")
    if ending in _UNTIMED:
        return _UNTIMED[ending](path, rate)
    motion = _TIMED[ending](path)
    if rate is None:
        return motion
    return replace(motion, time=np.arange(len(motion.time)) / rate)


def require_rate(rate: float) -> float:
    """Frames a second that there can be. Raises UserError."""
    if not 1 <= rate <= _FASTEST:
        raise UserError(f"--rate can be 1 to {_FASTEST:g} frames a second, found {rate:g}")
    return rate


def source_of(path: Path) -> str:
    """Where a clip of this file is from; another file of the same name is another source.

    Raises UserError if the file cannot be read.
    """
    if is_missing(path):
        raise UserError(f"there is no file {path}")
    return f"{path.name}, SHA-256 {sha256(read_input(path, 'the motion')).hexdigest()[:12]}"
