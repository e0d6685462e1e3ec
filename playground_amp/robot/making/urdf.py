"""A URDF as MuJoCo can read it: a free base, absolute paths of meshes, and what MuJoCo leaves out of it."""

import math
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

from playground_amp.errors import UserError
from playground_amp.robot.making.inertials import mend_inertials, number_of
from playground_amp.robot.making.meshes import STAND_IN, Meshes, MeshFinder, locate, mesh_notes
from playground_amp.robot.making.notes import Note

_WORLD = "world"  # the link of this name is what MuJoCo takes for the world
_ROOT_JOINT = "base_of_the_robot"
_COMPILER = {"discardvisual": "false", "fusestatic": "false", "strippath": "false", "balanceinertia": "true"}
_MIMICKING = ("revolute", "prismatic")  # of other joints MuJoCo reads no mimic, and complains of each
_MOVING = ("revolute", "continuous", "prismatic", "planar", "floating")


class UrdfLimits(NamedTuple):
    """What a URDF says of a joint and MuJoCo does not read."""

    speed: float | None  # rad/s
    mimics: str  # the joint that it follows; empty: none
    continuous: bool


def prepare_urdf(root: ElementTree.Element, path: Path) -> tuple[Meshes, dict[str, UrdfLimits]]:
    """Edits the tree in place. Raises UserError if it has no single root link."""
    folders = [each.get("meshdir", "") for part in root.findall("mujoco") for each in part.iter("compiler")]
    for mujoco_part in root.findall("mujoco"):
        root.remove(mujoco_part)
    notes = [*mend_inertials(root), *_without_trifles(root), *_with_ranges(root)]
    links = [link.get("name", "") for link in root.findall("link")]
    joints = root.findall("joint")
    children = {element.get("link") for joint in joints for element in joint.findall("child")}
    tops = [name for name in links if name not in children]
    if len(tops) != 1:
        raise UserError(f"{path} has {len(tops)} root links ({', '.join(tops) or 'none'}): a robot has one")
    _free_base(root, tops[0], joints)
    limits = {joint.get("name", ""): _limits(joint) for joint in joints if joint.get("type") in _MOVING}
    for joint in joints:
        if joint.get("type") not in _MIMICKING:
            for mimic in joint.findall("mimic"):
                joint.remove(mimic)
    meshes = _place(root, path, [folder for folder in folders if folder])
    for tag in ("transmission", "gazebo", "ros2_control"):
        for element in root.findall(tag):
            root.remove(element)
    ElementTree.SubElement(ElementTree.SubElement(root, "mujoco"), "compiler", _COMPILER)
    return meshes._replace(notes=(*notes, *meshes.notes)), limits


def _without_trifles(root: ElementTree.Element) -> list[Note]:
    """Takes out what MuJoCo refuses or complains of and no robot needs: names and sizes of nothing, weightless ends."""
    notes, empty = [], {}
    if not any(link.find("inertial") is not None for link in root.findall("link")):
        text = "no link has an <inertial>: its mass is a guess, of solid shapes"
        notes.append(Note("inertia", text, "give each link its mass and inertia"))
    for link in root.findall("link"):
        for shape in [*link.findall("visual"), *link.findall("collision")]:
            shape.attrib.pop("name", None)
            if any(_is_nothing(size) for size in shape.iter() if size.tag in ("box", "sphere", "cylinder")):
                link.remove(shape)
                empty[link.get("name", "")] = empty.get(link.get("name", ""), 0) + 1
    if empty:
        of, count = " and ".join(map(repr, empty)), sum(empty.values())
        text = f"a shape of {of} has no size and was left out"
        if count > 1:
            text = f"{count} shapes of {of} have no size and were left out"
        notes.append(Note("old attribute", text, ""))
    for joint in _moving_nothing(root):
        joint.set("type", "fixed")
        text = f"{joint.get('name', '')!r} moves nothing that has a mass or a shape: it is held"
        notes.append(Note("inertia", text, ""))
    return notes


def _is_nothing(shape: ElementTree.Element) -> bool:
    """Whether a size of a box, a sphere or a cylinder is 0."""
    numbers = [word for key in ("size", "radius", "length") for word in shape.get(key, "").split()]
    return any(word.strip("+-0.") == "" for word in numbers)


def _moving_nothing(root: ElementTree.Element) -> list[ElementTree.Element]:
    """Joints that carry no link with an inertial or a shape to collide with; none, where most are like that."""
    solid = {
        link.get("name")
        for link in root.findall("link")
        if link.find("inertial") is not None or link.find("collision") is not None
    }
    joints = root.findall("joint")
    carried = solid
    while True:
        more = {_linked(joint, "parent") for joint in joints if _linked(joint, "child") in carried} - carried
        if not more:
            break
        carried = carried | more
    moving = [joint for joint in joints if joint.get("type") in _MOVING]
    idle = [joint for joint in moving if _linked(joint, "child") not in carried]
    return idle if 2 * len(idle) < len(moving) else []


def _with_ranges(root: ElementTree.Element) -> list[Note]:
    """A joint that is `continuous` and has a range all the same, of less than a turn, becomes one that has it."""
    found = []
    for joint in root.findall("joint"):
        limit = joint.find("limit")
        lower, upper = (number_of(limit, end, math.nan) for end in ("lower", "upper"))
        if joint.get("type") == "continuous" and 0 < upper - lower < math.tau:
            joint.set("type", "revolute")
            found.append(joint.get("name", ""))
    if not found:
        return []
    text = f"1 joint is continuous and has a range ({found[0]!r}): it holds"
    if len(found) > 1:
        text = f"{len(found)} joints are continuous and have ranges ({found[0]!r} …): they hold"
    return [Note("old attribute", text, 'say type="revolute"')]


def _free_base(root: ElementTree.Element, top: str, joints: list[ElementTree.Element]) -> None:
    """Hangs the root link on a floating joint, unless its file does so itself."""
    if any(joint.get("type") == "floating" for joint in joints):
        return
    if top == _WORLD:
        for joint in joints:
            if joint.get("type") == "fixed" and _linked(joint, "parent") == top:
                joint.set("type", "floating")  # what is bolted to the world
        return
    ElementTree.SubElement(root, "link", name=_WORLD)
    joint = ElementTree.SubElement(root, "joint", name=_ROOT_JOINT, type="floating")
    ElementTree.SubElement(joint, "parent", link=_WORLD)
    ElementTree.SubElement(joint, "child", link=top)


def _linked(joint: ElementTree.Element, tag: str) -> str | None:
    element = joint.find(tag)
    return None if element is None else element.get("link")


def _limits(joint: ElementTree.Element) -> UrdfLimits:
    speed, mimic = number_of(joint.find("limit"), "velocity", math.nan), joint.find("mimic")
    return UrdfLimits(
        speed=speed if math.isfinite(speed) and speed > 0 else None,
        mimics="" if mimic is None else mimic.get("joint", "another"),
        continuous=joint.get("type") == "continuous",
    )


def _place(root: ElementTree.Element, path: Path, folders: list[str]) -> Meshes:
    """Paths of meshes; MuJoCo names a mesh after its file. `folders`: where the file has MuJoCo look for them."""
    files = [mesh.get("filename", "") for mesh in root.iter("mesh")]
    finder = MeshFinder(path, [*folders, "meshes"], files, stripped=True)  # as MuJoCo reads a URDF
    faults: dict[str, list[str]] = {}
    lost = set()
    for mesh in root.iter("mesh"):
        file = mesh.get("filename", "")
        found, fault = locate(finder, file)
        if fault:
            faults.setdefault(fault, []).append(Path(file).name)
        if found is None:
            lost.add(Path(STAND_IN).stem)
            mesh.attrib.pop("scale", None)
        mesh.set("filename", str(found or STAND_IN))
    return Meshes(frozenset(lost), mesh_notes(faults))
