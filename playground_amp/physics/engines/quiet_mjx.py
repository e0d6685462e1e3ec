"""Imports MJX quietly, and without what only its mesh collisions need.

Import this before MJX, and before Brax, which imports MJX.

- MJX prints that Warp is not installed; whoever asks for the warp engine is told so properly.
- Its meshes bring SciPy's geometry and trimesh, half a second for every start of a training: they are loaded when
  MJX first uses them, and never where physics is another engine's.
"""

import contextlib
import importlib.abc
import importlib.machinery
import importlib.util
import io
import sys
from collections.abc import Sequence
from types import ModuleType

_MESHES = "mujoco.mjx._src.mesh"


class _MeshesLater(importlib.abc.MetaPathFinder):
    """Finds MJX's module of meshes as one that is loaded when it is first used."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(fullname, path, target) if fullname == _MESHES else None
        if spec and spec.loader:
            spec.loader = importlib.util.LazyLoader(spec.loader)
        return spec


sys.meta_path.insert(0, _MeshesLater())

with contextlib.redirect_stdout(io.StringIO()):
    import mujoco.mjx as mjx

__all__ = ["mjx"]
