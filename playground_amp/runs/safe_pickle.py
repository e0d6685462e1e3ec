"""Reads a pickle from a stranger: NumPy arrays, dicts, lists, strings and numbers come out, and no code runs.

A pickle is a small program that may call whatever it can name. Here the only names it can reach are stand-ins of ours
that collect a dtype's code or an array's bytes; the arrays are built afterwards, from checked codes, shapes and sizes.
NumPy's own constructors are not admitted: their __setstate__ trusts its input, down to raw pointers.
"""

import io
import math
import pickle
import pickletools
from collections.abc import Callable

import numpy as np

from playground_amp.untyped import Plain

KINDS = "biuf"


class UnsafePickle(Exception):
    """The pickle is damaged, or asks for something that is no plain data; the message says what."""


def safe_loads(data: bytes) -> Plain:
    """The object in the pickle `data`. Raises UnsafePickle."""
    try:
        _require_modest_memo(data)
        return _built(_PlainUnpickler(io.BytesIO(data)).load())
    except UnsafePickle:
        raise
    except RecursionError as error:
        raise UnsafePickle("it is nested too deeply") from error
    except MemoryError as error:
        raise UnsafePickle("it asks for more memory than there is") from error
    except Exception as error:  # a damaged pickle makes the unpickler raise almost anything; none of it is ours
        raise UnsafePickle(f"it is damaged ({error})") from error


def _require_modest_memo(data: bytes) -> None:
    """Raises UnsafePickle if an object is to be remembered at a place beyond what `data` can hold.

    Python's unpickler makes room for every place before it: a few bytes could fill the memory of the machine.
    """
    for opcode, place, _ in pickletools.genops(data):
        if opcode.name in ("PUT", "BINPUT", "LONG_BINPUT") and isinstance(place, int) and place > len(data):
            raise UnsafePickle(f"it remembers an object at place {place}, of {len(data)} bytes")


class _Dtype:
    """A dtype's code, until it is checked."""

    __slots__ = ("code", "state")

    def __init__(self, code: object) -> None:
        self.code = code
        self.state: Plain = None

    def __setstate__(self, state: Plain) -> None:
        self.state = state

    def built(self) -> np.dtype:
        """The plain numeric dtype of this code. Raises UnsafePickle."""
        order = self.state[1] if isinstance(self.state, tuple) and len(self.state) > 1 else "|"
        if not isinstance(self.code, str) or order not in ("<", ">", "|", "=") or self.code[:1] not in KINDS:
            raise UnsafePickle(f"it holds an array of type {self.code!r}; only arrays of numbers are read")
        if self.code[1:] not in ("1", "2", "4", "8"):
            raise UnsafePickle(f"it holds an array of type {self.code!r}; only arrays of numbers are read")
        return np.dtype(self.code).newbyteorder(order)


class _Array:
    """An array's shape, type and bytes, until they are checked."""

    __slots__ = ("dtype", "order", "raw", "shape")

    def __init__(self, shape: Plain = None, dtype: Plain = None, raw: Plain = None, order: Plain = "C") -> None:
        self.shape, self.dtype, self.raw, self.order = shape, dtype, raw, order

    def __setstate__(self, state: Plain) -> None:
        _, self.shape, self.dtype, fortran, self.raw = state
        self.order = "F" if fortran else "C"

    def built(self) -> np.ndarray:
        """The array, own memory. Raises UnsafePickle if bytes, shape and type do not agree."""
        numeric = isinstance(self.dtype, _Dtype) and isinstance(self.raw, bytes | bytearray)
        if not numeric or self.order not in ("C", "F"):
            raise UnsafePickle("it holds an array that is not made of numbers")
        dtype = self.dtype.built()
        if not isinstance(self.shape, tuple) or not all(type(size) is int and size >= 0 for size in self.shape):
            raise UnsafePickle(f"it holds an array of shape {self.shape!r}")
        if len(self.raw) != math.prod(self.shape) * dtype.itemsize:
            raise UnsafePickle(f"it holds an array of {len(self.raw)} bytes for shape {self.shape} of {dtype}")
        return np.frombuffer(self.raw, dtype).reshape(self.shape, order=self.order).copy(order="C")


class _Constructor:
    """Something a pickle may call. It has no attributes to set, so that a pickle cannot alter it."""

    __slots__ = ("_call",)

    def __init__(self, call: Callable[..., object]) -> None:
        object.__setattr__(self, "_call", call)

    def __call__(self, *arguments: object) -> object:
        return self._call(*arguments)

    def __setattr__(self, name: str, value: object) -> None:
        raise UnsafePickle(f"it sets the attribute {name!r}")

    def __setstate__(self, state: Plain) -> None:
        raise UnsafePickle("it alters a constructor")


class _Scalar(_Array):
    """A NumPy scalar; it comes out as a Python number."""

    __slots__ = ()

    def __init__(self, dtype: Plain, raw: Plain) -> None:
        super().__init__((), dtype, raw)


CONSTRUCTORS: dict[tuple[str, str], _Constructor] = {
    ("numpy", "ndarray"): _Constructor(lambda *_: _Array()),
    ("numpy", "dtype"): _Constructor(lambda code, *_: _Dtype(code)),
}
for _core in ("numpy.core", "numpy._core"):
    CONSTRUCTORS[(f"{_core}.multiarray", "_reconstruct")] = _Constructor(lambda *_: _Array())
    CONSTRUCTORS[(f"{_core}.multiarray", "scalar")] = _Constructor(_Scalar)
    CONSTRUCTORS[(f"{_core}.numeric", "_frombuffer")] = _Constructor(
        lambda raw, dtype, shape, order: _Array(shape, dtype, raw, order)
    )


class _PlainUnpickler(pickle.Unpickler):
    """Python's unpickler with every name but those of NumPy arrays refused."""

    def find_class(self, module_name: str, global_name: str) -> object:
        if (module_name, global_name) not in CONSTRUCTORS:
            raise UnsafePickle(f"it asks for {module_name}.{global_name}; only arrays and plain data are read")
        return CONSTRUCTORS[(module_name, global_name)]

    def persistent_load(self, pid: object) -> object:
        raise UnsafePickle("it refers to something outside the file")


def _built(value: object) -> object:
    """`value` with its arrays built. Raises UnsafePickle if it holds anything but plain data."""
    if isinstance(value, _Array):
        return value.built().item() if isinstance(value, _Scalar) else value.built()
    if isinstance(value, dict) and all(isinstance(key, str) for key in value):
        return {key: _built(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_built(entry) for entry in value]
    if value is None or type(value) in (bool, int, float, str):
        return value
    raise UnsafePickle(f"it holds a {type(value).__name__}; only arrays and plain data are read")
