"""The policy file: plain, whole or refused, and unable to run anything."""

import contextlib
import hashlib
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import jax.numpy as jnp
import numpy as np
import pytest
from deployable import ROBOT, ROBOT_DATA
from fake_trainer import policy_params
from hypothesis import given, settings
from hypothesis import strategies as st

from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.learning.trained_policy import AmpPrior
from playground_amp.paths import STANDARD
from playground_amp.runs.checkpoint import SUM_PREFIX, read_policy, save_policy
from playground_amp.runs.safe_pickle import UnsafePickle, safe_loads

PARAMS = policy_params(np.arange(5, dtype=np.float32))
METRICS = {"reward": 1.5, "iteration": 3}
CONFIG = load_config(STANDARD)
PLAIN_CONFIG = CONFIG.model_dump(mode="json")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    save_policy(tmp_path / "final_iter_3.pkl", PARAMS, METRICS, PLAIN_CONFIG, ROBOT_DATA)
    return tmp_path / "final_iter_3.pkl"


def write_pickle(path: Path, pickled: bytes) -> None:
    """A file with a right checksum over a pickle of the test's."""
    path.write_bytes(pickled + SUM_PREFIX + hashlib.sha256(pickled).hexdigest().encode() + b"\n")


def equal(a: Any, b: Any) -> bool:
    if isinstance(a, dict):
        return isinstance(b, dict) and list(a) == list(b) and all(equal(a[key], b[key]) for key in a)
    if isinstance(a, np.ndarray):
        return isinstance(b, np.ndarray) and a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return type(a) is type(b) and a == b


def test_what_is_saved_is_loaded(path: Path) -> None:
    saved = read_policy(path)
    assert equal(saved.params, PARAMS)
    assert saved.metrics == {"reward": 1.5, "iteration": 3.0}
    assert saved.config == CONFIG
    assert (saved.path, saved.robot, saved.amp) == (path, ROBOT, None)
    content = pickle.loads(path.read_bytes())
    plain = {"params": PARAMS, "metrics": saved.metrics, "config": PLAIN_CONFIG, "robot": ROBOT_DATA}
    assert equal(content, plain)


def test_jax_arrays_and_amp_parts_become_plain(tmp_path: Path) -> None:
    discriminator = {"kernel": jnp.ones((2, 3))}
    path = tmp_path / "p.pkl"
    save_policy(
        path,
        PARAMS,
        {"reward": jnp.float32(2)},
        PLAIN_CONFIG,
        ROBOT_DATA,
        AmpPrior(discriminator, 1.0),
    )
    saved = read_policy(path)
    assert saved.amp is not None
    assert equal(saved.amp.discriminator, {"kernel": np.ones((2, 3), np.float32)})
    assert saved.amp.weight == 1.0
    assert saved.metrics == {"reward": 2.0}
    assert list(pickle.loads(path.read_bytes())) == [
        "params",
        "metrics",
        "config",
        "amp_discriminator",
        "amp_weight",
        "robot",
    ]


def test_opens_with_python_and_numpy_alone(path: Path) -> None:
    script = (
        "import pickle, sys; d = pickle.load(open(sys.argv[1], 'rb'));"
        "assert not {'jax', 'flax', 'brax', 'playground_amp'} & set(sys.modules);"
        "print(sorted(d), type(d['params']['policy']['params']['hidden_0']['kernel']).__module__)"
    )
    command = [sys.executable, "-I", "-c", script, str(path)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)
    assert result.stdout == "['config', 'metrics', 'params', 'robot'] numpy\n"


@pytest.mark.parametrize("where", [0.0, 0.1, 0.3, 0.5, 0.7, 0.9, 0.97, 1.0])
def test_a_flipped_byte_is_told(path: Path, where: float) -> None:
    data = bytearray(path.read_bytes())
    data[int(where * (len(data) - 1))] ^= 0x10
    path.write_bytes(data)
    with pytest.raises(UserError, match=r"damaged|no checksum"):
        read_policy(path)


@pytest.mark.parametrize("kept", [1, 20, 100, 500, -1, -70])
def test_a_truncated_file_is_told(path: Path, kept: int) -> None:
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(UserError, match="cut off"):
        read_policy(path)


def test_missing_and_empty_files_are_told(path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        read_policy(path.with_name("no.pkl"))
    with pytest.raises(UserError, match="Is a directory"):
        read_policy(path.parent)
    path.write_bytes(b"")
    with pytest.raises(UserError, match="is empty"):
        read_policy(path)


class Runs:
    """Pickled, it asks the reader to call something."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = function, arguments

    def __reduce__(self) -> Any:
        return self.call


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("function", [os.system, eval, np.load, getattr, np.memmap])
def test_a_pickle_that_would_run_something_is_refused(tmp_path: Path, function: Any, protocol: int) -> None:
    marker = tmp_path / "ran"
    argument = f"open({str(marker)!r}, 'w')" if function is eval else f"touch {marker}"
    path = tmp_path / "bad.pkl"
    write_pickle(path, pickle.dumps({"params": Runs(function, argument)}, protocol))
    with pytest.raises(UserError, match="only arrays and plain data"):
        read_policy(path)
    assert not marker.exists()


def test_arrays_of_objects_structures_and_strings_are_refused() -> None:
    for array in (np.array([{}], object), np.zeros(2, [("a", "f4")]), np.array(["text"]), np.zeros(2, "M8[s]")):
        with pytest.raises(UnsafePickle):
            safe_loads(pickle.dumps(array))


def test_other_plain_classes_are_refused() -> None:
    for value in ({1, 2}, b"bytes", 1j, {1: 2}, Path("x"), slice(1)):
        with pytest.raises(UnsafePickle):
            safe_loads(pickle.dumps({"params": value}))


def test_the_reader_cannot_be_altered_by_a_file() -> None:
    # GLOBAL numpy.dtype, then BUILD with a dict, or with (None, slots): both would set attributes of what GLOBAL gave.
    for state in (b"}", b"N}\x8c\x05_callK\x01s\x86"):
        with pytest.raises(UnsafePickle):
            safe_loads(b"\x80\x04cnumpy\ndtype\n" + state + b"b.")
    assert equal(safe_loads(pickle.dumps(np.ones(3))), np.ones(3))


@pytest.mark.parametrize("protocol", [3, 4, 5])
@pytest.mark.parametrize(
    "array",
    [
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6, dtype=">i4")[::2],
        np.array(2.5, np.float16),
        np.zeros((0, 3), np.uint8),
        np.array([True, False]),
    ],
)
def test_any_way_numpy_pickles_an_array_is_read(array: np.ndarray, protocol: int) -> None:
    loaded = safe_loads(pickle.dumps(array, protocol))
    assert loaded.dtype == array.dtype
    assert loaded.shape == array.shape
    assert np.array_equal(loaded, array)


def test_numpy_scalars_become_numbers() -> None:
    assert safe_loads(pickle.dumps({"a": np.float32(0.5), "b": np.int64(7)})) == {"a": 0.5, "b": 7}


def test_memory_for_the_memo_is_not_taken_on_trust() -> None:
    # Remember an empty dict at place 2^31 - 1: Python's unpickler would fill 17 GB with empty places.
    with pytest.raises(UnsafePickle, match="it remembers an object at place 2147483647"):
        safe_loads(b"\x80\x03}r\xff\xff\xff\x7f.")


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_whatever_the_bytes_only_unsafe_pickle_is_raised(data: st.DataObject) -> None:
    pickled = bytearray(
        pickle.dumps({"params": np.arange(3.0), "list": [1, None, "x"]}, data.draw(st.sampled_from([0, 3, 5])))
    )
    for position in data.draw(st.lists(st.integers(0, len(pickled) - 1), max_size=4)):
        pickled[position] = data.draw(st.integers(0, 255))
    with contextlib.suppress(UnsafePickle):
        safe_loads(bytes(pickled))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (lambda c: c.pop("params"), "expected params, metrics, config"),
        (lambda c: c.update(extra=1), "the file has"),
        (lambda c: c["params"].pop("value"), "'params' has"),
        (lambda c: c["params"]["normalizer"].update(std={"state": np.ones(4)}), "differ in shape"),
        (lambda c: c["params"].update(policy={}), "params/policy is no array"),
        (lambda c: c["params"].update(policy={"kernel": np.ones((2, 3)), "bias": np.ones(2)}), "do not fit"),
        (lambda c: c["params"].update(policy={"kernel": np.full((2, 3), np.nan)}), "is not finite"),
        (lambda c: c.update(metrics=[]), "'metrics' is a list"),
        (lambda c: c.update(amp_weight=1.0), "expected amp_discriminator, amp_weight"),
        (lambda c: c["robot"].pop("joints"), "does not say its robot as it should: KeyError 'joints'"),
    ],
)
def test_a_file_that_holds_no_policy_is_told(path: Path, change: Any, expected: str) -> None:
    content = pickle.loads(path.read_bytes())
    change(content)
    write_pickle(path, pickle.dumps(content))
    with pytest.raises(UserError, match=expected):
        read_policy(path)


def test_a_disk_that_refuses_leaves_the_old_file(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    before = path.read_bytes()
    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        save_policy(path, PARAMS, METRICS, PLAIN_CONFIG, ROBOT_DATA)
    assert path.read_bytes() == before
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def test_only_plain_data_can_be_saved(tmp_path: Path) -> None:
    with pytest.raises(TypeError, match="config"):
        save_policy(tmp_path / "p.pkl", PARAMS, METRICS, {"a": object()}, ROBOT_DATA)
