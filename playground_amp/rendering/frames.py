"""Pictures of recorded motion, without a screen.

On Linux the pictures are drawn through EGL (or OSMesa), which need no display; `MUJOCO_GL` overrules that choice.
"""

import os
import sys
from collections.abc import Callable, Iterator
from ctypes.util import find_library
from typing import Protocol

import mujoco
import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.models import visual_model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of

FOLLOWING = "track"
_BESIDE = 1.4  # m from WildRobot, of the camera that follows a robot whose model has none of its own
_AZIMUTH, _ELEVATION = 121.0, -9.0  # degrees, of that camera
HOW_TO_INSTALL = "on Debian or Ubuntu: apt-get install libegl1 libgl1-mesa-dri"


class Context(Protocol):
    """An OpenGL context of a fixed size."""

    def make_current(self) -> None: ...

    def free(self) -> None: ...


def render_frames(
    robot: Robot, qpos: np.ndarray, *, width: int = 640, height: int = 480, camera: str = FOLLOWING
) -> Iterator[np.ndarray]:
    """Draws the robot in each of the given states.

    Args:
        robot: which robot and scene.
        qpos: [T, 7 + J] m, quaternion wxyz, rad; one picture a row.
        width: of the picture, even, at most the scene's offscreen buffer.
        height: likewise.
        camera: name of a camera of the model; `track` follows the robot (also one whose model has no such camera),
            `overview` stands still.

    Yields:
        uint8 [height, width, 3] RGB.

    Raises:
        UserError: no such camera, a size that does not fit, or no OpenGL library on this machine.
    """
    model = visual_model_of(robot)
    view = _view_of(robot, camera)
    largest = (model.vis.global_.offwidth, model.vis.global_.offheight)
    if width % 2 or height % 2 or not (0 < width <= largest[0] and 0 < height <= largest[1]):
        raise UserError(f"picture of {width} x {height}: both must be even, at most {largest[0]} x {largest[1]}")
    picture = mujoco.MjrRect(0, 0, width, height)
    return draw_each(model, view, picture, new_context(width, height), np.asarray(qpos, dtype=float), _place)


def require_rendering() -> None:
    """Says early whether this machine can draw.

    Raises:
        UserError: no OpenGL library on this machine; the message names the system packages.
    """
    new_context(16, 16).free()


def _view_of(robot: Robot, camera: str) -> mujoco.MjvCamera:
    model = visual_model_of(robot)
    cameras = [model.camera(index).name for index in range(model.ncam)]
    view = mujoco.MjvCamera()
    if camera in cameras:
        view.type, view.fixedcamid = mujoco.mjtCamera.mjCAMERA_FIXED, model.camera(camera).id
    elif camera == FOLLOWING:
        view.type, view.trackbodyid = mujoco.mjtCamera.mjCAMERA_TRACKING, model.body(robot.base_name).id
        view.distance = _BESIDE * scale_of(robot).length
        view.azimuth, view.elevation = _AZIMUTH, _ELEVATION
    else:
        known = dict.fromkeys([FOLLOWING, *cameras])
        raise UserError(f"unknown camera {camera!r}: known are {', '.join(known)}")
    return view


def draw_each(
    model: mujoco.MjModel,
    view: mujoco.MjvCamera,
    picture: mujoco.MjrRect,
    context: Context,
    rows: np.ndarray,
    pose: Callable[[mujoco.MjData, np.ndarray], None],
    add: Callable[[mujoco.MjvScene, np.ndarray], None] = lambda scene, row: None,
) -> Iterator[np.ndarray]:
    """A picture, uint8 [height, width, 3], for each row: `pose` places the model, `add` puts more into the scene.

    Frees the context when it ends.
    """
    context.make_current()
    drawing = mujoco.MjrContext(model, mujoco.mjtFontScale.mjFONTSCALE_100.value)
    mujoco.mjr_setBuffer(mujoco.mjtFramebuffer.mjFB_OFFSCREEN.value, drawing)
    data, scene, options = mujoco.MjData(model), mujoco.MjvScene(model, maxgeom=1000), mujoco.MjvOption()
    pixels = np.empty((picture.height, picture.width, 3), dtype=np.uint8)
    try:
        for row in rows:
            context.make_current()
            pose(data, row)
            mujoco.mj_fwdPosition(model, data)
            mujoco.mjv_updateScene(model, data, options, None, view, mujoco.mjtCatBit.mjCAT_ALL, scene)
            add(scene, row)
            mujoco.mjr_render(picture, scene, drawing)
            mujoco.mjr_readPixels(pixels, None, picture, drawing)
            yield np.flipud(pixels).copy()
    finally:
        drawing.free()
        context.free()


def _place(data: mujoco.MjData, qpos: np.ndarray) -> None:
    data.qpos[:] = qpos


def new_context(width: int, height: int) -> Context:
    """An OpenGL context of the platform that fits this machine."""
    from OpenGL.error import Error as OpenGLError

    try:
        return _context_class()(width, height)
    except (ImportError, AttributeError, RuntimeError, OpenGLError) as error:
        raise UserError(f"this machine cannot draw pictures ({error}); {HOW_TO_INSTALL}") from error


def _context_class() -> Callable[[int, int], Context]:
    if os.environ.get("MUJOCO_GL") or not sys.platform.startswith("linux"):
        return mujoco.GLContext
    if find_library("EGL"):
        from mujoco.egl import GLContext

        return GLContext
    if find_library("OSMesa"):
        from mujoco.osmesa import GLContext

        return GLContext
    raise ImportError("neither libEGL nor libOSMesa is installed")
