"""The trained policy as a file: the guide's `final_iter_<N>.pkl`, which opens anywhere and can run nothing.

The file is a pickle of NumPy arrays, dicts, lists, strings and numbers, so that `pickle.load` opens it without this
project and without JAX. Behind the pickle's end, where `pickle.load` no longer looks, stands its SHA-256.
Who wrote a file is not known, so `safe_pickle.py` reads it.
"""

import hashlib
import os
import pickle
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playground_amp.configs.loader import config_of_policy
from playground_amp.configs.schema import Config
from playground_amp.errors import UserError
from playground_amp.files import read_input, write_atomically
from playground_amp.learning.trained_policy import AmpPrior
from playground_amp.robot.identity import robot_of_file
from playground_amp.robot.record import Robot
from playground_amp.runs.contents import list_checkpoints
from playground_amp.runs.safe_pickle import UnsafePickle, safe_loads
from playground_amp.untyped import Params, Plain

SUM_PREFIX = b"\nsha256 "
SUM_LENGTH = len(SUM_PREFIX) + 64 + 1
KEYS = ("params", "metrics", "config")
AMP_KEYS = ("amp_discriminator", "amp_weight")
ROBOT_KEY = "robot"  # which the files of earlier versions lack
PARAMS_KEYS = ("normalizer", "policy", "value")


@dataclass(frozen=True, eq=False)
class SavedPolicy:
    """A policy as read from a file; it is for the robot that the configuration names."""

    path: Path
    params: Params  # as `make_policy` takes them: normalizer, policy and value
    metrics: dict[str, float]  # the record of its last iteration
    config: Config
    robot: Robot
    amp: AmpPrior | None


def find_checkpoint(path: Path) -> Path:
    """The policy that is meant: the file itself, or the newest policy of a run folder.

    Raises UserError if it is not there, or a folder holds none.
    """
    try:
        path.stat()
    except OSError as error:
        raise _unreadable(path, error) from error
    if not os.path.isdir(path):
        return path
    checkpoints = list_checkpoints(path)
    if not checkpoints:
        raise UserError(f"the folder {path} holds no policy (final_iter_<N>.pkl)")
    return checkpoints[max(checkpoints)]


def save_policy(
    path: Path,
    params: Params,
    metrics: Mapping[str, float],
    config: Mapping[str, object],
    robot: Mapping[str, object],
    amp: AmpPrior | None = None,
) -> None:
    """Writes a policy atomically: `params` as in `make_policy`, `config` the resolved one as plain data.

    `robot` is a `RobotIdentity` as plain data. Raises OSError if the file cannot be written.
    """
    numbers = {name: float(value) for name, value in metrics.items()}
    prior = dict(zip(AMP_KEYS, amp, strict=True)) if amp else {}
    content = _plain({"params": params, "metrics": numbers, "config": config, **prior, ROBOT_KEY: robot}, "checkpoint")
    pickled = pickle.dumps(content, protocol=5)
    write_atomically(path, pickled + SUM_PREFIX + hashlib.sha256(pickled).hexdigest().encode() + b"\n")


def read_policy(path: Path, robot: str | None = None) -> SavedPolicy:
    """Reads what `save_policy` wrote, for the robot that the file names or, as after --robot, the same one elsewhere.

    Raises UserError if the file is missing, empty, cut off, altered, holds anything but plain data, or no policy; if
    its configuration is none that this version can read; or if it was made for another robot.
    """
    data = read_input(path, "the checkpoint")
    try:
        content = safe_loads(_checked(data, path))
    except UnsafePickle as error:
        raise UserError(f"the checkpoint {path} was not read: {error}") from error
    _require_policy(content, path)
    amp = AmpPrior(*(content[key] for key in AMP_KEYS)) if AMP_KEYS[0] in content else None
    config, loaded = config_and_robot(content["config"], content.get(ROBOT_KEY), robot, f"the checkpoint {path}")
    return SavedPolicy(
        path=path,
        params=content["params"],
        metrics=content["metrics"],
        config=config,
        robot=loaded,
        amp=amp,
    )


def config_and_robot(
    config: Mapping[str, object], identity: object, robot: str | None, source: str
) -> tuple[Config, Robot]:
    """The configuration in a file and the robot it is for, from plain data; `robot` as in `read_policy`.

    `identity`: what the file says of its robot, None if it is of an earlier version. Raises UserError if this version
    cannot read the configuration, or if the robot is another one.
    """
    loaded = robot_of_file(identity, config, robot, source)
    named = {**config, "robot": loaded.name} if robot else config
    return config_of_policy(named, f"the configuration in {source}"), loaded


def _unreadable(path: Path, error: OSError) -> UserError:
    return UserError(f"cannot read the checkpoint {path}: {error.strerror}")


def _checked(data: bytes, path: Path) -> bytes:
    """The pickle in `data`, its sum verified."""
    if not data:
        raise UserError(f"the checkpoint {path} is empty")
    pickled, trailer = data[:-SUM_LENGTH], data[-SUM_LENGTH:]
    if not trailer.startswith(SUM_PREFIX):
        raise UserError(f"the checkpoint {path} has no checksum at its end: it is cut off, or none of WildRobot's")
    if trailer != SUM_PREFIX + hashlib.sha256(pickled).hexdigest().encode() + b"\n":
        raise UserError(f"the checkpoint {path} is damaged: its content does not match its checksum")
    return pickled


def _plain(value: object, place: str) -> Plain:
    """`value` with its arrays in NumPy and its numbers in Python's types; nothing else gets into a file."""
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if isinstance(value, Mapping):
        return {str(key): _plain(entry, f"{place}[{key!r}]") for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry, f"{place}[{index}]") for index, entry in enumerate(value)]
    if isinstance(value, np.generic):
        return value.item()
    array = np.array(value, order="C")
    if array.dtype.kind not in "biuf":
        raise TypeError(f"{place} is a {type(value).__name__}: only arrays of numbers and plain data can be saved")
    return array


def _require_policy(content: Plain, path: Path) -> None:
    """Raises UserError unless `content` has the keys of a policy and arrays of finite numbers under them."""
    _require_keys(content, KEYS, (*AMP_KEYS, ROBOT_KEY), "the file", path)
    if set(AMP_KEYS) & set(content):
        _require_keys(content, AMP_KEYS, (*KEYS, ROBOT_KEY), "the file", path)
    _require_keys(content["params"], PARAMS_KEYS, (), "'params'", path)
    _require_keys(content["params"]["normalizer"], ("mean", "std"), (), "'params/normalizer'", path)
    for name in ("metrics", "config"):
        if not isinstance(content[name], dict):
            found = type(content[name]).__name__
            raise UserError(f"the checkpoint {path} holds no policy: '{name}' is a {found}, not a dict")
    _require_arrays(content["params"], "params", path)
    mean, std = (content["params"]["normalizer"][name] for name in ("mean", "std"))
    shapes = [{key: array.shape for key, array in part.items()} for part in (mean, std)]
    if shapes[0] != shapes[1]:
        raise UserError(f"the checkpoint {path} holds no policy: mean {shapes[0]} and std {shapes[1]} differ in shape")


def _require_keys(value: Plain, required: tuple[str, ...], optional: tuple[str, ...], name: str, path: Path) -> None:
    found = sorted(value) if isinstance(value, dict) else type(value).__name__
    if not isinstance(value, dict) or not set(required) <= set(value) <= set(required + optional):
        raise UserError(f"the checkpoint {path} holds no policy: {name} has {found}, expected {', '.join(required)}")


def _require_layer(tree: dict[str, Plain], place: str, path: Path) -> None:
    """Where a dict is a layer, kernel [in, out] and bias [out] must fit."""
    kernel, bias = tree.get("kernel"), tree.get("bias")
    if not isinstance(kernel, np.ndarray) or not isinstance(bias, np.ndarray):
        return
    if kernel.ndim != 2 or bias.shape != kernel.shape[1:]:
        shapes = f"kernel {kernel.shape} and bias {bias.shape}"
        raise UserError(f"the checkpoint {path} holds no policy: {place} has {shapes}, which do not fit")


def _require_arrays(tree: Plain, place: str, path: Path) -> None:
    if isinstance(tree, dict) and tree:
        _require_layer(tree, place, path)
        for key, entry in tree.items():
            _require_arrays(entry, f"{place}/{key}", path)
    elif not isinstance(tree, np.ndarray) or tree.dtype.kind != "f":
        raise UserError(f"the checkpoint {path} holds no policy: {place} is no array of floating-point numbers")
    elif not np.isfinite(tree).all():
        raise UserError(f"the checkpoint {path} holds a policy that cannot run: {place} is not finite")
