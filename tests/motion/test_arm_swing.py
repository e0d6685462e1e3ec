"""Arms that act swing against the leg of their side, whatever the signs of their joints."""

from pathlib import Path

import mujoco
import numpy as np
import pytest

from playground_amp.configs.loader import load_config
from playground_amp.motion.clip import Clip
from playground_amp.motion.generate.arms import with_swinging_arms
from playground_amp.motion.generate.stepping import stepping_clips
from playground_amp.motion.generate.table import make_clip
from playground_amp.paths import STANDARD
from playground_amp.robot.altered import altered_robot
from playground_amp.robot.arms import arms_of
from playground_amp.robot.models import model_of
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot

ROBOT = load_robot("wildrobot_arms")
PHASE = np.arange(32) / 32
PERIOD = 0.7  # s


@pytest.fixture(scope="module", params=["gait", "stepping"])
def walk(request: pytest.FixtureRequest) -> Clip:
    """At 0.3 m/s, by each of the generators."""
    env = load_config(STANDARD).env
    if request.param == "gait":
        return make_clip(ROBOT, env, (0.3, 0.0, 0.0))
    ahead = {"forward": (0.3, 0.3), "sideways": (0.0, 0.0), "yaw_rate": (0.0, 0.0)}
    (clip,) = stepping_clips(ROBOT, env.model_copy(update={"commands": env.commands.model_copy(update=ahead)}))
    return clip


def ahead(robot: Robot, qpos: np.ndarray, body: str) -> np.ndarray:
    """How far a body is ahead of the base in states [T, 7 + J], m."""
    model = model_of(robot)
    data, found = mujoco.MjData(model), []
    for row in qpos:
        data.qpos[:] = row
        mujoco.mj_kinematics(model, data)
        found.append(data.body(robot.base_name).xmat.reshape(3, 3)[:, 0] @ (data.body(body).xipos - row[:3]))
    return np.array(found)


def shoulders(robot: Robot, velocity: tuple[float, float, float]) -> np.ndarray:
    """Forward swing of the left and the right arm over a cycle, [32, 2] rad."""
    joints = with_swinging_arms(robot, np.tile(robot.home_joint_position, (32, 1)), PHASE, np.array(velocity), PERIOD)
    arms = arms_of(robot)
    assert arms is not None
    return np.column_stack([arm.forward * (joints - robot.home_joint_position)[:, arm.swing] for arm in arms])


@pytest.mark.parametrize("side", ["left", "right"])
def test_in_a_walk_a_hand_goes_against_the_foot_of_its_side(walk: Clip, side: str) -> None:
    hand, foot = ahead(ROBOT, walk.qpos, f"{side}_forearm"), ahead(ROBOT, walk.qpos, f"{side}_foot")
    assert np.corrcoef(hand, foot)[0, 1] < -0.9
    assert np.ptp(hand) > 0.01


def test_elbows_are_a_little_bent_walking_and_standing(walk: Clip) -> None:
    stand = make_clip(ROBOT, load_config(STANDARD).env, (0.0, 0.0, 0.0))
    for clip in (walk, stand):
        for side in ("left", "right"):
            elbow = clip.joint_position[:, ROBOT.joint_names.index(f"{side}_elbow_pitch")]
            np.testing.assert_allclose(elbow, 0.2, atol=1e-9)
    np.testing.assert_array_equal(stand.joint_position[:, ROBOT.joint_names.index("left_shoulder_pitch")], 0.0)


def test_the_swing_grows_with_the_speed_and_turns_round_going_backward() -> None:
    slow, fast, backward = (shoulders(ROBOT, (speed, 0.0, 0.0)) for speed in (0.2, 0.6, -0.2))
    assert np.ptp(fast) > 2.5 * np.ptp(slow) > 0.1
    np.testing.assert_allclose(backward, -slow)
    np.testing.assert_allclose(shoulders(ROBOT, (0.0, 0.0, 0.0)), 0.0)


def test_turning_on_the_spot_each_hand_still_goes_against_its_foot() -> None:
    left, right = shoulders(ROBOT, (0.0, 0.0, 0.5)).T  # to the left: the left foot, ahead when it lifts off, goes back
    np.testing.assert_allclose(left, right)
    assert left[0] < 0


def test_signs_and_names_of_the_arm_joints_do_not_matter(tmp_path: Path) -> None:
    def disguise(spec: mujoco.MjSpec) -> None:
        for old, new in (("shoulder_pitch", "q7"), ("elbow_pitch", "a")):
            for side in ("left", "right"):
                joint, actuator = spec.joint(f"{side}_{old}"), spec.actuator(f"{side}_{old}")
                joint.name = actuator.name = actuator.target = f"{side}_{new}"
                if side == "left":
                    joint.axis, joint.range = -joint.axis, -joint.range[::-1]

    other = altered_robot(ROBOT, tmp_path / "disguised", disguise)
    found = arms_of(other)
    assert found is not None
    assert [arm.forward for arm in found] == [-1.0, 1.0]
    assert [arm.bend for arm in found] == [-1.0, 1.0]
    np.testing.assert_allclose(shoulders(other, (0.5, 0.0, 0.0)), shoulders(ROBOT, (0.5, 0.0, 0.0)))


def test_a_swing_keeps_within_the_joint_s_range(tmp_path: Path) -> None:
    def narrow(spec: mujoco.MjSpec) -> None:
        for side in ("left", "right"):
            spec.joint(f"{side}_shoulder_pitch").range = [-0.08, 3.0]

    tight = altered_robot(ROBOT, tmp_path / "tight", narrow)
    swing = shoulders(tight, (0.8, 0.0, 0.0))
    assert swing.min() == pytest.approx(-0.02)  # 0.06 rad are left to the end
    assert swing.max() == pytest.approx(0.02)


def test_a_robot_whose_arms_do_not_act_is_left_as_it_is() -> None:
    robot = load_robot("wildrobot")
    joints = np.random.default_rng(0).normal(size=(32, robot.num_joints))
    assert arms_of(robot) is None
    np.testing.assert_array_equal(with_swinging_arms(robot, joints, PHASE, np.array([0.5, 0, 0]), PERIOD), joints)
