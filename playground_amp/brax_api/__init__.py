"""The one door to Brax: `learning` has its parts for learning, `environments` its environments and whole trainers.

Brax's package imports its simulators and MJX before anything else, a second of every start, for names that learning
does not use. So the package is entered without being run, and runs when somebody asks it for such a name.
"""

import contextlib
import importlib.util
import io
import sys
from typing import Any


def _enter_without_simulators() -> None:
    """Puts the package `brax` in its place, to be run by the first use of a name that it defines itself."""
    spec = importlib.util.find_spec("brax")
    if "brax" in sys.modules or spec is None or spec.loader is None:
        return  # it is there whole, or it is not installed: then what follows says so
    package, loader = importlib.util.module_from_spec(spec), spec.loader

    def run_and_get(name: str) -> Any:
        del package.__dict__["__getattr__"]
        with contextlib.redirect_stdout(io.StringIO()):  # MJX prints that Warp is not installed
            loader.exec_module(package)
        return getattr(package, name)

    package.__dict__["__getattr__"] = run_and_get
    sys.modules["brax"] = package


_enter_without_simulators()
