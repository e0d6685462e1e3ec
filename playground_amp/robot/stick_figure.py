"""What is drawn of a robot whose model has nothing to see, such as one whose meshes were lost: boxes and sticks.

A body without a visible shape gets the box whose inertia it has, and a stick to every body that it carries.
"""

import mujoco
import numpy as np

LAST_SHOWN_GROUP = 2  # geoms of higher groups only touch the floor: MuJoCo does not draw those either
_THICKNESS = 0.02  # of the standing height, a stick's radius
_COLOR = [0.55, 0.58, 0.62, 1.0]
_LOOKS = {"contype": 0, "conaffinity": 0, "group": LAST_SHOWN_GROUP, "mass": 0.0, "rgba": _COLOR}


def add_stick_figure(spec: mujoco.MjSpec, model: mujoco.MjModel, height: float) -> bool:
    """Adds shapes to the bodies of a robot that show none; says whether there are such bodies.

    `model`: the specification, compiled. `height`: of the robot's base over the floor, m.
    """
    shown = {
        int(body)
        for body, group, rgba in zip(model.geom_bodyid, model.geom_group, model.geom_rgba, strict=True)
        if group <= LAST_SHOWN_GROUP and rgba[3] > 0
    }
    bare = [body for body in range(1, model.nbody) if body not in shown]
    for body in bare:
        target = spec.body(model.body(body).name)
        _add_box(target, model, body)
        for child in np.flatnonzero(model.body_parentid == body):
            _add_stick(target, model.body_pos[child], _THICKNESS * height)
    return bool(bare)


def _add_box(target: mujoco.MjsBody, model: mujoco.MjModel, body: int) -> None:
    """A box of edges a, b, c has the moments m/12 (b² + c²), and so on: here the other way round."""
    mass, moments = model.body_mass[body], model.body_inertia[body]
    if mass <= 0:
        return
    halves = np.sqrt(np.maximum(1.5 * (moments.sum() - 2 * moments) / mass, 1e-8))
    place = {"pos": model.body_ipos[body], "quat": model.body_iquat[body]}
    target.add_geom(type=mujoco.mjtGeom.mjGEOM_BOX, size=halves, **place, **_LOOKS)


def _add_stick(target: mujoco.MjsBody, to: np.ndarray, radius: float) -> None:
    if np.linalg.norm(to) > radius:
        ends = np.concatenate([np.zeros(3), to])
        target.add_geom(type=mujoco.mjtGeom.mjGEOM_CAPSULE, size=[radius, 0, 0], fromto=ends, **_LOOKS)
