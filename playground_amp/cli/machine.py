"""What the environment tells JAX, looked at before JAX starts: what cannot be is refused in one sentence."""

import os
from collections.abc import MutableMapping
from importlib.util import find_spec
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.paths import extra_hint
from playground_amp.physics.registry import NVIDIA_DRIVERS
from playground_amp.telling import warn

_YES = ("y", "yes", "t", "true", "on", "1")  # as JAX reads a variable
_NVIDIA = ("cuda", "gpu")
_OTHERS = ("cpu", "tpu", "rocm")

_PLUGINS = ("jax_cuda12_plugin", "jax_cuda13_plugin")


def check_machine(environment: MutableMapping[str, str] = os.environ) -> None:
    """Has JAX compute in 32 bits, as everything here does, whatever the environment asks for.

    Raises UserError if the environment asks for a kind of device that this machine does not have.
    """
    if environment.get("JAX_ENABLE_X64", "").lower() in _YES:
        environment["JAX_ENABLE_X64"] = "0"
        warn("JAX_ENABLE_X64 is left aside: everything here is computed in 32 bits")
    for variable in ("JAX_PLATFORMS", "JAX_PLATFORM_NAME"):
        for name in filter(None, environment.get(variable, "").lower().split(",")):
            if name in _NVIDIA and (missing := _missing_for_nvidia()):
                raise UserError(f"{variable}={environment[variable]}: {missing}; unset it, or set {variable}=cpu")
            if name not in (*_NVIDIA, *_OTHERS):
                known = ", ".join((*_OTHERS, _NVIDIA[0]))
                raise UserError(f"{variable}={environment[variable]}: JAX knows {known}, not {name}")


def _missing_for_nvidia() -> str:
    if not any(Path(path).exists() for path in NVIDIA_DRIVERS):
        return "this machine has no NVIDIA card, or no driver for it"
    if not any(map(find_spec, _PLUGINS)):
        return f"JAX's plug-in for NVIDIA cards is not installed ({extra_hint('gpu')})"
    return ""
