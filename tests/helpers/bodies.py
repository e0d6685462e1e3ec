"""The bodies that tests try: bipeds that can be taken, bipeds with faults, and what cannot be taken.

Each function writes a maker's file into a folder and returns it with what is true of it.
"""

from pathlib import Path
from xml.etree import ElementTree

from made_up_bodies import (
    Link,
    MadeUpBody,
    Plan,
    Plate,
    Servos,
    add,
    box_moments,
    mirrored,
    named,
    text,
    truth,
    write_plan,
)

_X, _Y, _Z = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)

DUCK = Plan(
    name="duck",
    trunk=Link("trunk", (0, 0, 0), _Z, None, 0, 1.0, (-0.005, 0, 0.04), (0.10, 0.12, 0.10)),
    leg=(
        Link("hip_yaw", (0, 0.035, -0.02), _Z, (-0.5, 0.5), 3.2, 0.10, (0, 0.035, -0.03), (0.03, 0.03, 0.03)),
        Link("hip_roll", (0, 0.035, -0.04), _X, (-0.4, 0.4), 3.2, 0.08, (0, 0.040, -0.045), (0.03, 0.03, 0.03)),
        Link("hip_pitch", (0, 0.045, -0.05), _Y, (-1.2, 0.9), 3.2, 0.15, (0, 0.047, -0.09), (0.03, 0.03, 0.07)),
        Link("knee", (0, 0.050, -0.12), _Y, (-1.6, 0.05), 3.2, 0.12, (0, 0.050, -0.16), (0.03, 0.03, 0.07)),
        Link("ankle_pitch", (0, 0.050, -0.19), _Y, (-0.9, 1.1), 3.2, 0.10, (0.01, 0.050, -0.21), (0.09, 0.05, 0.02)),
    ),
    plate=Plate((0.010, 0.050, -0.22), 0.050, 0.030),
    servos=Servos("position", kp=13.0, kv=0.2, armature=0.02, damping=0.05),
    base_height=0.22,
    home={"hip_pitch": 0.4, "knee": -0.8, "ankle_pitch": 0.4},
    keyframe=True,
)

TALL = Plan(
    name="tall",
    trunk=Link("pelvis", (0, 0, 0), _Z, None, 0, 5.0, (0.0, 0, 0.12), (0.14, 0.20, 0.28)),
    leg=(
        Link("hip_yaw", (0, 0.08, -0.06), _Z, (-0.6, 0.9), 30.0, 0.5, (0, 0.08, -0.08), (0.06, 0.06, 0.06)),
        Link("hip_roll", (0, 0.08, -0.10), _X, (-0.3, 0.7), 30.0, 0.5, (0, 0.085, -0.11), (0.06, 0.06, 0.06)),
        Link("hip_pitch", (0, 0.08, -0.12), _Y, (-1.6, 0.6), 40.0, 1.2, (0, 0.085, -0.20), (0.07, 0.07, 0.16)),
        Link("knee", (0, 0.08, -0.29), _Y, (0.0, 2.0), 40.0, 0.9, (0, 0.08, -0.37), (0.06, 0.06, 0.16)),
        Link("ankle_pitch", (0, 0.08, -0.46), _Y, (-0.9, 0.8), 25.0, 0.1, (0, 0.08, -0.47), (0.04, 0.04, 0.04)),
        Link("ankle_roll", (0, 0.08, -0.48), _X, (-0.5, 0.5), 25.0, 0.3, (0.02, 0.08, -0.505), (0.18, 0.08, 0.03)),
    ),
    plate=Plate((0.030, 0.08, -0.52), 0.10, 0.04),
    servos=Servos("motor", armature=0.03, damping=0.5),
    base_height=0.52,
    home={"hip_pitch": -0.3, "knee": 0.6, "ankle_pitch": -0.3},
    prefixes=("LL_", "RL_"),
)

WRONG_AXIS, WRONG_MASS, WRONG_ANCHOR = "RL_hip_roll", "RL_knee_link", "RL_knee"
MASS_OFF, ANCHOR_OFF = 0.15, 0.004  # kg, m


def duck(folder: Path) -> MadeUpBody:
    """Ten small servos, knees backwards, no ankle roll, a keyframe."""
    return write_plan(DUCK, folder)


def backlash_duck(folder: Path) -> MadeUpBody:
    """The duck with a passive hinge of ±0.5° behind every servo."""
    return write_plan(DUCK._replace(backlash=True), folder)


def tall_biped(folder: Path) -> MadeUpBody:
    """Twelve torque motors, hip yaw first, no keyframe."""
    return write_plan(TALL, folder)


def badly_mirrored(folder: Path) -> MadeUpBody:
    """The tall biped, of whose right leg one axis points the other way, one mass and one anchor are off."""

    def change(tree: ElementTree.Element) -> None:
        named(tree, "joint", WRONG_AXIS).set("axis", "-1 0 0")  # its range stays, which is the mistake
        shank = named(tree, "body", WRONG_MASS)
        inertial = shank.find("inertial")
        assert inertial is not None
        inertial.set("mass", f"{0.9 + MASS_OFF:g}")
        x, y, z = (float(value) for value in shank.get("pos", "").split())
        shank.set("pos", text((x + ANCHOR_OFF, y, z)))
        foot = named(tree, "body", "RL_ankle_pitch_link")
        x, y, z = (float(value) for value in foot.get("pos", "").split())
        foot.set("pos", text((x - ANCHOR_OFF, y, z)))

    return write_plan(TALL, folder, change)._replace(mass=TALL.trunk.mass + 2 * 3.5 + MASS_OFF)


def closed_loop(folder: Path) -> MadeUpBody:
    """The tall biped with a rod beside the left shank, tied to the foot by an equality."""

    def change(tree: ElementTree.Element) -> None:
        rod = add(named(tree, "body", "LL_hip_pitch_link"), "body", name="rod", pos="-0.03 0 -0.17")
        add(rod, "joint", name="rod_hinge", axis="0 1 0")
        moments = text(box_moments(0.05, (0.01, 0.01, 0.17)))
        add(rod, "inertial", mass="0.05", pos="0 0 -0.085", diaginertia=moments)
        tie = {"body1": "rod", "body2": "LL_ankle_pitch_link", "anchor": "0 0 -0.17"}
        add(add(tree, "equality"), "connect", name="loop", **tie)

    return write_plan(TALL, folder, change)


def point_feet(folder: Path) -> MadeUpBody:
    """Three hinges a leg that end in a ball each."""
    pitch_leg = tuple(link for link in TALL.leg if link.joint in ("hip_roll", "hip_pitch", "knee"))
    plan = TALL._replace(
        name="point_feet", leg=pitch_leg, foot="point", plate=TALL.plate._replace(center=(0, 0.08, -0.52))
    )
    return write_plan(plan, folder)


def wheels(folder: Path) -> MadeUpBody:
    """Legs that end in a wheel each."""
    wheel = Link("wheel", (0, 0.08, -0.46), _Y, None, 10.0, 0.4, (0, 0.08, -0.46), (0.12, 0.04, 0.12))
    leg = (*(link for link in TALL.leg if link.joint in ("hip_roll", "hip_pitch", "knee")), wheel)
    plan = TALL._replace(name="wheels", leg=leg, foot="wheel", plate=TALL.plate._replace(center=(0, 0.08, -0.52)))
    return write_plan(plan, folder)


def three_wheels(folder: Path) -> Path:
    """A body with arms that rolls on three wheels."""
    model = ElementTree.Element("mujoco", model="three_wheels")
    trunk = add(add(model, "worldbody"), "body", name="trunk", pos="0 0 0.3")
    add(trunk, "freejoint")
    add(trunk, "geom", type="box", size="0.1 0.1 0.1", mass="3")
    actuators = add(model, "actuator")
    for name, x, y in (("left", 0.1, 0.1), ("right", 0.1, -0.1), ("back", -0.1, 0.0)):
        wheel = add(trunk, "body", name=f"{name}_wheel", pos=text((x, y, -0.25)))
        add(wheel, "joint", name=f"{name}_roll", axis="0 1 0")
        add(wheel, "geom", type="cylinder", size="0.05 0.02", euler="90 0 0", mass="0.2")
        add(actuators, "motor", joint=f"{name}_roll")
    for name, y in (("left", 0.15), ("right", -0.15)):
        part, place = trunk, (0, y, 0.1)
        for joint in (f"{name}_shoulder", f"{name}_elbow"):
            part, place = add(part, "body", name=f"{joint}_link", pos=text(place)), (0, 0, 0.1)
            add(part, "joint", name=joint, axis="0 1 0")
            add(part, "geom", type="capsule", size="0.02", fromto="0 0 0 0 0 0.1", mass="0.1")
            add(actuators, "motor", joint=joint)
    path = folder / "three_wheels.xml"
    path.write_text(ElementTree.tostring(model, encoding="unicode"))
    return path


def four_legs(folder: Path) -> Path:
    """A body on four legs with ball feet."""
    model = ElementTree.Element("mujoco", model="four_legs")
    add(model, "compiler", angle="radian", autolimits="true")
    world = add(model, "worldbody")
    add(world, "geom", name="floor", type="plane", size="5 5 0.1")
    trunk = add(world, "body", name="trunk", pos="0 0 0.3")
    add(trunk, "freejoint")
    add(trunk, "geom", type="box", size="0.2 0.08 0.05", mass="5")
    actuators = add(model, "actuator")
    for name, x, y in (("FL", 0.2, 0.1), ("FR", 0.2, -0.1), ("RL", -0.2, 0.1), ("RR", -0.2, -0.1)):
        body = add(trunk, "body", name=f"{name}_thigh", pos=text((x, y, 0)))
        add(body, "joint", name=f"{name}_hip_roll", axis="1 0 0", range="-0.6 0.6", armature="0.01")
        add(body, "joint", name=f"{name}_hip_pitch", axis="0 1 0", range="-1.5 1.5", armature="0.01")
        add(body, "geom", type="capsule", size="0.02", fromto="0 0 0 0 0 -0.15", mass="0.5", contype="0")
        shank = add(body, "body", name=f"{name}_shank", pos="0 0 -0.15")
        add(shank, "joint", name=f"{name}_knee", axis="0 1 0", range="-2.5 0", armature="0.01")
        add(shank, "geom", type="capsule", size="0.015", fromto="0 0 0 0 0 -0.13", mass="0.2", contype="0")
        add(shank, "geom", name=f"{name}_foot", type="sphere", size="0.02", pos="0 0 -0.13", mass="0.05")
        for joint in ("hip_roll", "hip_pitch", "knee"):
            add(actuators, "motor", name=f"{name}_{joint}", joint=f"{name}_{joint}", ctrlrange="-20 20")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "four_legs.xml"
    path.write_text(ElementTree.tostring(model, encoding="unicode"))
    return path


def urdf(folder: Path) -> MadeUpBody:
    """The tall biped as a URDF: limits of torque and speed, box feet, visual meshes that are not there."""
    folder.mkdir(parents=True, exist_ok=True)
    robot = ElementTree.Element("robot", name=TALL.name)
    _add_urdf_link(robot, TALL.trunk.joint, TALL.trunk, (0, 0, 0))
    for prefix, sign in zip(TALL.prefixes, (1, -1), strict=True):
        parent, origin = TALL.trunk.joint, (0.0, 0.0, 0.0)
        for link in TALL.leg if sign > 0 else map(mirrored, TALL.leg):
            assert link.range
            name = f"{prefix}{link.joint}_link"
            element = _add_urdf_link(robot, name, link, link.anchor)
            joint = add(robot, "joint", name=prefix + link.joint, type="revolute")
            add(joint, "parent", link=parent)
            add(joint, "child", link=name)
            place = tuple(a - b for a, b in zip(link.anchor, origin, strict=True))
            add(joint, "origin", xyz=text(place), rpy="0 0 0")
            add(joint, "axis", xyz=text(link.axis))
            low, high = link.range
            add(joint, "limit", lower=str(low), upper=str(high), effort=str(link.torque), velocity="15")
            add(joint, "dynamics", damping="0.5", friction="0.1")
            parent, origin = name, link.anchor
        x, y, z = TALL.plate.center
        place = (x - origin[0], sign * y - origin[1], z + 0.003 - origin[2])
        shape = add(element, "collision")
        add(shape, "origin", xyz=text(place), rpy="0 0 0")
        size = text((2 * TALL.plate.half_length, 2 * TALL.plate.half_width, 0.006))
        add(add(shape, "geometry"), "box", size=size)
    ElementTree.indent(robot)
    path = folder / "tall.urdf"
    path.write_text(ElementTree.tostring(robot, encoding="unicode"))
    return truth(TALL, path)


def _add_urdf_link(robot: ElementTree.Element, name: str, link: Link, origin) -> ElementTree.Element:
    element = add(robot, "link", name=name)
    inertial = add(element, "inertial")
    add(inertial, "origin", xyz=text([c - o for c, o in zip(link.com, origin, strict=True)]), rpy="0 0 0")
    add(inertial, "mass", value=str(link.mass))
    xx, yy, zz = (f"{moment:.9g}" for moment in box_moments(link.mass, link.size))
    add(inertial, "inertia", ixx=xx, iyy=yy, izz=zz, ixy="0", ixz="0", iyz="0")
    mesh = add(add(add(element, "visual"), "geometry"), "mesh")
    mesh.set("filename", f"package://tall_description/meshes/{name}.stl")
    return element
