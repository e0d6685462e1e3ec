"""The cache of compiled programs heals itself: what is damaged in it goes, and is kept anew.

JAX writes entries in place, so a full disk, a kill or a second reader finds half of one. It says so, compiles, and does
not write over what is there: without this it would say so at every start for ever.
"""

import os
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO

from playground_amp.telling import warn_once

_READING = re.compile(r"Error reading persistent compilation cache entry for '([^']+)'")
_WRITING = re.compile(r"Error writing persistent compilation cache entry")


def heal_program_cache() -> None:
    """Has JAX's warnings about its cache acted upon from now on, and said once instead of program by program."""
    show = warnings.showwarning

    def heard(
        message: Warning | str,
        category: type[Warning],
        filename: str,
        lineno: int,
        file: TextIO | None = None,
        line: str | None = None,
    ) -> None:
        if not _acted_upon(str(message)):
            show(message, category, filename, lineno, file, line)

    warnings.filterwarnings("always", message="Error (reading|writing) persistent compilation cache")
    warnings.showwarning = heard


def _acted_upon(message: str) -> bool:
    folder = os.environ.get("JAX_COMPILATION_CACHE_DIR", "")
    found = _READING.match(message)
    damaged = sorted(Path(folder).glob(f"{found[1]}-*-cache")) if found else []  # which of them it was is not said
    if damaged:
        _forget(damaged)
        warn_once(f"a compiled program in {folder} is damaged: it is compiled and kept anew")
    elif found or _WRITING.match(message):
        reason = message.rpartition("': ")[2]
        warn_once(f"compiled programs cannot be kept in {folder} ({reason}): every start compiles them again")
    else:
        return False
    return True


def _forget(damaged: Sequence[Path]) -> None:
    for path in damaged:
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            warn_once(f"{path} cannot be removed ({error.strerror}): remove it")
