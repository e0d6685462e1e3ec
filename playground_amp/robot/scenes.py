"""The scene around a robot: its floor, flat or not, sky and light, a camera, and the home pose as a keyframe."""

import math
from collections.abc import Callable
from functools import partial

import mujoco
import numpy as np

from playground_amp.robot import terrain
from playground_amp.robot.courses import COURSES, Patch, patches

_FRICTION = [0.8, 0.005, 0.0001]  # sliding, torsional, rolling, of the nominal floor
_SKY = {"rgb1": [0.80, 0.88, 0.95], "rgb2": [0.45, 0.58, 0.72]}
_TILES = {"rgb1": [0.62, 0.66, 0.68], "rgb2": [0.55, 0.59, 0.62], "markrgb": [0.75, 0.78, 0.80]}
_ROUGH_POINTS = 441  # of the height field, each way: one every 0.1 m
_ROUGH_HALF_SIZE = 22.0  # m
_ROUGH_RELIEF = 0.8  # m from the lowest point that the height field can hold to the highest
_ROUGH_BASE = 0.1  # m of ground below the lowest
_HALF_THICKNESS = 0.25  # m, of a patch: whatever touches its top does not come out below
_SOFT_COLOR, _SLICK_COLOR = [0.46, 0.56, 0.70, 1], [0.88, 0.93, 0.96, 1]
_PAIRS_LOOKED_AT, _CONTACTS_SOLVED = 16, 8  # by MJX, which otherwise keeps a place for every patch beside every foot
_UNIT_HEIGHT = 0.46  # m, standing height of the robot that the pictures below were composed for


def add_scene(spec: mujoco.MjSpec, scene: str, standing_height: float, ground_scale: float) -> None:
    """Adds the floor of a scene of `SCENES` and all there is around it.

    Lengths of pictures follow the height [m]; those of ground that is not flat are `ground_scale` times WildRobot's.
    """
    size = standing_height / _UNIT_HEIGHT
    spec.stat.center, spec.stat.extent = [0, 0, 0.35 * size], 0.9 * size
    headlight = spec.visual.headlight
    headlight.diffuse, headlight.ambient, headlight.specular = [0.40] * 3, [0.35] * 3, [0.1] * 3
    spec.visual.rgba.haze = [0.75, 0.82, 0.90, 1]
    view = spec.visual.global_
    view.azimuth, view.elevation, view.offwidth, view.offheight = 130, -15, 1280, 720
    spec.visual.map.shadowclip = 4
    spec.visual.quality.shadowsize = 2048
    textures, builtin = mujoco.mjtTexture, mujoco.mjtBuiltin
    square = {"width": 256, "height": 256}
    spec.add_texture(name="sky", type=textures.mjTEXTURE_SKYBOX, builtin=builtin.mjBUILTIN_GRADIENT, **square, **_SKY)
    edges = mujoco.mjtMark.mjMARK_EDGE
    checker = {"type": textures.mjTEXTURE_2D, "builtin": builtin.mjBUILTIN_CHECKER, "mark": edges}
    spec.add_texture(name="tiles", **checker, **square, **_TILES)
    tiles = spec.add_material(name="tiles", texuniform=True, texrepeat=[1, 1])  # one tile is 0.5 m
    tiles.textures[mujoco.mjtTextureRole.mjTEXROLE_RGB] = "tiles"
    SCENES[scene](spec, ground_scale)
    if not spec.lights:
        _add_light(spec.worldbody.first_body(), size)
    camera = spec.worldbody.add_camera(name="overview", pos=[2.2 * size, -2.2 * size, 1.2 * size])
    camera.alt.type = mujoco.mjtOrientation.mjORIENTATION_XYAXES
    camera.alt.xyaxes = [0.707, 0.707, 0, -0.29, 0.29, 0.91]


def _add_light(base: mujoco.MjsBody, size: float) -> None:
    """A lamp behind the robot that goes with it, for a model that has none."""
    base.add_light(
        name="key",
        mode=mujoco.mjtCamLight.mjCAMLIGHT_TRACKCOM,
        type=mujoco.mjtLightType.mjLIGHT_DIRECTIONAL,
        pos=[-0.2 * size, -0.5 * size, 1.5 * size],
        dir=[0.12, 0.3, -0.9],
        diffuse=[0.7] * 3,
        specular=[0.2] * 3,
    )


def _add_flat_floor(spec: mujoco.MjSpec, ground_scale: float) -> None:
    del ground_scale
    _add_floor(spec, type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 0.05])


def _add_rough_floor(spec: mujoco.MjSpec, ground_scale: float) -> None:
    """Bumps on slopes; the heights, from terrain.py, are filled in after compiling (`fill_ground`)."""
    half, relief = _ROUGH_HALF_SIZE * ground_scale, _ROUGH_RELIEF * ground_scale
    size = [half, half, relief, _ROUGH_BASE * ground_scale]
    blank = np.zeros(_ROUGH_POINTS**2)
    spec.add_hfield(name="ground", nrow=_ROUGH_POINTS, ncol=_ROUGH_POINTS, size=size, userdata=blank)
    _add_floor(spec, type=mujoco.mjtGeom.mjGEOM_HFIELD, hfieldname="ground", pos=[0, 0, -relief / 2])


def _add_course(scene: str, spec: mujoco.MjSpec, ground_scale: float) -> None:
    """A box for every patch: where it is touched is exact, and MuJoCo finds the near ones in a tree."""
    for number, patch in enumerate(patches(scene, ground_scale)):
        _add_patch(spec, f"floor_{number}" if number else "floor", patch, ground_scale)
    spec.add_numeric(name="max_geom_pairs", data=[_PAIRS_LOOKED_AT])
    spec.add_numeric(name="max_contact_points", data=[_CONTACTS_SOLVED])


def _add_patch(spec: mujoco.MjSpec, name: str, patch: Patch, ground_scale: float) -> None:
    """A box whose upper face lies over the rectangle, turned about one axis at most."""
    angles = -math.atan(patch.slope_x), math.atan(patch.slope_y)
    lengths = np.subtract([patch.x[1], patch.y[1]], [patch.x[0], patch.y[0]])
    middle = np.array([np.mean(patch.x), np.mean(patch.y), patch.height])
    middle[2] += (patch.slope_x * lengths[0] + patch.slope_y * lengths[1]) / 2
    up = np.array([-patch.slope_x, -patch.slope_y, 1.0])
    thickness = _HALF_THICKNESS * ground_scale
    shape = {
        "type": mujoco.mjtGeom.mjGEOM_BOX,
        "pos": middle - thickness * up / np.linalg.norm(up),
        "quat": [math.cos(sum(angles) / 2), math.sin(angles[1] / 2), math.sin(angles[0] / 2), 0.0],
        "size": [lengths[0] / 2 / math.cos(angles[0]), lengths[1] / 2 / math.cos(angles[1]), thickness],
    }
    looks = {}
    if patch.give is not None:
        shape["solref"], looks = [patch.give, 1.0], {"material": "", "rgba": _SOFT_COLOR}
    if patch.friction is not None:
        shape["friction"] = [patch.friction, *_FRICTION[1:]]
        looks = {"material": "", "rgba": _SLICK_COLOR}
    _add_floor(spec, name=name, **shape, **looks)


def _add_floor(spec: mujoco.MjSpec, **own: object) -> None:
    """The floor's friction rules every contact (priority), so one number sets it."""
    contact = {"contype": 1, "conaffinity": 0, "condim": 3, "friction": _FRICTION, "priority": 1}
    spec.worldbody.add_geom(**{"name": "floor", "material": "tiles", **contact, **own})


SCENES: dict[str, Callable[[mujoco.MjSpec, float], None]] = {
    "flat": _add_flat_floor,
    "rough": _add_rough_floor,
    **{course: partial(_add_course, course) for course in COURSES},
}


def fill_ground(model: mujoco.MjModel, ground_scale: float) -> None:
    """Writes the heights of rough ground into the compiled model."""
    relief = model.hfield_size[0][2]
    rows, columns = int(model.hfield_nrow[0]), int(model.hfield_ncol[0])
    ground = ground_scale * terrain.heights(rows, columns, _ROUGH_HALF_SIZE, _ROUGH_HALF_SIZE)
    model.hfield_data[:] = ((ground - model.geom("floor").pos[2]) / relief).ravel()


def home_qpos(spec: mujoco.MjSpec, height: float, angles: dict[str, float]) -> np.ndarray:
    """The configuration of a robot with a free base at a height [m], upright, joints at angles [rad] by name."""
    names = [joint.name for joint in spec.joints if joint.type == mujoco.mjtJoint.mjJNT_HINGE]
    return np.array([0, 0, height, 1, 0, 0, 0, *(angles.get(name, 0.0) for name in names)])
