"""A NumPy function inside a jitted program: on a CPU without a copy and without a Python object in the program.

`jax.pure_callback` puts the address of a Python object into the program, so JAX never keeps such a program in its
compilation cache, and it wraps every array on its way in and out. Here the program names a handler of XLA's foreign
function interface instead, a C function that `ctypes` makes of a Python one: the program is kept like any other, and
the function sees XLA's own memory. The structs are those of xla/ffi/api/c_api.h, which jaxlib ships
(`jax.ffi.include_dir()`); XLA promises to go on reading them for at least a year. Where it does so no longer, and
where rows must come from a GPU, it is `pure_callback` after all: slower to start, with the same results.
"""

import atexit
import contextlib
import ctypes
import threading
from collections.abc import Callable
from ctypes import CFUNCTYPE, POINTER, Structure, c_char_p, c_int, c_int64, c_size_t, c_uint32, c_void_p
from functools import cache, partial

import jax
import numpy as np

HostFunction = Callable[[np.ndarray, np.ndarray], None]  # (in, out): float32 both; fills `out`
_API_VERSION = (0, 3)
_METADATA_EXTENSION = 1
_EXECUTE, _INTERNAL_ERROR = 3, 13  # a stage, an error code


class _Extension(Structure):
    _fields_ = (("size", c_size_t), ("kind", c_int), ("next", c_void_p))


class _Version(Structure):
    _fields_ = (("size", c_size_t), ("extension", c_void_p), ("major", c_int), ("minor", c_int))


class _Metadata(Structure):
    _fields_ = (("size", c_size_t), ("version", _Version), ("traits", c_uint32))


class _MetadataExtension(Structure):
    _fields_ = (("base", _Extension), ("metadata", POINTER(_Metadata)))


class _Buffer(Structure):
    _fields_ = (
        ("size", c_size_t),
        ("extension", c_void_p),
        ("dtype", c_int),
        ("data", c_void_p),
        ("rank", c_int64),
        ("dims", POINTER(c_int64)),
    )


class _Buffers(Structure):
    _fields_ = (
        ("size", c_size_t),
        ("extension", c_void_p),
        ("count", c_int64),
        ("kinds", POINTER(c_int)),
        ("buffers", POINTER(POINTER(_Buffer))),
    )


class _ErrorArguments(Structure):
    _fields_ = (("size", c_size_t), ("extension", c_void_p), ("message", c_char_p), ("code", c_int))


class _Api(Structure):
    _fields_ = (
        ("size", c_size_t),
        ("extension", c_void_p),
        ("version", _Version),
        ("internal", c_void_p),
        ("create_error", CFUNCTYPE(c_void_p, POINTER(_ErrorArguments))),
    )


class _CallFrame(Structure):
    _fields_ = (
        ("size", c_size_t),
        ("extension", POINTER(_Extension)),
        ("api", POINTER(_Api)),
        ("context", c_void_p),
        ("stage", c_int),
        ("arguments", _Buffers),
        ("results", _Buffers),
    )


_Handler = CFUNCTYPE(c_void_p, POINTER(_CallFrame))
_functions: dict[str, HostFunction] = {}
_handlers: list[object] = []  # XLA keeps no reference
_ending = threading.Event()  # set when the interpreter ends: programs that still run are to stop at their next call


def register(name: str, function: HostFunction) -> None:
    """Makes `function` callable under `name` from programs of this process; a name once given stays with its function.

    A program from the compilation cache finds its function by name: the same name must do the same in every process.
    """
    if not _functions:
        atexit.register(_end_programs)  # so it runs before JAX's own, which waits for programs that wait for Python
    if name not in _functions:
        _functions[name] = function
        if xla_reads_handlers():
            _register_handler(name, function)


@cache
def xla_reads_handlers() -> bool:
    """Whether XLA still takes handlers as they are written here, tried once a process with one that nobody calls."""
    if not hasattr(getattr(jax, "ffi", None), "ffi_call"):
        return False
    try:
        _register_handler("wildrobot_probe", _no_function)
    except (AttributeError, ImportError, RuntimeError, TypeError, ValueError):
        return False
    return True


def call(name: str, result: jax.ShapeDtypeStruct, row: jax.Array) -> jax.Array:
    """The result of the registered function of one row; under `vmap` it gets all rows at once, [..., n] to [..., m]."""
    if jax.default_backend() == "cpu" and xla_reads_handlers():
        return jax.ffi.ffi_call(name, result, vmap_method="broadcast_all")(row)
    fill = partial(_filled, _functions[name], result.shape, row.ndim)
    return jax.pure_callback(fill, result, row, vmap_method="broadcast_all")


def _register_handler(name: str, function: HostFunction) -> None:
    handler = _Handler(lambda frame: _handle(frame.contents, function))
    _handlers.append(handler)
    capsule = jax.ffi.pycapsule(ctypes.cast(handler, c_void_p))
    jax.ffi.register_ffi_target(name, capsule, platform="cpu")


def _no_function(rows: np.ndarray, results: np.ndarray) -> None:
    """Does nothing."""


def _filled(function: HostFunction, result_shape: tuple[int, ...], row_rank: int, rows: np.ndarray) -> np.ndarray:
    """The results of rows [..., row] as an array of their own."""
    if _ending.is_set():
        raise InterruptedError("the interpreter ends")
    rows = np.asarray(rows)
    results = np.empty((*rows.shape[: rows.ndim - row_rank], *result_shape), np.float32)
    function(rows, results)
    return results


def _handle(frame: _CallFrame, function: HostFunction) -> int | None:
    """None, or the address of an error of XLA's."""
    if frame.extension and frame.extension.contents.kind == _METADATA_EXTENSION:
        extension = ctypes.cast(frame.extension, POINTER(_MetadataExtension)).contents
        version = extension.metadata.contents.version
        version.major, version.minor = _API_VERSION
        return None
    if frame.stage != _EXECUTE:
        return None
    try:
        if _ending.is_set():
            raise InterruptedError("the interpreter ends")
        function(_array(frame.arguments), _array(frame.results))
    except Exception as error:  # whatever it is: C cannot carry it on, XLA raises it as a JaxRuntimeError
        message = f"{type(error).__name__}: {error}".encode()
        arguments = _ErrorArguments(ctypes.sizeof(_ErrorArguments), None, message, _INTERNAL_ERROR)
        return frame.api.contents.create_error(ctypes.byref(arguments))
    return None


def _array(buffers: _Buffers) -> np.ndarray:
    """The only buffer as an array on its own memory."""
    buffer = buffers.buffers[0].contents
    shape = tuple(buffer.dims[: buffer.rank])
    return np.ctypeslib.as_array(ctypes.cast(buffer.data, POINTER(ctypes.c_float)), shape)


def _end_programs() -> None:
    """Ends the programs that still run, as after an error of the script that began them."""
    _ending.set()
    for array in jax.live_arrays():
        with contextlib.suppress(Exception):  # its program has been stopped
            array.block_until_ready()
