"""The robot and its floor, as the page draws them."""

from pathlib import Path

import mujoco
import numpy as np
import pytest
import viser

from playground_amp.cockpit.scene import Scene, arrow, ground_mesh, shape_mesh
from playground_amp.robot.altered import altered_robot
from playground_amp.robot.looks import body_names, visible_shapes
from playground_amp.robot.record import Heights, Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import Scale, scale_of

ROBOT = load_robot("wildrobot", "flat")


def test_every_body_stands_where_it_is(server: viser.ViserServer, robot: Robot) -> None:
    scene = Scene(server, robot)
    qpos = robot.home_qpos.copy()
    qpos[:3] += [10.0, 0.0, 0.02]
    scene.show(qpos, np.array([0.0, 3.0, 0.0]), 0.04)
    bodies = {body_names(robot)[index]: frame for index, frame in scene._bodies.items()}
    assert set(bodies) >= {robot.base_name, "l_knee_link", "r_ankle_roll_link"}
    np.testing.assert_allclose(bodies[robot.base_name].position, qpos[:3])
    assert scene._world.position[0] == pytest.approx(-10.0)  # further than a step: the world jumps after it
    assert scene._arrow.visible
    head = scene._arrow.points[0, 1]
    np.testing.assert_allclose(head, qpos[:3], atol=1e-5)
    distance = np.linalg.norm(server.initial_camera.position - server.initial_camera.look_at)
    assert distance == pytest.approx(1.85 * scale_of(robot).length, abs=0.01)


def test_a_push_of_the_same_share_of_the_weight_is_as_long_beside_the_robot(robot: Robot) -> None:
    scale = scale_of(robot)
    tail, head = arrow(np.zeros(3), np.array([8.0 * scale.force, 0.0, 0.0]), scale)
    small, _ = arrow(np.zeros(3), np.array([8.0, 0.0, 0.0]), Scale())
    np.testing.assert_allclose(tail / scale.length, small)
    np.testing.assert_allclose(small, [-0.16, 0.0, 0.0])  # 8 N at 0.02 m/N
    np.testing.assert_array_equal(head, 0.0)


def test_the_drawn_robot_is_as_tall_as_the_real_one() -> None:
    shapes = visible_shapes(ROBOT)
    names = body_names(ROBOT)
    assert {names[shape.body] for shape in shapes} == set(names) - {"world"}
    mesh = [shape_mesh(shape) for shape in shapes if names[shape.body] == "torso"]
    head = max(part.bounds[1][2] for part in mesh)
    assert 0.17 < head < 0.22  # above the waist's yaw axis, which is 0.508 m up at the home pose
    for shape, part in zip([s for s in shapes if names[s.body] == "torso"], mesh, strict=True):
        reach = (
            np.array(shape.size) if shape.kind != "capsule" else np.array([shape.size[0]] * 2 + [sum(shape.size[:2])])
        )
        extents = sorted(part.bounds[1] - part.bounds[0])
        assert extents[2] <= 2 * np.linalg.norm(reach) + 1e-6
    assert ROBOT.home_qpos[2] == pytest.approx(0.46)


def test_meshes_are_drawn_where_they_are_and_hidden_shapes_are_not(tmp_path: Path, server: viser.ViserServer) -> None:
    def dressed(spec: mujoco.MjSpec) -> None:
        corners = [(0, 0, 0), (0.1, 0, 0), (0, 0.05, 0), (0, 0, 0.2)]  # of a tetrahedron
        faces = [(0, 2, 1), (0, 1, 3), (0, 3, 2), (1, 2, 3)]
        spec.add_mesh(name="hat", uservert=np.ravel(corners).tolist(), userface=np.ravel(faces).tolist())
        looks = {"type": mujoco.mjtGeom.mjGEOM_MESH, "meshname": "hat", "contype": 0, "conaffinity": 0}
        torso = spec.body("torso")
        torso.add_geom(pos=[0.3, 0, 0], quat=[0.5**0.5, 0, 0, 0.5**0.5], rgba=[0.2, 0.4, 0.6, 1], group=1, **looks)
        torso.add_geom(rgba=[1, 0, 0, 0], group=1, **looks)
        torso.add_geom(group=3, **looks)

    robot = altered_robot(ROBOT, tmp_path / "dressed", dressed)
    (hat,) = [shape for shape in visible_shapes(robot) if shape.kind == "mesh"]
    assert body_names(robot)[hat.body] == "torso"
    assert hat.rgb == pytest.approx((0.2, 0.4, 0.6))
    # A quarter turn to the left takes x to y and y to -x.
    np.testing.assert_allclose(shape_mesh(hat).bounds, [[0.25, 0, 0], [0.3, 0.1, 0.2]], atol=1e-6)
    Scene(server, robot)


def test_a_robot_without_looks_is_drawn_as_boxes_and_sticks(tmp_path: Path) -> None:
    def bared(spec: mujoco.MjSpec) -> None:
        for geom in spec.geoms:
            geom.group = 3

    robot = altered_robot(ROBOT, tmp_path / "bared", bared)
    shapes = visible_shapes(robot)
    assert {body_names(robot)[shape.body] for shape in shapes} == {*body_names(robot)} - {"world"}
    thigh = body_names(robot).index("left_thigh")
    box, stick = (next(s for s in shapes if s.body == thigh and s.kind == kind) for kind in ("box", "capsule"))
    # Of 0.2303 kg with moments 9.53e-4, 9.60e-4, 1.25e-4 kg m²: the edge along z is √(6 (9.53 + 9.60 - 1.25)e-4 / m).
    assert 2 * max(box.size) == pytest.approx(0.2158, abs=1e-3)
    assert shape_mesh(stick).bounds[0][2] == pytest.approx(-0.1926 - 0.02 * 0.46, abs=2e-3)  # to the knee
    assert {shape.rgb for shape in shapes}.isdisjoint(shape.rgb for shape in visible_shapes(ROBOT))


def test_uneven_ground_is_drawn_where_it_is() -> None:
    assert ROBOT.ground is None
    ground = Heights(np.array([[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]]), half_length=2.0, half_width=1.0)
    vertices, faces = ground_mesh(ground)
    assert vertices[[0, 2, 3]].tolist() == [[-2.0, -1.0, 0.0], [2.0, -1.0, 0.2], [-2.0, 1.0, 0.3]]
    corners = vertices[faces]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert len(faces) == 4
    assert (normals[:, 2] > 0).all()
    assert np.abs(normals[:, 2]).sum() / 2 == pytest.approx(4.0 * 2.0)  # together they cover the rectangle
