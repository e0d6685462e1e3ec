"""`robot.py init` makes folders that load, stand, mirror and mean the same as the file they are made from."""

import dataclasses
import json
from pathlib import Path
from xml.etree import ElementTree

import mujoco
import numpy as np
import pytest
from bodies import backlash_duck, duck, four_legs, tall_biped, urdf

from playground_amp.cli import robot as command
from playground_amp.configs.loader import load_config
from playground_amp.errors import UserError
from playground_amp.paths import STANDARD
from playground_amp.robot.arms import arms_of
from playground_amp.robot.making.design import HomePose
from playground_amp.robot.making.designing import design_of
from playground_amp.robot.making.evenness import evened
from playground_amp.robot.making.folder import MADE_ROBOT
from playground_amp.robot.making.homes import Homes
from playground_amp.robot.making.recognition import anatomy_of
from playground_amp.robot.making.servos import known_servos
from playground_amp.robot.making.source import read_source
from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of
from playground_amp.runs.stages import whole_stages
from playground_amp.yaml_text import read_yaml

BODIES = {"duck": duck, "backlash duck": backlash_duck, "tall": tall_biped, "URDF": urdf}


def init(path: Path, folder: Path) -> int:
    """The command's exit status."""
    return command.main(["init", str(path), "--output", str(folder), "--no-picture"])


@pytest.fixture(scope="module", params=BODIES)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Robot]:
    folder = tmp_path_factory.mktemp("making")
    path = BODIES[request.param](folder).path
    assert init(path, folder / "robot") == 0
    return path, load_robot(str(folder / "robot"))


def test_it_stands_at_home_under_its_own_servos(made: tuple[Path, Robot]) -> None:
    _, robot = made
    model = model_of(robot)
    data = mujoco.MjData(model)
    mujoco.mj_resetDataKeyframe(model, data, 0)
    for _ in range(round(2.0 / model.opt.timestep)):
        mujoco.mj_step(model, data)
    assert data.qpos[2] > 0.9 * robot.standing_height
    assert np.abs(data.qpos[4:6]).max() < 0.1


def test_a_zero_pose_with_bent_knees_is_not_taken_for_the_straight_leg(tmp_path: Path) -> None:
    """The same robot whose joints count from a squat, as some makers' do, stands as high."""
    straight = urdf(tmp_path / "straight").path
    robot = ElementTree.parse(straight).getroot()
    for joint in robot.findall("joint"):
        angle = {"hip_pitch": -0.5, "knee": 1.0, "ankle_pitch": -0.5}.get(joint.get("name", "")[3:], 0.0)
        origin, limit = joint.find("origin"), joint.find("limit")
        assert origin is not None
        assert limit is not None
        origin.set("rpy", f"0 {angle} 0")
        limit.attrib.update({end: str(float(limit.get(end, "0")) - angle) for end in ("lower", "upper")})
    squat = tmp_path / "squat.urdf"
    ElementTree.ElementTree(robot).write(squat)
    one, other = (home_of(path) for path in (straight, squat))
    assert other.stands
    assert sole_depth(squat, other) == pytest.approx(sole_depth(straight, one), rel=0.01)
    assert one.angles["LL_knee"] - other.angles["LL_knee"] == pytest.approx(1.0, abs=0.1)


def home_of(path: Path) -> HomePose:
    source = read_source(path)
    return design_of(source, anatomy_of(source)).home


def sole_depth(path: Path, home: HomePose) -> float:
    """Of the left sole under the hips' pitch axes, m."""
    anatomy = anatomy_of(read_source(path))
    limits = {joint.name: (-np.pi, np.pi) for joint in anatomy.joints}
    return Homes(anatomy, limits).height(home.angles)


def test_soles_are_where_the_file_has_them(made: tuple[Path, Robot]) -> None:
    """At random angles: the file's soles against the chains of the folder's robot."""
    path, robot = made
    source = read_source(path)
    anatomy = anatomy_of(source)
    model, normal = source.model, model_of(robot)
    angles = np.random.default_rng(0).uniform(-0.3, 0.3, robot.num_joints)
    theirs, ours = mujoco.MjData(model), mujoco.MjData(normal)
    theirs.qpos[:] = model.qpos0
    ours.qpos[:BASE_QPOS_SIZE] = [0, 0, 0, 1, 0, 0, 0]
    for name, angle in zip(robot.joint_names, angles, strict=True):
        theirs.qpos[model.joint(name).qposadr[0]] = angle
        ours.qpos[normal.joint(name).qposadr[0]] = angle
    mujoco.mj_kinematics(model, theirs)
    mujoco.mj_comPos(model, theirs)
    mujoco.mj_kinematics(normal, ours)
    mujoco.mj_comPos(normal, ours)
    base = theirs.body(anatomy.base)
    turn = np.empty(9)
    mujoco.mju_quat2Mat(turn, anatomy.frame.quaternion)
    frame = base.xmat.reshape(3, 3) @ turn.reshape(3, 3)
    origin = base.xpos + base.xmat.reshape(3, 3) @ anatomy.frame.position
    for foot in anatomy.feet:
        there = (theirs.body(foot.body).xipos - origin) @ frame
        np.testing.assert_allclose(ours.body(foot.body).xipos, there, atol=1e-7)
    center = (theirs.subtree_com[model.body(anatomy.base).id] - origin) @ frame
    np.testing.assert_allclose(ours.subtree_com[1], center, atol=1e-6)


def test_the_mirror_holds(made: tuple[Path, Robot]) -> None:
    """What the left foot does with angles, the right one does with the mirrored angles."""
    _, robot = made
    model = model_of(robot)
    data = mujoco.MjData(model)
    angles = np.random.default_rng(1).uniform(-0.3, 0.3, robot.num_joints)
    places = []
    for pose in (angles, robot.joint_mirror_sign * angles[robot.joint_mirror_index]):
        data.qpos[:] = [0, 0, 0, 1, 0, 0, 0, *pose]
        mujoco.mj_kinematics(model, data)
        places.append([data.site(name).xpos.copy() for name in robot.foot_names])
    mirrored = np.array(places[1])[::-1] * [1, -1, 1]
    np.testing.assert_allclose(mirrored, places[0], atol=1e-6)


def test_its_configuration_is_valid_and_has_its_own_values(made: tuple[Path, Robot]) -> None:
    _, robot = made
    config = load_config(STANDARD, [f"robot={robot.folder}"])
    task = read_yaml(robot.folder / "robot.yaml")["task"]
    assert config.physics.iterations == 8
    assert config.env.action_scale == task["env"]["action_scale"]
    assert config.reward_weights["gait_contact"] == task["reward_weights"]["gait_contact"] == 4.0
    assert config.reward_weights["swing_tilt"] == -20.0
    aims = [staged.trainer.aim for staged in whole_stages(config)]
    assert [aim.any for aim in aims] == [False, False, False, True]  # at the end alone, when the noise has shrunk
    assert (aims[-1].speed, aims[-1].torque_price) == (0.015, 0.15)
    model = model_of(robot)
    data = mujoco.MjData(model)
    mujoco.mj_kinematics(model, data)
    legs = [name for name in robot.joint_names if not name.startswith(("waist", "torso"))]
    turns = any(abs(data.joint(name).xaxis[2]) > 0.5 for name in legs)
    assert config.reward_weights["yaw_tracking"] == (1.0 if turns else 1.5)
    expected = 0.47 * robot.weight * robot.leg_length / robot.kp[robot.legs[0].joints].mean()
    assert config.env.action_scale == pytest.approx(max(expected, 0.3), rel=0.01)


def test_backlash_hinges_become_a_parameter(tmp_path: Path) -> None:
    init(backlash_duck(tmp_path).path, tmp_path / "robot")
    backlash = load_config(STANDARD, [f"robot={tmp_path / 'robot'}"]).domain_randomization.backlash
    assert backlash[0] == 0.0
    assert backlash[1] == pytest.approx(0.009)


def test_a_named_servo_drives_every_joint(tmp_path: Path) -> None:
    source = read_source(tall_biped(tmp_path).path)
    design = design_of(source, anatomy_of(source), servo="xh540")
    facts = known_servos()["XH540"]
    assert {servo.kp for servo in design.servos.values()} == {facts.kp}
    assert {servo.speed_limit for servo in design.servos.values()} == {facts.speed_limit}
    with pytest.raises(UserError, match="XM430"):
        design_of(source, anatomy_of(source), servo="XM403")


def test_joints_that_are_asked_for_come_with_their_mirror_images(tmp_path: Path) -> None:
    source = read_source(duck(tmp_path).path)
    with pytest.raises(UserError, match=r"no joint wings to act: known are arms, head, .*knee"):
        design_of(source, anatomy_of(source), acting=["wings"])


def test_arms_that_are_asked_for_are_paid_to_swing_against_the_legs(tmp_path: Path) -> None:
    model = load_robot("wildrobot_arms").folder / "wildrobot_arms.xml"
    for name, asked in (("held", []), ("swung", ["--joints", "arms"])):
        folder = tmp_path / name
        assert command.main(["init", str(model), "--output", str(folder), "--no-picture", *asked]) < 2
        weights = load_config(STANDARD, [f"robot={folder}"]).reward_weights
        assert ("arm_swing" in weights) == bool(asked)
        assert (arms_of(load_robot(str(folder))) is not None) == bool(asked)


def test_slow_servos_take_shorter_steps(tmp_path: Path) -> None:
    path = duck(tmp_path).path
    path.write_text(path.read_text().replace('damping="0.05"', 'damping="1.5"'))
    init(path, tmp_path / "robot")
    text = (tmp_path / "robot" / "robot.yaml").read_text()
    assert "as quick as WildRobot's" in text
    scale = scale_of(load_robot(str(tmp_path / "robot")))
    own = load_config(STANDARD, [f"robot={tmp_path / 'robot'}"]).env
    (tmp_path / "robot" / "robot.yaml").write_text(text.partition("\ntask:")[0])
    plain = load_config(STANDARD, [f"robot={tmp_path / 'robot'}"]).env
    assert scale.pace == pytest.approx(0.65 * scale.speed)
    assert own.commands.forward[1] == pytest.approx(0.8 * scale.pace, rel=2e-3)
    assert plain.commands.forward == pytest.approx(own.commands.forward, rel=2e-3)  # it says what follows anyway
    assert own.gait == plain.gait


def test_derived_servos_lag_as_wildrobots_do(tmp_path: Path) -> None:
    # (0.5 + 0.085)/21.1 s over √(0.44 m / 9.81 m/s²) is 0.13: with less, a light rotor's robot rocks on its ankles.
    path = tall_biped(tmp_path).path
    source = read_source(path)
    anatomy = anatomy_of(source)
    unit = (anatomy.leg_length / 9.81) ** 0.5
    for servo in design_of(source, anatomy, derived=True).servos.values():
        assert (servo.kv + servo.damping) / servo.kp > 0.129 * unit


def test_a_folder_made_before_is_replaced_unless_it_was_edited(tmp_path: Path) -> None:
    path = duck(tmp_path).path
    for _ in range(2):
        assert init(path, tmp_path / "robot") == 0
    index = json.loads((tmp_path / "robot" / MADE_ROBOT.index).read_text())
    assert "robot.yaml" in index["files"]
    with open(tmp_path / "robot" / "robot.yaml", "a") as file:
        file.write("# mine\n")
    with pytest.raises(UserError, match="changed since it was written"):
        init(path, tmp_path / "robot")


def test_nothing_is_written_for_what_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="four legs"):
        init(four_legs(tmp_path), tmp_path / "robot")
    assert not (tmp_path / "robot").exists()


def test_sides_that_differ_by_little_become_mirror_images_and_others_stay(tmp_path: Path) -> None:
    anatomy = anatomy_of(read_source(duck(tmp_path).path))
    left, right = anatomy.feet
    near, far = (
        dataclasses.replace(
            anatomy,
            feet=(left, dataclasses.replace(right, center=right.center - share * anatomy.leg_length * np.eye(3)[1])),
        )
        for share in (0.01, 0.1)
    )
    soles = [foot.center for foot in evened(near).feet]
    np.testing.assert_allclose(soles[1], soles[0] * [1, -1, 1], atol=1e-12)
    assert soles[0][1] == pytest.approx(left.center[1] + 0.005 * anatomy.leg_length)  # halfway
    assert evened(far) is far
