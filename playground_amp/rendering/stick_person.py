"""Pictures of a person's recorded motion: a stick a bone, on a floor, with a camera that goes along."""

from collections.abc import Iterator, Sequence

import mujoco
import numpy as np

from playground_amp.rendering.frames import draw_each, new_context

_AZIMUTH, _ELEVATION = 121.0, -9.0  # degrees, as where a robot is followed
_AWAY = 2.0  # heights of the person, from the camera
_RADIUS = 0.02  # of that height, a stick's
_COLOR = np.array([0.85, 0.55, 0.25, 1.0])
_SCENE = """
<mujoco>
  <visual>
    <global offwidth="1280" offheight="720"/>
    <headlight ambient="0.4 0.4 0.4" diffuse="0.6 0.6 0.6"/>
  </visual>
  <asset>
    <texture name="sky" type="skybox" builtin="gradient" rgb1="0.9 0.93 0.97" rgb2="0.7 0.78 0.86"
      width="64" height="384"/>
    <texture name="floor" type="2d" builtin="checker" rgb1="0.75 0.78 0.82" rgb2="0.65 0.68 0.72"
      width="128" height="128"/>
    <material name="floor" texture="floor" texrepeat="1 1" texuniform="true"/>
  </asset>
  <worldbody>
    <light pos="0 0 5" dir="0 0 -1" directional="true"/>
    <geom type="plane" size="0 0 0.05" material="floor"/>
  </worldbody>
</mujoco>
"""


def render_person(points: np.ndarray, parents: Sequence[int], *, width: int, height: int) -> Iterator[np.ndarray]:
    """Draws joints at points [T, J, 3] m, z up over a floor at 0, each joined to its parent (-1: none).

    Yields uint8 [height, width, 3] RGB. Raises UserError if this machine cannot draw.
    """
    model = mujoco.MjModel.from_xml_string(_SCENE)
    tall = float(np.ptp(points[0, :, 2]))
    view = mujoco.MjvCamera()
    view.azimuth, view.elevation, view.distance = _AZIMUTH, _ELEVATION, _AWAY * tall

    def look(_: mujoco.MjData, row: np.ndarray) -> None:
        view.lookat[:] = *row[:, :2].mean(axis=0), tall / 2

    def add(scene: mujoco.MjvScene, row: np.ndarray) -> None:
        _add_sticks(scene, row, parents, _RADIUS * tall)

    picture = mujoco.MjrRect(0, 0, width, height)
    return draw_each(model, view, picture, new_context(width, height), points, look, add)


def _add_sticks(scene: mujoco.MjvScene, row: np.ndarray, parents: Sequence[int], radius: float) -> None:
    for joint, parent in enumerate(parents):
        if parent < 0 or not np.linalg.norm(row[joint] - row[parent]) > radius:
            continue
        stick = scene.geoms[scene.ngeom]
        capsule = mujoco.mjtGeom.mjGEOM_CAPSULE
        mujoco.mjv_initGeom(stick, capsule, np.zeros(3), np.zeros(3), np.eye(3).ravel(), _COLOR.astype(np.float32))
        mujoco.mjv_connector(stick, capsule, radius, row[parent], row[joint])
        scene.ngeom += 1
