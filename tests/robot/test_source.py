"""Strangers' files are read with what is missing in them, and refused in a sentence where they are no robot's."""

from pathlib import Path

import mujoco
import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.robot.inspection.inspection import inspect_robot
from playground_amp.robot.making.source import read_source

LEG = """<body name="{name}" pos="0 0 -0.1"><joint name="{name}" axis="0 1 0"/><geom type="capsule" size="0.01"
  fromto="0 0 0 0 0 -0.1"/>{inner}</body>"""


def nested(names: str) -> str:
    """Bodies that hang on each other, a hinge each."""
    inner = ""
    for name in reversed(names):
        inner = LEG.format(name=name, inner=inner)
    return inner


def model(extra: str = "", inner: str = "", head: str = "") -> str:
    return (
        f'<mujoco model="m">{head}<worldbody><body name="base" pos="0 0 1"><freejoint/><geom size="0.1"/>'
        f"{nested('abcd')}{inner}</body></worldbody>{extra}</mujoco>"
    )


def written(folder: Path, text: str | bytes, name: str = "robot.xml") -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def kinds(path: Path) -> list[str]:
    return [note.kind for note in read_source(path).notes]


def test_an_ending_that_mujoco_refuses(tmp_path: Path) -> None:
    source = read_source(written(tmp_path, model(), "robot.mjcf"))
    assert (source.kind, source.model.njnt) == ("MJCF", 5)
    assert [note.kind for note in source.notes] == ["file ending"]


FRAMES = """<body name="roll"><joint name="roll" axis="1 0 0"/><body name="yaw"><joint name="yaw" axis="0 0 1"/>
  <body name="arm"><joint name="arm" axis="0 1 0"/><geom size="0.05"/></body></body></body>"""


def test_frames_between_joints_are_given_a_little_mass(tmp_path: Path) -> None:
    source = read_source(written(tmp_path, model(inner=FRAMES)))
    assert [note.text.split(" between")[0] for note in source.notes] == ["'roll' and 1 more"]
    assert source.model.body("roll").mass == source.model.body("yaw").mass == pytest.approx(0.001)
    assert source.model.njnt == 8


def test_a_body_whose_shape_is_wrapped_keeps_its_own_mass(tmp_path: Path) -> None:
    wrapped = '<body name="w"><joint axis="1 0 0"/><frame pos="0 0 0.1"><geom size="0.1" mass="2"/></frame></body>'
    source = read_source(written(tmp_path, model(inner=FRAMES + wrapped)))
    assert source.model.body("w").mass == pytest.approx(2.0)
    assert [note.text.split(" between")[0] for note in source.notes] == ["'roll' and 1 more"]


def test_a_limb_that_lost_its_mass_is_no_frame(tmp_path: Path) -> None:
    limb = '<body name="limb"><joint axis="1 0 0"/><geom size="0.1" mass="0"/></body>'
    with pytest.raises(UserError, match="'limb' moves but has no mass"):
        read_source(written(tmp_path, model(inner=limb)))


def test_paths_that_lead_nowhere_are_told_of(tmp_path: Path) -> None:
    circle = tmp_path / "circle.xml"
    circle.symlink_to(circle)
    for path, reason in (
        (circle, "cannot be read: Too many levels of symbolic links"),
        (tmp_path / f"{'long' * 99}.xml", "cannot be read: File name too long"),
        (Path("nul\0l.xml"), "cannot be read: embedded null byte"),
        (tmp_path / "gone.xml", "is not there"),
        (tmp_path, "is a folder: name the model in it"),
    ):
        with pytest.raises(UserError, match=reason):
            inspect_robot(path)
    included = f'<include file="{"long" * 99}.xml"/>'
    with pytest.raises(UserError, match="which is not there"):
        read_source(written(tmp_path, model(included)))
    far = f'<asset><mesh name="far" file="{"long" * 99}.stl"/></asset>'
    assert kinds(written(tmp_path, model(far, '<geom type="mesh" mesh="far" mass="0.1"/>'))) == ["mesh missing"]


@pytest.mark.parametrize(
    ("setting", "reason"),
    [
        ('frictionloss="nan"', "dof_frictionloss holds nan, which is no number"),
        ('damping="inf"', "dof_damping holds inf, which is no size"),
        ('limited="true" range="-1 nan"', "jnt_range holds nan, which is no number"),
    ],
)
def test_what_is_no_number_is_told_of(tmp_path: Path, setting: str, reason: str) -> None:
    loose = f'<body name="e"><joint name="e" axis="1 0 0" {setting}/><geom size="0.1"/></body>'
    with pytest.raises(UserError, match=reason):
        read_source(written(tmp_path, model(inner=loose)))


def test_a_range_without_an_end_is_none(tmp_path: Path) -> None:
    turning = '<body name="e"><joint name="e" axis="1 0 0" limited="true" range="-1.6 inf"/><geom size="0.1"/></body>'
    read = read_source(written(tmp_path, model(inner=turning))).model
    assert not read.jnt_limited[read.joint("e").id]


def test_meshes_that_are_not_there_and_pointers_are_stood_in_for(tmp_path: Path) -> None:
    (tmp_path / "pointer.stl").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    assets = '<asset><mesh name="gone" file="gone.stl"/><mesh file="pointer.stl" scale="2 2 2"/></asset>'
    shapes = '<geom type="mesh" mesh="gone" mass="0.1"/><geom type="mesh" mesh="pointer" mass="0.1"/>'
    source = read_source(written(tmp_path, model(assets, shapes)))
    assert source.lost_meshes == {"gone", "pointer"}
    assert {note.kind for note in source.notes} == {"mesh missing", "mesh pointer"}
    assert any("gone.stl" in note.text for note in source.notes)


def test_a_wrong_mesh_folder_is_found_near_by(tmp_path: Path) -> None:
    cube = "".join(f"v {x} {y} {z}\n" for x in (0, 1) for y in (0, 1) for z in (0, 1)) + "f 1 2 3\nf 2 3 5\nf 1 3 5\n"
    written(tmp_path, cube, "parts/Body.obj")
    head = '<compiler meshdir="nowhere"/>'
    text = model('<asset><mesh file="Body.obj"/></asset>', '<geom type="mesh" mesh="Body"/>', head)
    source = read_source(written(tmp_path, text))
    assert not source.lost_meshes
    assert [note.kind for note in source.notes] == ["mesh folder"]
    assert source.notes[0].text == "Body.obj is not where the model says, but near it"
    (tmp_path / "parts" / "Body.obj").rename(tmp_path / "Body.obj")
    deeper = text.replace('file="Body.obj"', 'name="Body" file="parts/Body.obj"')
    assert kinds(written(tmp_path, deeper)) == ["mesh folder"]  # MuJoCo looks in parts/ alone


def test_another_robots_mesh_of_the_same_name_is_not_taken(tmp_path: Path) -> None:
    written(tmp_path, "v 0 0 0\n", "other/meshes/base.stl")
    assets = "".join(f'<mesh file="{name}.stl"/>' for name in ("base", "thigh", "shank"))
    shapes = "".join(f'<geom type="mesh" mesh="{name}" mass="0.1"/>' for name in ("base", "thigh", "shank"))
    source = read_source(written(tmp_path, model(f"<asset>{assets}</asset>", shapes), "own/robot.xml"))
    assert source.lost_meshes == {"base", "thigh", "shank"}


def test_attributes_and_names_of_elsewhere_are_left_out(tmp_path: Path) -> None:
    head = '<compiler coordinate="local"/><option collision="all" collisionless="1"/>'
    extra = '<contact><pair geom1="floor" geom2="sole"/></contact>'
    extra += f'<keyframe><key name="home" qpos="{" 1" * 40}"/></keyframe>'
    path = written(tmp_path, model(extra, '<geom name="sole" size="0.01"/>', head))
    assert {"old attribute", "lost reference", "keyframe"} <= set(kinds(path))


def test_includes_are_put_in_place_and_a_scene_takes_the_robots_name(tmp_path: Path) -> None:
    written(tmp_path, model().replace('model="m"', 'model="walker"'), "robot.xml")
    floor = '<worldbody><geom type="plane" size="1 1 1"/></worldbody>'
    scene = f'<mujoco model="scene"><include file="robot.xml"/>{floor}</mujoco>'
    source = read_source(written(tmp_path, scene, "scene.xml"))
    assert source.model.names.startswith(b"walker\0")


URDF = """<robot name="u"><link name="base"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0"
 iyz="0"/></inertial></link><link name="leg"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0"
 ixz="0" iyz="0"/></inertial><visual><geometry><mesh filename="package://other/leg.dae"/></geometry></visual></link>
 <joint name="hip" type="revolute"><parent link="base"/><child link="leg"/><axis xyz="0 1 0"/>
 <limit lower="-1" upper="1" effort="3" velocity="7"/></joint></robot>"""


def test_a_urdf_gets_a_free_base_and_keeps_its_speeds(tmp_path: Path) -> None:
    source = read_source(written(tmp_path, URDF, "robot.urdf"))
    assert source.kind == "URDF"
    assert source.model.jnt_type[0] == mujoco.mjtJoint.mjJNT_FREE
    assert source.model.body("base").mass == 1.0
    assert source.urdf_limits["hip"].speed == 7.0
    assert [note.kind for note in source.notes] == ["mesh missing"]


def test_a_urdf_is_read_for_all_its_trifles(tmp_path: Path) -> None:
    (tmp_path / "shapes").mkdir()
    (tmp_path / "shapes" / "leg.stl").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 9\n")
    shape = '<visual name="v"><geometry><box size="0 0 0"/></geometry></visual>'
    camera = """<link name="shank"><inertial><mass value="1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0" iyz="0"/>
      </inertial></link><joint name="knee" type="revolute"><parent link="leg"/><child link="shank"/><axis xyz="0 1 0"/>
      <limit lower="-1" upper="1" effort="3" velocity="7"/></joint>"""
    camera += '<link name="eye"/><joint name="pan" type="revolute"><parent link="base"/><child link="eye"/>'
    text = URDF.replace("package://other/leg.dae", "leg.stl")
    text = text.replace('<robot name="r">', '<robot name="r"><mujoco><compiler meshdir="shapes"/></mujoco>', 1)
    text = text.replace("<visual>", f"{shape}<visual>", 1)
    text = text.replace(
        "</robot>", f'{camera}<axis xyz="0 0 1"/><limit lower="-1" upper="1" effort="3" velocity="7"/></joint></robot>'
    )
    source = read_source(written(tmp_path, text, "robot.urdf"))
    told = {note.kind: note.text for note in source.notes}
    assert "mesh folder" not in told  # it lies where the file has MuJoCo look
    assert told["mesh pointer"].startswith("leg.stl")
    assert "has no size" in told["old attribute"]
    assert told["inertia"] == "'pan' moves nothing that has a mass or a shape: it is held"
    assert source.model.njnt == 3  # the free base, the hip, the knee


def test_a_urdf_with_inertias_of_nothing_is_read(tmp_path: Path) -> None:
    foot = """<link name="foot"><inertial><mass value="0.2"/><inertia ixx="1e-20" iyy="0" izz="1e-20" ixy="0" ixz="0"
      iyz="0"/></inertial></link><joint name="ankle" type="continuous"><parent link="leg"/><child link="foot"/>
      <axis xyz="0 1 0"/><limit lower="-0.5" upper="0.7" effort="3" velocity="7"/></joint>"""
    frame = """<link name="tip"><inertial><mass value="1e-9"/><inertia ixx="0" iyy="0" izz="0" ixy="0" ixz="0" iyz="0"/>
      </inertial></link><joint name="end" type="fixed"><parent link="foot"/><child link="tip"/></joint>"""
    source = read_source(written(tmp_path, URDF.replace("</robot>", f"{foot}{frame}</robot>"), "robot.urdf"))
    texts = [note.text for note in source.notes]
    assert "the inertia of 'foot' is that of no solid (a moment of 0 or less): that of a ball was taken" in texts
    assert "1 joint is continuous and has a range ('ankle'): it holds" in texts
    np.testing.assert_allclose(source.model.joint("ankle").range, (-0.5, 0.7))
    np.testing.assert_allclose(
        source.model.body("foot").inertia, 0.4 * 0.2 * (0.6 / (4000 * np.pi)) ** (2 / 3), rtol=1e-4
    )


@pytest.mark.parametrize("mass", ["-1", "inf", "nan"])
def test_a_mass_that_no_body_has_is_refused_and_not_left_out(tmp_path: Path, mass: str) -> None:
    text = URDF.replace(
        '<link name="leg"><inertial><mass value="1"/>', f'<link name="leg"><inertial><mass value="{mass}"/>'
    )
    with pytest.raises(UserError):
        read_source(written(tmp_path, text, "robot.urdf"))


def test_a_mesh_of_a_urdf_that_cannot_be_used_is_stood_in_for(tmp_path: Path) -> None:
    flat = (
        b"solid flat\n"
        + b"facet normal 0 0 1\nouter loop\nvertex 0 0 0\nvertex 1 0 0\nvertex 0 1 0\nendloop\nendfacet\n"
    )
    written(tmp_path, flat + b"endsolid flat\n", "flat.stl")
    source = read_source(written(tmp_path, URDF.replace("package://other/leg.dae", "flat.stl"), "robot.urdf"))
    assert [note.kind for note in source.notes] == ["mesh unreadable"]


def test_meshes_of_an_included_file_may_lie_beside_it(tmp_path: Path) -> None:
    inner = '<asset><mesh name="beside_it" file="beside_it.stl"/></asset>'
    robot = model(inner, '<geom type="mesh" mesh="beside_it" mass="0.1"/>')
    written(tmp_path, robot, "body/robot.xml")
    written(tmp_path, "version https://git-lfs.github.com/spec/v1\n", "body/beside_it.stl")
    scene = written(tmp_path, '<mujoco model="scene"><include file="body/robot.xml"/></mujoco>')
    assert kinds(scene) == ["mesh pointer"]  # found, as it would be if it were fetched


def test_a_line_of_a_tree_that_was_mended_is_not_told(tmp_path: Path) -> None:
    with pytest.raises(UserError) as refused:
        read_source(written(tmp_path, URDF.replace('lower="-1"', 'lower="pi"'), "robot.urdf"))
    assert "bad format in attribute 'lower'" in str(refused.value)
    assert "line " not in str(refused.value).replace(str(tmp_path), "")


REFUSED = {
    "no file": (None, "is not there"),
    "no XML": ("this is no model", "is not XML"),
    "another XML": ("<html/>", "no model of a robot"),
    "a template": (
        '<robot xmlns:xacro="http://www.ros.org/wiki/xacro"><xacro:property name="w" value="1"/></robot>',
        "a xacro template, not yet a URDF: expand it",
    ),
    "a template of older times": (
        '<robot xmlns:xacro="http://ros.org/wiki/xacro"><xacro:include filename="b"/></robot>',
        "a xacro template",
    ),
    "values to be worked out": ('<robot name="r"><link name="${prefix}base"/></robot>', "a xacro template"),
    "another axis up": (model(head='<option gravity="0 -9.81 0"/>'), "not along -z: turn it so that z is up"),
    "entities": ('<!DOCTYPE m [<!ENTITY a "b">]><mujoco>&a;</mujoco>', "entities"),
    "a pointer": ("version https://git-lfs.github.com/spec/v1\n", "Git-LFS pointer"),
    "itself": ('<mujoco><include file="robot.xml"/></mujoco>', "includes itself"),
    "a missing part": ('<mujoco><include file="legs.xml"/></mujoco>', "legs.xml"),
    "too deep": ("<mujoco>" + "<worldbody>" * 400 + "</worldbody>" * 400 + "</mujoco>", "more parts than any robot"),
    "a million copies": (
        '<mujoco><worldbody><replicate count="1000000"><geom size="1"/></replicate></worldbody></mujoco>',
        "replicates",
    ),
    "cloth": ('<mujoco><worldbody><flexcomp name="c" type="grid"/></worldbody></mujoco>', "flexcomp"),
    "no model": ("<mujoco><worldbody><bod/></worldbody></mujoco>", "MuJoCo cannot read it"),
    "two roots": ('<robot name="r"><link name="a"/><link name="b"/></robot>', "2 root links"),
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_no_robots_file_is_refused_in_a_sentence(what: str, tmp_path: Path) -> None:
    text, sentence = REFUSED[what]
    path = tmp_path / "robot.xml" if text is None else written(tmp_path, text)
    with pytest.raises(UserError, match=sentence) as refused:
        read_source(path)
    assert "\n" not in str(refused.value)


def test_what_mimics_without_a_range_is_remembered_and_not_complained_of(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    finger = """<link name="finger"><inertial><mass value="0.1"/><inertia ixx="1" iyy="1" izz="1" ixy="0" ixz="0"
      iyz="0"/></inertial></link><joint name="curl" type="continuous"><parent link="base"/><child link="finger"/>
      <axis xyz="0 1 0"/><mimic joint="hip"/></joint>"""
    source = read_source(written(tmp_path, URDF.replace("</robot>", f"{finger}</robot>"), "robot.urdf"))
    assert source.urdf_limits["curl"].mimics == "hip"
    assert "mimic" not in "".join(capfd.readouterr())
