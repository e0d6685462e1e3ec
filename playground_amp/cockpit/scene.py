"""The robot on its floor in the browser, drawn by viser from the shapes of the robot's own model.

The camera is the visitor's. The world is what moves: it is shifted under the robot, smoothly, so that the robot stays
in view and neither sway nor bob of its base shakes the picture.
"""

from collections import defaultdict
from collections.abc import Sequence

import numpy as np
import trimesh
import viser
from trimesh import graph
from trimesh.util import append_faces
from trimesh.visual.material import PBRMaterial
from trimesh.visual.texture import TextureVisuals

from playground_amp.rendering.body_poses import BodyPlacer
from playground_amp.robot.looks import Shape, body_names, visible_shapes
from playground_amp.robot.record import Heights, Patchwork, Robot
from playground_amp.robot.scale import Scale, scale_of

# Lengths and times are WildRobot's; another robot's are scaled.
_WORLD = "/world"
_CAMERA, _LOOK_AT = (1.05, -1.45, 0.75), (0.0, 0.0, 0.30)  # m
_FOG = (6.0, 22.0)  # m from the camera, where it begins and where it hides everything
_FOLLOW_TIME = 0.4  # s in which the camera makes up 63 % of its distance to the robot
_JUMP = 1.0  # m that a robot only moves at once when it is put back
_PUSH_LENGTH = 0.02  # m of arrow a newton
_CREASE = np.radians(40)  # edges sharper than this stay edges; flatter ones are shaded round
_MANY_TRIANGLES = 20_000  # of a mesh; finding the edges of more takes seconds
_FLOOR_COLOR = (232, 235, 239)
_ARROW_COLOR = (230, 60, 40)


class Scene:
    """One robot, its floor and the push on it."""

    def __init__(self, server: viser.ViserServer, robot: Robot):
        self._server = server
        self._placer = BodyPlacer(robot)
        self._scale = scale_of(robot)
        self._shift = np.zeros(2)
        scene, size = server.scene, self._scale.length
        scene.set_up_direction("+z")
        scene.configure_environment_map("studio", environment_intensity=0.35)
        scene.configure_default_lights(cast_shadow=True)
        scene.configure_fog(size * _FOG[0], size * _FOG[1], color=(235, 238, 242))
        server.initial_camera.position = size * np.array(_CAMERA)
        server.initial_camera.look_at = size * np.array(_LOOK_AT)
        server.initial_camera.fov = np.radians(40)
        self._world = scene.add_frame(_WORLD, show_axes=False)
        _add_floor(scene, robot)
        self._bodies = _add_bodies(scene, robot)
        self._arrow = scene.add_arrows(f"{_WORLD}/push", np.zeros((1, 2, 3)), _ARROW_COLOR, visible=False)

    def show(self, qpos: np.ndarray, push_w: np.ndarray | None, seconds: float) -> None:
        """Draws the robot at qpos [7 + J] and the force [3] N that pushes it, `seconds` after the last picture."""
        poses = self._placer(qpos)
        self._follow(qpos[:2], seconds)
        with self._server.atomic():
            self._world.position = (-self._shift[0], -self._shift[1], 0.0)
            for index, frame in self._bodies.items():
                frame.position, frame.wxyz = poses.position_w[index], poses.quaternion_w[index]
            self._show_push(qpos[:3], push_w)

    def _follow(self, position_w: np.ndarray, seconds: float) -> None:
        away = position_w - self._shift
        jumped = np.linalg.norm(away) > _JUMP * self._scale.length
        made_up = 1 - np.exp(-seconds / (_FOLLOW_TIME * self._scale.time))
        self._shift = self._shift + away * (1.0 if jumped else made_up)

    def _show_push(self, base_w: np.ndarray, push_w: np.ndarray | None) -> None:
        if push_w is not None:
            self._arrow.points = arrow(base_w, push_w, self._scale)[None].astype(np.float32)
        if self._arrow.visible != (push_w is not None):
            self._arrow.visible = push_w is not None


def arrow(base_w: np.ndarray, push_w: np.ndarray, scale: Scale) -> np.ndarray:
    """Tail and head [2, 3] m of the arrow of a push [3] N: as long, beside the robot, as that of WildRobot's like."""
    length = _PUSH_LENGTH * scale.length / scale.force
    return np.stack([base_w - length * push_w, base_w])


def _add_floor(scene: viser.SceneApi, robot: Robot) -> None:
    """A grid without end where the floor is flat; the ground, drawn as it is simulated, where it is not."""
    if robot.ground is not None:
        vertices, faces = ground_mesh(robot.ground)
        scene.add_mesh_simple(f"{_WORLD}/floor", vertices, faces, color=_FLOOR_COLOR, flat_shading=True)
        return
    scene.add_grid(
        f"{_WORLD}/floor",
        infinite_grid=True,
        cell_size=0.1,
        section_size=0.5,
        cell_color=(205, 210, 216),
        section_color=(170, 177, 186),
        plane_color=_FLOOR_COLOR,
        plane_opacity=1.0,
        shadow_opacity=0.25,
        fade_distance=scale_of(robot).length * _FOG[1],
    )


def ground_mesh(ground: Heights | Patchwork) -> tuple[np.ndarray, np.ndarray]:
    """The surface of a ground: vertices [V, 3] m and triangles [F, 3] facing up."""
    return _patch_mesh(ground) if isinstance(ground, Patchwork) else _field_mesh(ground)


def _patch_mesh(ground: Patchwork) -> tuple[np.ndarray, np.ndarray]:
    """Every patch with its own corners; between patches beside each other along x, the riser of the step."""
    x, y = np.meshgrid(ground.x, ground.y)
    length, width = np.diff(x, axis=1)[:-1], np.diff(y, axis=0)[:, :-1]
    near, far = ground.height, ground.height + ground.slope_x * length
    heights = [near, far, far + ground.slope_y * width, near + ground.slope_y * width]  # around the patch
    sides = [(x[:-1, :-1], y[:-1, :-1]), (x[:-1, 1:], y[:-1, 1:]), (x[1:, 1:], y[1:, 1:]), (x[1:, :-1], y[1:, :-1])]
    corners = np.stack([np.stack([*side, each], axis=-1) for side, each in zip(sides, heights, strict=True)], axis=2)
    number = 4 * np.arange(x[:-1, :-1].size).reshape(near.shape)
    tops = np.stack([number, number + 1, number + 2, number + 3], axis=-1).reshape(-1, 4)
    before, after = number[:, :-1], number[:, 1:]
    risers = np.stack([before + 1, after, after + 3, before + 2], axis=-1).reshape(-1, 4)
    quads = np.concatenate([tops, risers])
    return corners.reshape(-1, 3), np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])


def _field_mesh(ground: Heights) -> tuple[np.ndarray, np.ndarray]:
    """Of a height field: vertices [R·C, 3] row by row, two triangles a cell."""
    rows, columns = ground.height.shape
    x = np.linspace(-ground.half_length, ground.half_length, columns)
    y = np.linspace(-ground.half_width, ground.half_width, rows)
    vertices = np.stack([*np.meshgrid(x, y), ground.height], axis=-1).reshape(-1, 3)
    corner = (np.arange(rows - 1)[:, None] * columns + np.arange(columns - 1)).ravel()
    right, above, opposite = corner + 1, corner + columns, corner + columns + 1
    faces = np.concatenate([np.stack([corner, right, opposite], -1), np.stack([corner, opposite, above], -1)])
    return vertices, faces


def _add_bodies(scene: viser.SceneApi, robot: Robot) -> dict[int, viser.FrameHandle]:
    """A frame a body, by its index in the model, with a mesh of each of its colors under it."""
    by_look: dict[int, dict[tuple[float, ...], list[Shape]]] = defaultdict(lambda: defaultdict(list))
    for shape in visible_shapes(robot):
        by_look[shape.body][shape.rgb].append(shape)
    names, frames = body_names(robot), {}
    for body, colors in by_look.items():
        frames[body] = scene.add_frame(f"{_WORLD}/{names[body]}", show_axes=False)
        for number, (rgb, shapes) in enumerate(colors.items()):
            scene.add_mesh_trimesh(f"{_WORLD}/{names[body]}/{number}", _joined(shapes, rgb))
    return frames


def _joined(shapes: Sequence[Shape], rgb: Sequence[float]) -> trimesh.Trimesh:
    """The shapes of one body and color as one mesh."""
    smooth = [_shaded(shape_mesh(shape)) for shape in shapes]
    vertices, faces = append_faces([mesh.vertices for mesh in smooth], [mesh.faces for mesh in smooth])
    linear = [_to_linear(channel) for channel in rgb]
    paint = PBRMaterial(baseColorFactor=[*linear, 1.0], metallicFactor=0.05, roughnessFactor=0.5)
    return trimesh.Trimesh(vertices, faces, visual=TextureVisuals(material=paint), process=False)


def _shaded(mesh: trimesh.Trimesh) -> trimesh.Trimesh:
    """The mesh with its flat edges shaded round; one of very many triangles looks round as it is."""
    return mesh if len(mesh.faces) > _MANY_TRIANGLES else graph.smooth_shade(mesh, _CREASE)


def _to_linear(channel: float) -> float:
    """An sRGB channel as the linear light that glTF materials are given in (IEC 61966-2-1)."""
    return channel / 12.92 if channel <= 0.04045 else ((channel + 0.055) / 1.055) ** 2.4


def shape_mesh(shape: Shape) -> trimesh.Trimesh:
    """The surface of a shape in its body's frame, m."""
    radius, half_length = shape.size[0], shape.size[1]
    match shape.kind:
        case "box":
            mesh = trimesh.creation.box(extents=2 * np.array(shape.size))
        case "cylinder":
            mesh = trimesh.creation.cylinder(radius=radius, height=2 * half_length, sections=24)
        case "capsule":
            mesh = trimesh.creation.capsule(radius=radius, height=2 * half_length, count=[16, 16])
            mesh.apply_translation([0, 0, -mesh.bounds.mean(axis=0)[2]])
        case "sphere":
            mesh = trimesh.creation.icosphere(subdivisions=2, radius=radius)
        case "ellipsoid":
            mesh = trimesh.creation.icosphere(subdivisions=2)
            mesh.apply_scale(shape.size)
        case "mesh":
            assert shape.surface is not None
            mesh = trimesh.Trimesh(*shape.surface, process=False)
    pose = trimesh.transformations.quaternion_matrix(shape.quaternion)
    pose[:3, 3] = shape.position
    return mesh.apply_transform(pose)
