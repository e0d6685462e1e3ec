"""MJX without its print that Warp is not installed: the error of the warp engine says it better."""

import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    import mujoco.mjx as mjx

__all__ = ["mjx"]
