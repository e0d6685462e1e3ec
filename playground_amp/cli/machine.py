"""What the environment tells JAX, looked at before JAX starts: what cannot be is refused in one sentence."""

import os
import re
import subprocess
import sys
from collections.abc import MutableMapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.paths import extra_hint
from playground_amp.physics.registry import NVIDIA_DRIVERS
from playground_amp.telling import warn

_NO = ("n", "no", "f", "false", "off", "0")  # as JAX reads a variable
_RULES = {  # variable → what it says where nothing is asked for
    "JAX_DISABLE_JIT": _NO,
    "JAX_DEBUG_NANS": _NO,  # a robot that falls over its own numbers is set aside, and no error
    "JAX_DEBUG_INFS": _NO,
    "JAX_CHECK_TRACER_LEAKS": _NO,
    "JAX_NUMPY_RANK_PROMOTION": ("allow",),
    "JAX_NUMPY_DTYPE_PROMOTION": ("standard",),
    "JAX_DEFAULT_PRNG_IMPL": ("threefry2x32",),  # saved states hold its keys
    "JAX_DEFAULT_DTYPE_BITS": ("32",),
}
_NVIDIA = ("cuda", "gpu")
_OTHERS = ("cpu", "tpu", "rocm")

_STARTS_XLA = "from jaxlib import xla_client; xla_client.make_cpu_client()"
_UNKNOWN_FLAG = re.compile(r"Unknown flags? in XLA_FLAGS: *(.*)")
_DEVICES = re.compile(r"|-1|[1-9][0-9]{0,5}")
_RENDERERS = (
    *("", "egl", "osmesa", "glfw", "glx", "cgl", "wgl", "enable", "enabled", "on", "true", "1"),
    *("disable", "disabled", "off", "false", "0"),
)
_PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")


def check_machine(environment: MutableMapping[str, str] = os.environ) -> None:
    """Has JAX compute in 32 bits, by its usual rules and compiled, as all of this was written and tested for.

    Whatever else the environment asks for is left aside, and said.

    Raises UserError if the environment asks for a kind of device that this machine does not have, or for what neither
    JAX nor MuJoCo knows.
    """
    if environment.get("JAX_ENABLE_X64", "").lower() not in ("", *_NO):
        environment["JAX_ENABLE_X64"] = "0"
        warn("JAX_ENABLE_X64 is left aside: everything here is computed in 32 bits")
    for variable, usual in _RULES.items():
        if environment.pop(variable, "").lower() not in ("", *usual):
            warn(f"{variable} is left aside: everything here was written for JAX's usual rules")
    if (renderer := environment.get("MUJOCO_GL", "").lower().strip()) not in _RENDERERS:
        raise UserError(f"MUJOCO_GL={renderer}: MuJoCo knows egl, osmesa and glfw; unset it, and it chooses")
    if not _DEVICES.fullmatch(devices := environment.get("JAX_NUM_CPU_DEVICES", "")):
        raise UserError(f"JAX_NUM_CPU_DEVICES={devices}: a whole number above 0 is needed; unset it for 1")
    if environment.get("XLA_FLAGS", "").strip():
        _check_xla_flags(environment["XLA_FLAGS"])
    for variable in ("JAX_PLATFORMS", "JAX_PLATFORM_NAME"):
        for name in filter(None, environment.get(variable, "").lower().split(",")):
            if name in _NVIDIA and (missing := _missing_for_nvidia()):
                raise UserError(f"{variable}={environment[variable]}: {missing}; unset it, or set {variable}=cpu")
            if name not in (*_NVIDIA, *_OTHERS):
                known = ", ".join((*_OTHERS, _NVIDIA[0]))
                raise UserError(f"{variable}={environment[variable]}: JAX knows {known}, not {name}")


@cache
def _check_xla_flags(flags: str) -> None:
    """Has another process read them first, for XLA aborts the one that was given a flag which it does not know."""
    tried = subprocess.run(
        [sys.executable, "-c", _STARTS_XLA], env={**os.environ, "XLA_FLAGS": flags}, capture_output=True, check=False
    )
    said = tried.stderr.decode(errors="replace")
    if tried.returncode and "Traceback" not in said:
        unknown = _UNKNOWN_FLAG.search(said)
        reason = f"XLA does not know {unknown[1]}" if unknown else "XLA cannot start with it"
        raise UserError(f"XLA_FLAGS={flags}: {reason}; correct it, or unset XLA_FLAGS")


def _missing_for_nvidia() -> str:
    if not any(Path(path).exists() for path in NVIDIA_DRIVERS):
        return "this machine has no NVIDIA card, or no driver for it"
    if not any(map(find_spec, _PLUGINS)):
        return f"JAX's plug-in for NVIDIA cards is not installed ({extra_hint('gpu')})"
    return ""
