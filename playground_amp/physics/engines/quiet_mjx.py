"""MJX without its print that Warp is not installed: whoever asks for the warp engine is told so properly."""

import contextlib
import io

with contextlib.redirect_stdout(io.StringIO()):
    import mujoco.mjx as mjx

__all__ = ["mjx"]
