"""Masses and inertias of a URDF that MuJoCo refuses: of frames that weigh nothing, and of no solid."""

import math
from xml.etree import ElementTree

import numpy as np

from playground_amp.robot.making.notes import Note

_DUST = 1e-6  # of the robot's mass: a link of less is a frame, whatever its file says
_LEAST = 1e-12  # kg·m²: a gram at 0.03 mm; less is none
_FRAME = 1e-3  # kg, of a frame that moves: MuJoCo steps nothing that weighs nothing
_DENSITY = 1000.0  # kg/m³, of the ball whose inertia stands in for one that no solid has
_MOMENTS = ("ixx", "iyy", "izz")
_WRAPPERS = ("frame", "replicate")
_BODILY = ("inertial", "visual", "collision")
_PRODUCTS = {(0, 1): "ixy", (0, 2): "ixz", (1, 2): "iyz"}


def mend_inertials(root: ElementTree.Element) -> list[Note]:
    """Edits the tree in place: takes out those of next to no mass, and evens moments that are not above 0.

    A mass below 0 or without end stays: MuJoCo, or who reads the model, refuses it by its name.
    """
    held = [(link, inertial) for link in root.findall("link") for inertial in link.findall("inertial")]
    masses = [number_of(inertial.find("mass"), "value") for _, inertial in held]
    least, odd = _DUST * sum(mass for mass in masses if 0 < mass < np.inf), []
    for (link, inertial), mass in zip(held, masses, strict=True):
        moments = inertial.find("inertia")
        if 0 <= mass <= least:
            link.remove(inertial)
        elif least < mass < np.inf and moments is not None and not _is_of_a_solid(moments):
            moments.attrib.update(
                dict.fromkeys(_MOMENTS, f"{_ball(mass):.6g}") | dict.fromkeys(_PRODUCTS.values(), "0")
            )
            odd.append(link.get("name", ""))
    if not odd:
        return []
    bodies = f"{odd[0]!r}" + (f" and of {len(odd) - 1} more" if len(odd) > 1 else "")
    text = f"the inertia of {bodies} is that of no solid (a moment of 0 or less): that of a ball was taken"
    return [Note("inertia", text, "export it again, about the body's center of mass")]


def weigh_frames(root: ElementTree.Element, name: str) -> Note | None:
    """Gives moving bodies without any shape, as stand between hinges, a little mass; None if `name` is not one."""
    frames = _urdf_frames(root) if root.tag == "robot" else _mjcf_frames(root)
    if not any(frame.get("name") == name for frame in frames):
        return None
    mass, moment = f"{_FRAME:g}", f"{_ball(_FRAME):.3g}"
    for frame in frames:
        if root.tag == "robot":
            inertial = ElementTree.SubElement(frame, "inertial")
            ElementTree.SubElement(inertial, "mass", value=mass)
            moments = dict.fromkeys(_MOMENTS, moment) | dict.fromkeys(_PRODUCTS.values(), "0")
            ElementTree.SubElement(inertial, "inertia", moments)
        else:
            ElementTree.SubElement(frame, "inertial", pos="0 0 0", mass=mass, diaginertia=" ".join([moment] * 3))
    bodies, have = (f"{name!r} and {len(frames) - 1} more", "have") if len(frames) > 1 else (repr(name), "has")
    text = f"{bodies} between joints {have} neither shape nor mass: a gram was taken"
    return Note("inertia", text, "give them an <inertial>, or hang both joints on one body")


def _urdf_frames(root: ElementTree.Element) -> list[ElementTree.Element]:
    children = [joint.find("child") for joint in root.findall("joint") if joint.get("type") != "fixed"]
    moved = {child.get("link") for child in children if child is not None}
    empty = [link for link in root.findall("link") if not any(link.find(tag) is not None for tag in _BODILY)]
    return [link for link in empty if link.get("name") in moved]


def _mjcf_frames(root: ElementTree.Element) -> list[ElementTree.Element]:
    moved = [body for body in root.iter("body") if _has_own(body, "joint")]
    return [body for body in moved if not _has_own(body, "geom") and not _has_own(body, "inertial")]


def _has_own(body: ElementTree.Element, tag: str) -> bool:
    """Whether a body has an element of its own, perhaps wrapped in a frame; its child bodies' do not count."""
    return any(child.tag == tag or (child.tag in _WRAPPERS and _has_own(child, tag)) for child in body)


def _ball(mass: float) -> float:
    """Moment of inertia of a solid ball, kg·m²."""
    return 0.4 * mass * (3 * mass / (4 * np.pi * _DENSITY)) ** (2 / 3)


def _is_of_a_solid(moments: ElementTree.Element) -> bool:
    """Whether all principal moments are above 0, or one is no number: that is told when the model is read."""
    matrix = np.diag([number_of(moments, name) for name in _MOMENTS])
    for (row, column), name in _PRODUCTS.items():
        matrix[row, column] = matrix[column, row] = number_of(moments, name)
    return not np.isfinite(matrix).all() or float(np.linalg.eigvalsh(matrix)[0]) > _LEAST


def number_of(element: ElementTree.Element | None, name: str, missing: float = 0.0) -> float:
    """An attribute as a number; NaN if it is none, `missing` if it or its element is not there."""
    try:
        return missing if element is None else float(element.get(name, missing))
    except ValueError:
        return math.nan
