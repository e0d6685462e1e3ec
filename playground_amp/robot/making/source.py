"""Reading anybody's model of a robot, MJCF or URDF, with its meshes or without them."""

import itertools
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from xml.etree import ElementTree

import mujoco
import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.making.documents import DocumentReader
from playground_amp.robot.making.inertials import weigh_frames
from playground_amp.robot.making.meshes import ASSETS, STAND_IN, place_meshes
from playground_amp.robot.making.notes import Note, NoteKind
from playground_amp.robot.making.urdf import UrdfLimits, prepare_urdf

_TRIES = 60  # mends of what MuJoCo refuses
_OLD = re.compile(r"unrecognized attribute: '([^']+)'")
_LOST_GEOM = re.compile(r"geom '([^']+)' not found in collision")
_LOST_CLASS = re.compile(r"unknown default class name '([^']+)'")
_ELEMENT = re.compile(r"Element '([^']+)'(?:, line (\d+))?")
_LINE = re.compile(r",? (at )?line \d+(, column \d+)?")
_NAMED = re.compile(r"Element name '([^']*)'")
_MOST_BODIES = 2_000
_MOST_GEOMS = 20_000
_MEASURES = ("body_pos", "body_quat", "body_mass", "body_ipos", "body_inertia", "jnt_pos", "jnt_axis")
_MEASURES += ("dof_armature", "geom_pos", "geom_quat", "geom_size", "site_pos", "site_quat", "qpos0")
_SETTINGS = ("jnt_range", "jnt_stiffness", "dof_damping", "dof_frictionloss", "geom_friction", "actuator_gear")
_SETTINGS += ("actuator_gainprm", "actuator_biasprm", "actuator_forcerange", "actuator_ctrlrange")  # inf: no limit
_LARGEST = 1e9  # m, kg, kg·m²: beyond any robot, and sums of them beyond any number


@dataclass(frozen=True, eq=False)
class Source:
    """A robot's model as it was read."""

    path: Path
    kind: Literal["MJCF", "URDF"]
    spec: mujoco.MjSpec  # whoever changes it copies it first
    model: mujoco.MjModel  # compiled from it; shared
    notes: tuple[Note, ...]
    lost_meshes: frozenset[str]  # names of meshes that a stand-in replaces
    urdf_limits: dict[str, UrdfLimits]  # by joint; empty for an MJCF


def read_source(path: Path) -> Source:
    """Reads a robot's model.

    Args:
        path: an MJCF (.xml, .mjcf), also a scene around a robot, or a URDF.

    Raises:
        UserError: the file is not there, is no model of a robot, or is larger than any robot's model.
    """
    root = DocumentReader(path).read()
    limits: dict[str, UrdfLimits] = {}
    if root.tag == "robot":
        meshes, limits = prepare_urdf(root, path)
    else:
        meshes = place_meshes(root, path)
    notes = list(meshes.notes)
    lost = set(meshes.lost)
    if path.suffix.lower() not in (".xml", ".urdf"):
        notes.append(Note("file ending", f"MuJoCo itself opens no {path.suffix or 'file without an ending'}", ""))
    spec, model = _compiled(root, path, notes, lost)
    if model.nbody > _MOST_BODIES or model.ngeom > _MOST_GEOMS:
        raise UserError(f"{path} has {model.nbody} bodies and {model.ngeom} shapes: more than any robot")
    _require_numbers(model, path)
    kind = "URDF" if limits or root.tag == "robot" else "MJCF"
    return Source(path, kind, spec, model, tuple(notes), frozenset(lost), limits)


def _require_numbers(model: mujoco.MjModel, path: Path) -> None:
    """Raises UserError for a NaN or a size without end, which MuJoCo takes and nothing can be told of."""
    for name in (*_MEASURES, *_SETTINGS):
        values = getattr(model, name)
        if np.isnan(values).any():
            raise UserError(f"{path}: {name} holds nan, which is no number: correct the file that it stands in")
        if np.isinf(values).any():
            raise UserError(f"{path}: {name} holds inf, which is no size: correct the file that it stands in")
        if name in _MEASURES and (largest := np.abs(values).max(initial=0.0)) > _LARGEST:
            raise UserError(f"{path}: {name} holds {largest:g}, more than any robot's: correct the file that it is in")


def _compiled(
    root: ElementTree.Element, path: Path, notes: list[Note], lost: set[str]
) -> tuple[mujoco.MjSpec, mujoco.MjModel]:
    """Compiles the tree, mending what can be mended one fault after the other."""
    reason = ""
    for _ in range(_TRIES):
        try:
            spec = mujoco.MjSpec.from_string(ElementTree.tostring(root, encoding="unicode"), assets=ASSETS)
            _name_parts(spec)
            _let_things_fall(spec, path, notes)
            _free_the_endless(spec)
            return spec, spec.compile()
        except (ValueError, mujoco.FatalError) as error:
            reason = " ".join(str(error).split())
        if not _mended(root, reason, notes, lost):
            break
    raise UserError(f"{path}{_in_words(reason)}")


def _name_parts(spec: mujoco.MjSpec) -> None:
    """Gives bodies and joints without a name one."""
    for word, parts in (("body", spec.bodies), ("joint", spec.joints)):
        taken = {part.name for part in parts}
        free = (name for index in itertools.count(1) if (name := f"{word}_{index}") not in taken)
        for part in parts:
            part.name = part.name or next(free)


def _let_things_fall(spec: mujoco.MjSpec, path: Path, notes: list[Note]) -> None:
    """Gravity that is switched off or leans becomes the usual one. Raises UserError if another axis than z is up."""
    x, y, z = (float(each) for each in spec.option.gravity)
    if max(abs(x), abs(y)) > abs(z):
        raise UserError(f"{path}: its gravity, {x:g}, {y:g}, {z:g} m/s², is not along -z: turn it so that z is up")
    if not (z < 0 and abs(x) + abs(y) < 1e-3 * -z):
        spec.option.gravity = mujoco.MjSpec().option.gravity
        notes.append(Note("gravity", f"its gravity is {x:g}, {y:g}, {z:g} m/s²: the usual one was taken", ""))


def _free_the_endless(spec: mujoco.MjSpec) -> None:
    """A joint of a range without an end, as some URDFs have for continuous ones, becomes one without a range."""
    for joint in spec.joints:
        if np.isinf(joint.range).any() and not np.isnan(joint.range).any():
            joint.limited, joint.range = mujoco.mjtLimited.mjLIMITED_FALSE, (0.0, 0.0)


def _in_words(reason: str) -> str:
    """What MuJoCo refuses a model for, as the end of a sentence."""
    named = _NAMED.search(reason)
    if named and "mjMINVAL" in reason:
        return f": {named[1]!r} moves but has no mass or no inertia: give it an <inertial> or a shape of some density"
    reason = _LINE.sub("", reason)  # of the tree as it was mended, not of the file
    return f": MuJoCo cannot read it: {reason.replace('XML Error: ', '').replace('Error: ', '')}"


def _mended(root: ElementTree.Element, reason: str, notes: list[Note], lost: set[str]) -> bool:
    """Changes the tree so that one complaint of MuJoCo's goes away; False: it cannot be mended here."""
    if found := _OLD.search(reason):
        return _without_attribute(root, found[1], reason, notes)
    if found := _LOST_GEOM.search(reason):
        return _with_ground(root, found[1], notes)
    if found := _LOST_CLASS.search(reason):
        return _without_class(root, found[1], notes)
    if "keyframe" in reason:
        return _without(root, "keyframe", notes, "keyframe", "its keyframes do not fit its joints")
    element = _ELEMENT.search(reason)
    if (element and element[1] in ("sensor", "camera", "light")) or "sensor" in reason:
        return _without(root, "sensor", notes, "lost reference", "a sensor names what is not there")
    if "exclude" in reason or "in collision" in reason:
        return _without(root, "contact", notes, "lost reference", "its contact pairs name what is not there")
    named = _NAMED.search(reason)
    if named and "mjMINVAL" in reason:
        note = weigh_frames(root, named[1])
        notes.extend([note] if note else [])
        return note is not None
    if "balanceinertia" in reason:
        return _balanced(root, named[1] if named else "a body", notes)
    if named and any(_names(mesh, named[1]) for mesh in root.iter("mesh")):
        return _without_mesh(root, named[1], notes, lost)
    return False


def _balanced(root: ElementTree.Element, body: str, notes: list[Note]) -> bool:
    """Has MuJoCo correct moments of inertia that no solid has."""
    if any(compiler.get("balanceinertia") == "true" for compiler in root.iter("compiler")):
        return False
    ElementTree.SubElement(root, "compiler", balanceinertia="true")
    text = f"the inertia of {body!r} is that of no solid (one moment exceeds the two others together); it was evened"
    notes.append(Note("inertia", text, "export it again, about the body's center of mass"))
    return True


def _without_attribute(root: ElementTree.Element, attribute: str, reason: str, notes: list[Note]) -> bool:
    element = _ELEMENT.search(reason)
    holders = [e for e in root.iter(element[1] if element else None) if attribute in e.attrib]
    for holder in holders:
        del holder.attrib[attribute]
    if holders:
        text = f"{attribute}= of <{holders[0].tag}> is unknown to MuJoCo {mujoco.__version__} and was left out"
        mend = "" if holders[0].tag == "flag" else "look up what has taken its place"  # a flag is no part of the body
        notes.append(Note("old attribute", text, mend))
    return bool(holders)


def _without_class(root: ElementTree.Element, name: str, notes: list[Note]) -> bool:
    holders = [(e, key) for e in root.iter() for key in ("class", "childclass") if e.get(key) == name]
    for holder, key in holders:
        if holder.tag != "default":
            del holder.attrib[key]
    text = f"the default class {name!r} is not in its files: what it says of {len(holders)} parts is missing"
    notes.append(Note("lost reference", text, "name the file that includes it"))
    return any(holder.tag != "default" for holder, _ in holders)


def _with_ground(root: ElementTree.Element, name: str, notes: list[Note]) -> bool:
    """A pair names the floor of a scene that is not there."""
    worlds = root.findall("worldbody")
    if not worlds or any(note.kind == "lost reference" and f"{name!r}" in note.text for note in notes):
        return False
    ElementTree.SubElement(worlds[0], "geom", name=name, type="plane", size="0 0 0.05")
    notes.append(Note("lost reference", f"its contact pairs name {name!r}, the floor of another file", ""))
    return True


def _without(root: ElementTree.Element, tag: str, notes: list[Note], kind: NoteKind, text: str) -> bool:
    holders = [(parent, child) for parent in root.iter() for child in parent if child.tag == tag]
    for parent, child in holders:
        parent.remove(child)
    if holders:
        notes.append(Note(kind, f"{text}: they were left out", ""))
    return bool(holders)


def _names(mesh: ElementTree.Element, name: str) -> bool:
    """Whether MuJoCo knows a mesh by that name: its own, or else that of its file."""
    return name == (mesh.get("name") or Path(mesh.get("filename") or mesh.get("file") or "").stem)


def _without_mesh(root: ElementTree.Element, name: str, notes: list[Note], lost: set[str]) -> bool:
    if name in lost:
        return False
    for mesh in root.iter("mesh"):
        key = "filename" if mesh.get("filename") else "file"
        if _names(mesh, name) and mesh.get(key):
            if key == "file":  # of an MJCF, whose shapes go on naming it so
                mesh.set("name", name)
            mesh.set(key, STAND_IN)
            mesh.attrib.pop("scale", None)
    lost.add(name)
    notes.append(Note("mesh unreadable", f"the mesh {name!r} cannot be used", "export it again as binary STL"))
    return True
