"""The saved state of the training loop: every array it carries, and the manifest that says what they belong to.

One file an iteration: an uncompressed .npz (`numpy.load` opens it) with a member an array, named by its path in the
state, a member `manifest.json`, and in the zip comment at its end the SHA-256 of all that comes before. Reading it runs
no code: arrays are read with allow_pickle=False. Equal states make equal files.

Orbax (0.12.8) was tried and not taken: it saves a folder of ten files, and restores damaged numbers silently. Of 12
flipped bits, spread over its data file of an array of 20,000 numbers, 10 came back as other numbers without an error.
Sharded arrays on many hosts, where it would serve, are not what this project trains with.
"""

import hashlib
import io
import json
import math
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import jax
import numpy as np

from playground_amp.errors import UserError
from playground_amp.files import ARCHIVE_ERRORS, read_input, require_modest, write_atomically
from playground_amp.runs.manifest import Manifest
from playground_amp.runs.tracking.metrics_log import Record, strict
from playground_amp.untyped import Plain, Pytree

FORMAT = 1
MANIFEST = "manifest.json"
SUM_LENGTH = 64
_PAID = "env_states/reward_terms/"  # reward by term of the last step: logged only, no later step reads it
State = TypeVar("State")


class SavedState(NamedTuple):
    """A state as read from a file."""

    path: Path
    iteration: int
    metrics: dict[str, float | int]  # the record of that iteration, without its timing
    manifest: Manifest
    arrays: dict[str, np.ndarray]


def save_state(path: Path, state: Pytree, manifest: Manifest, record: Record) -> None:
    """Writes a pytree of JAX arrays atomically, with what it belongs to and the record of its iteration.

    Raises OSError if the disk refuses it; a file that was there before is then still there, whole.
    """
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED) as archive:
        told = {name: value for name, value in manifest._asdict().items() if value}
        lasting = {name: strict(value) for name, value in record.items() if not name.startswith("time/")}
        content = {"format": FORMAT, **told, "iteration": int(record["iteration"]), "metrics": lasting}
        text = json.dumps(content, indent=1, sort_keys=True)
        archive.writestr(zipfile.ZipInfo(MANIFEST), text)
        for name, array in arrays_of(state).items():
            with archive.open(zipfile.ZipInfo(f"{name}.npy"), "w", force_zip64=True) as member:
                np.lib.format.write_array(member, array, allow_pickle=False)
        archive.comment = b"0" * SUM_LENGTH
    content = buffer.getbuffer()
    content[-SUM_LENGTH:] = hashlib.sha256(content[:-SUM_LENGTH]).hexdigest().encode()
    write_atomically(path, content)


def read_state(path: Path) -> SavedState:
    """Reads what `save_state` wrote. Raises UserError if the file is missing, torn, altered or of another format."""
    content = read_input(path, "the saved state")
    if not content:
        raise UserError(f"the saved state {path} is empty")
    if hashlib.sha256(content[:-SUM_LENGTH]).hexdigest().encode() != content[-SUM_LENGTH:]:
        raise UserError(f"the saved state {path} is torn or damaged: its content does not match its checksum")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            require_modest(archive)
            manifest = json.loads(archive.read(MANIFEST))
            names = [name for name in archive.namelist() if name != MANIFEST]
            arrays = {name.removesuffix(".npy"): _read_array(archive.read(name)) for name in names}
    except (*ARCHIVE_ERRORS, RecursionError) as error:
        raise UserError(f"{path} is no saved state of WildRobot: {str(error).partition(chr(10))[0]}") from error
    if not isinstance(manifest, dict) or manifest.get("format") != FORMAT:
        found = manifest.get("format") if isinstance(manifest, dict) else None
        raise UserError(f"the saved state {path} has format {found}; this version reads {FORMAT}")
    if not isinstance(manifest.get("iteration"), int):
        raise UserError(f"{path} is no saved state of WildRobot: it names no iteration")
    return SavedState(path, manifest["iteration"], _metrics(manifest), _manifest(manifest), arrays)


def _metrics(content: dict[str, Plain]) -> dict[str, float | int]:
    found = content.get("metrics")
    return {name: math.nan if x is None else x for name, x in found.items()} if isinstance(found, dict) else {}


def _manifest(content: dict[str, Plain]) -> Manifest:
    config = content.get("config")
    return Manifest(
        config=config if isinstance(config, dict) else {},
        robot=content.get("robot"),
        observation=content.get("observation", {}),
        code=content.get("code"),
        libraries=content.get("libraries", {}),
    )


def restore(saved: SavedState, template: State, anew: Sequence[str] = ()) -> State:
    """The saved arrays in the structure of `template`, whose own values matter only where names begin as in `anew`.

    Reward terms need not be the same ones: a run may go on with other terms than it was saved with.

    Raises UserError that lists the arrays which differ in name, shape or type.
    """
    leaves = _named_leaves(template)
    fresh = {name: leaf for name, leaf in leaves.items() if name.startswith(tuple(anew))}
    wrong = [line for name, line in _differences(saved, leaves).items() if not name.startswith(tuple(anew))]
    if wrong:
        more = [f"  and {len(wrong) - 10} more"] if len(wrong) > 10 else []
        text = "\n".join([*wrong[:10], *more])
        raise UserError(f"{saved.path} does not fit this run (saved → this run):\n{text}")
    unpaid = {name: np.zeros(leaf.shape, leaf.dtype) for name, leaf in leaves.items() if name.startswith(_PAID)}
    arrays = unpaid | saved.arrays
    restored = [fresh[name] if name in fresh else _from_numpy(arrays[name], leaf) for name, leaf in leaves.items()]
    return jax.tree.unflatten(jax.tree.structure(template), restored)


def misfits(saved: SavedState, template: object, names: tuple[str, ...]) -> bool:
    """Whether arrays whose names begin so differ from those of `template` in name, shape or type."""
    return any(name.startswith(names) for name in _differences(saved, _named_leaves(template)))


def _differences(saved: SavedState, leaves: Mapping[str, jax.Array]) -> dict[str, str]:
    """By name, a line about every array that differs; what the last step paid may be absent on either side."""
    expected = {name: _described(_key_data(leaf)) for name, leaf in leaves.items()}
    found = {name: _described(array) for name, array in saved.arrays.items()}
    return {
        name: f"  {name}: {found.get(name, 'absent')} → {expected.get(name, 'absent')}"
        for name in {**found, **expected}
        if found.get(name) != expected.get(name)
        and not (name.startswith(_PAID) and (name not in found or name not in expected))
    }


def arrays_of(state: Pytree) -> dict[str, np.ndarray]:
    """The arrays of a state by name, as a file holds them."""
    return {name: _to_numpy(leaf, name) for name, leaf in _named_leaves(state).items()}


def _named_leaves(tree: Pytree) -> dict[str, jax.Array]:
    """The leaves in order, by their path: fields, keys and indices joined by '/'."""
    leaves = jax.tree.leaves_with_path(tree)
    named = {jax.tree_util.keystr(path, simple=True, separator="/"): leaf for path, leaf in leaves}
    if len(named) != len(leaves):
        raise ValueError("two arrays of the state have the same path")
    return named


def _key_data(leaf: jax.Array) -> jax.Array:
    """Random keys as the integers they are made of, other arrays as they are."""
    return jax.random.key_data(leaf) if jax.numpy.issubdtype(leaf.dtype, jax.dtypes.prng_key) else leaf


def _to_numpy(leaf: jax.Array, name: str) -> np.ndarray:
    array = np.asarray(_key_data(leaf))
    if array.dtype.kind not in "biufc":
        raise TypeError(f"{name} is of type {array.dtype}, which a saved state cannot hold")
    return array


def _from_numpy(array: np.ndarray, like: jax.Array) -> jax.Array:
    copied = jax.numpy.array(array, copy=True)  # own memory: the state is donated to the next iteration
    is_key = jax.numpy.issubdtype(like.dtype, jax.dtypes.prng_key)
    if is_key:
        return jax.random.wrap_key_data(copied, impl=jax.random.key_impl(like))
    # A run may go on with other devices than it was saved on.
    several = like.sharding is not None and len(like.sharding.device_set) > 1  # a template of shapes has no devices
    return jax.device_put(copied, like.sharding) if several else copied


def _read_array(data: bytes) -> np.ndarray:
    return np.lib.format.read_array(io.BytesIO(data), allow_pickle=False)


def _described(array: Pytree) -> str:
    return f"{array.dtype}{list(array.shape)}"
