"""Stairs, ledges, slopes, soft mats and tiles: heights, angles and contacts of the compiled scenes, and starts."""

import math
from functools import cache
from pathlib import Path
from typing import get_args

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from second_body import second_body

from playground_amp.configs.schema import Terrain
from playground_amp.envs.placing import Placing
from playground_amp.physics.engines.simulation_model import floor_geoms
from playground_amp.physics.ground import make_height_over_ground
from playground_amp.physics.sole import make_sole_height
from playground_amp.robot.courses import COURSES, SLICKEST, SOFTEST, STEEPEST, STEP
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Patchwork, Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scenes import SCENES

DOWN = np.array([0.0, 0.0, -1.0])


def on(scene: str) -> Robot:
    return load_robot("wildrobot", scene)


def ground_of(robot: Robot) -> Patchwork:
    assert isinstance(robot.ground, Patchwork)
    return robot.ground


@cache
def rays(robot: Robot) -> mujoco.MjData:
    """The scene with the robot out of the way of rays that begin at 20 m."""
    data = mujoco.MjData(model_of(robot))
    data.qpos[:] = robot.home_qpos
    data.qpos[2] = 50.0
    mujoco.mj_forward(model_of(robot), data)
    return data


def height(robot: Robot, x: float, y: float = 0.0) -> float:
    """Of the compiled scene's surface at a place, m."""
    hit = np.zeros(1, np.int32)
    data = rays(robot)
    return 20.0 - mujoco.mj_ray(model_of(robot), data, np.array([x, y, 20.0]), DOWN, None, 1, -1, hit)


def test_every_scene_can_be_configured():
    assert get_args(Terrain) == ("flat", "rough", *COURSES) == tuple(SCENES)


@pytest.mark.parametrize("scene", COURSES)
def test_the_patches_lie_where_rays_hit_the_scene(scene: str):
    robot = on(scene)
    ground, rng = ground_of(robot), np.random.default_rng(0)
    for x, y in np.column_stack([rng.uniform(-20, 25, 40), rng.uniform(-20, 20, 40)]):
        row, column = np.searchsorted(ground.y, y) - 1, np.searchsorted(ground.x, x) - 1
        plane = ground.height[row, column] + ground.slope_x[row, column] * (x - ground.x[column])
        plane += ground.slope_y[row, column] * (y - ground.y[row])
        assert plane == pytest.approx(height(robot, x, y), abs=1e-9)


def test_the_height_over_patches_is_what_a_ray_measures():
    robot, rng = on("mixed"), np.random.default_rng(1)
    points = np.column_stack([rng.uniform(-40, 40, 200), rng.uniform(-20, 20, 200), rng.uniform(0, 5, 200)])
    measured = [z - height(robot, x, y) for x, y, z in points]
    computed = jax.jit(jax.vmap(make_height_over_ground(robot)))(jnp.asarray(points, jnp.float32))
    np.testing.assert_allclose(computed, measured, atol=1e-5)


def test_stairs_rise_by_the_step_at_every_edge():
    for scene, step in (("stairs_up", STEP), ("stairs_down", -STEP)):
        edges = 0.3 * np.arange(36)
        rises = [height(on(scene), edge + 1e-4) - height(on(scene), edge - 1e-4) for edge in edges]
        np.testing.assert_allclose(rises, step, atol=1e-9)
        assert height(on(scene), -0.7) == pytest.approx(0.0, abs=1e-9)
    assert STEP == 0.02


def test_ledges_are_single_steps_of_10_to_20_mm_both_ways():
    ground = ground_of(on("ledges"))
    steps = np.diff(ground.height[0])
    steps = steps[np.abs(steps) > 1e-12]
    assert len(steps) == 24
    assert np.abs(steps).min() == pytest.approx(0.010)
    assert np.abs(steps).max() == pytest.approx(0.020)
    assert (steps > 0).sum() == (steps < 0).sum()
    assert np.abs(ground.height).max() < 0.05


@pytest.mark.parametrize(
    ("scene", "normal"), [("slope_up", (-1, 0)), ("slope_down", (1, 0)), ("slope_across", (0, -1))]
)
def test_slopes_lean_by_ten_degrees_each_way(scene: str, normal: tuple[int, int]):
    robot = on(scene)
    along = [height(robot, x) for x in (4.0, 6.0)]
    across = [height(robot, 5.0, y) for y in (-1.0, 1.0)]
    rise = math.tan(math.radians(10))
    assert (along[1] - along[0]) / 2 == pytest.approx(-normal[0] * rise, abs=1e-9)
    assert (across[1] - across[0]) / 2 == pytest.approx(-normal[1] * rise, abs=1e-9)
    assert math.degrees(STEEPEST) == pytest.approx(10)
    assert height(robot, -0.5) == pytest.approx(0.0, abs=1e-9)  # it begins on level floor
    if scene == "slope_down":
        assert height(robot, 2.0) == pytest.approx(-2.0 * rise)


def geom_below(robot: Robot, x: float, y: float) -> int:
    hit = np.zeros(1, np.int32)
    mujoco.mj_ray(model_of(robot), rays(robot), np.array([x, y, 20.0]), DOWN, None, 1, -1, hit)
    return int(hit[0])


def test_every_second_tile_is_slippery_and_the_rest_has_the_robots_floor():
    robot, model = on("tiles"), model_of(on("tiles"))
    friction = np.array([
        [model.geom_friction[geom_below(robot, 0.4 * column + 0.2, 0.4 * row + 0.2), 0] for column in range(30)]
        for row in range(-4, 4)
    ])  # fmt: skip
    slick = friction == SLICKEST
    assert SLICKEST == 0.25
    assert (slick[1:] != slick[:-1]).all()
    assert (slick[:, 1:] != slick[:, :-1]).all()
    assert (friction[~slick] == robot.floor_friction).all()
    drawn = floor_geoms(model)  # which take on whatever friction a robot's floor has
    assert len(drawn) == np.count_nonzero(model.geom_bodyid == 0) - slick.sum()
    assert geom_below(robot, 1.0, 3.0) in drawn
    assert list(floor_geoms(model_of(load_robot("wildrobot")))) == [model_of(load_robot("wildrobot")).geom("floor").id]


def test_soft_floor_gives_way_by_its_time_constant():
    model = model_of(on("soft"))
    soft, hard = (model.geom_solref[geom_below(on("soft"), x, 0.0)] for x in (3.0, -0.5))
    assert (tuple(soft), tuple(hard)) == ((SOFTEST, 1.0), (0.02, 1.0))
    assert SOFTEST == 0.08


def test_the_ground_of_another_robot_is_of_its_own_size(tmp_path: Path):
    folder = second_body(tmp_path)
    ours, theirs = ground_of(on("stairs_up")), ground_of(load_robot(folder, "stairs_up"))
    ratio = load_robot(folder).standing_height / load_robot("wildrobot").standing_height
    assert ratio != 1
    np.testing.assert_allclose(theirs.x, ratio * ours.x)
    np.testing.assert_allclose(theirs.height, ratio * ours.height)
    np.testing.assert_allclose(theirs.starts[:, :3], ratio * ours.starts[:, :3])
    assert height(load_robot(folder, "stairs_up"), ratio * 0.1) == pytest.approx(ratio * STEP)
    slope = load_robot(folder, "slope_up")
    assert height(slope, 2.0) == pytest.approx(2.0 * math.tan(STEEPEST))
    soft = model_of(load_robot(folder, "soft")).geom_solref[geom_below(load_robot(folder, "soft"), 2.0, 0.0), 0]
    assert soft == pytest.approx(SOFTEST * math.sqrt(ratio))


def test_mixed_ground_gets_harder_outwards_and_has_all_there_is():
    robot, model = on("mixed"), model_of(on("mixed"))
    ground = ground_of(robot)
    steps = np.abs(np.diff(ground.height[0]))
    middle = np.abs(ground.x[1:-1])
    hardest = [steps[(middle > low) & (ground.x[1:-1] > 0)] for low in (0, 12, 22)]
    assert steps[(ground.x[1:-1] > 0) & (middle < 11)].max() == pytest.approx(0.4 * STEP)
    assert hardest[0].max() == hardest[2].max() == pytest.approx(STEP)
    assert np.abs(ground.slope_x).max() == pytest.approx(math.tan(STEEPEST))
    assert model.geom_friction[model.geom_bodyid == 0, 0].min() == pytest.approx(SLICKEST)
    assert model.geom_solref[:, 0].max() == pytest.approx(SOFTEST)
    distance = np.abs(ground.starts[:, :2]).max(axis=1)
    assert (np.diff(distance) > -2.1).all()  # the easiest first, from both sides in turn
    assert ground.starts[-1, 3] > 0


def test_starts_are_nearer_to_the_middle_the_less_of_the_ground_is_asked_for():
    placing, ground = Placing(on("mixed")), ground_of(on("mixed"))
    uniform = jnp.asarray(np.random.default_rng(0).uniform(size=(60, 2)), jnp.float32)
    shares = jnp.array([0.0, 0.3, 1.0])
    places = np.asarray(jax.jit(jax.vmap(jax.vmap(placing.place, (0, None)), (None, 0)))(uniform, shares))
    first, third, whole = np.abs(places[..., 0]).max(axis=1)
    assert first < 1.0 < third < 20.0 < whole
    for x, y in places[2]:
        assert ((ground.starts[:, 0] - 1e-5 <= x) & (x <= ground.starts[:, 1] + 1e-5)).any()
        assert abs(y) <= 4.0


def test_a_start_stands_on_the_ground_or_moves_as_high_above_it_as_it_did():
    robot = on("mixed")
    placing, home = Placing(robot), jnp.asarray(robot.home_joint_position, jnp.float32)
    top = next(row for row in ground_of(robot).starts if height(robot, (row[0] + row[1]) / 2) > 0.01)
    place = jnp.array([(top[0] + top[1]) / 2, 1.0])

    @jax.jit
    def heights() -> tuple[jax.Array, jax.Array]:
        """Of the base, standing at home; and of a robot that on a flat floor was in the air by a quarter meter."""
        above = jnp.asarray(robot.home_qpos, jnp.float32).at[2].add(0.25)
        return placing.standing(home, jnp.float32(0.0), place)[2], placing.moved(above, place)[2]

    standing, moved = (float(each) for each in heights())
    ground = height(robot, *np.asarray(place))
    assert 0.0 <= standing - ground - robot.standing_height < 0.03  # a toe may be over the next step
    assert moved - standing == pytest.approx(0.25, abs=5e-3)


def test_a_sole_flat_on_a_slope_is_not_in_the_air_nor_in_the_ground():
    robot = on("slope_up")
    model, data = model_of(robot), mujoco.MjData(model_of(robot))
    data.qpos[:] = robot.home_qpos
    data.qpos[3:7] = [math.cos(STEEPEST / 2), 0, -math.sin(STEEPEST / 2), 0]  # leaning back with the slope
    data.qpos[0] = 5.0
    mujoco.mj_forward(model, data)
    feet = jnp.asarray([data.site(f"{side}_foot").xpos for side in ("left", "right")], jnp.float32)
    where = jnp.asarray(data.qpos, jnp.float32)
    soles, level = (np.asarray(jax.jit(make_sole_height(on(scene)))(where, feet)) for scene in ("slope_up", "flat"))
    centers = [z - height(robot, x, y) for x, y, z in np.asarray(feet)]
    np.testing.assert_allclose(soles, centers, atol=2e-3)  # soles are level to a degree or two at home
    # Held against a level floor, the heel would be as far below the center as the slope is steep.
    assert (np.asarray(feet[:, 2]) - level > 0.012).all()
