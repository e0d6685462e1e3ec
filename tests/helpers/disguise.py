"""The shipped robot in disguise: the same physical body as a stranger's file, by seed and choice.

Every body gets a frame of its own choosing, hinges are anchored elsewhere along their axes, angles are counted from
another pose and partly the other way, names and order are made up. A robot of another `size` s has s times the
lengths, s³ the mass, s⁵ the inertia, s⁴ the torques and gains, √s the times, under the same gravity: in scaled units
it moves as the original.
"""

from pathlib import Path
from typing import Literal, NamedTuple
from xml.etree import ElementTree

import mujoco
import numpy as np
from made_up_bodies import add, text
from scipy.spatial.transform import Rotation

from playground_amp.robot.models import model_of
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.robot import load_robot

SHIPPED = "wildrobot"
_ARM = ((0.1078, (0, 0.1276, 0.1877)), (0.0589, (-0.0010, 0.1415, 0.1129)), (0.2496, (-0.0048, 0.1540, -0.0283)),
        (0.1053, (-0.0073, 0.1630, -0.1300)), (0.0292, (0.0265, 0.1663, -0.1650)))  # fmt: skip
_BENT, _SPREAD = 0.5, 0.15  # rad, of the zero pose: pitches, other joints
_SYLLABLES = ("ba", "do", "fi", "gu", "ka", "lo", "mi", "nu", "pa", "ro", "se", "ti", "vu", "wo", "xe", "zu")


class Disguise(NamedTuple):
    """What is changed. Everything is by default, but for the size."""

    size: float = 1.0
    names: bool = True  # other names and another order
    frames: bool = True  # turned and moved frames, anchors elsewhere along their axes
    angles: bool = True  # another zero pose, some axes the other way round
    base: bool = True  # the base's origin elsewhere, its frame turned
    drive: Literal["position", "motor"] = "motor"
    soles: Literal["capsules", "mesh"] = "mesh"
    root: Literal["free", "slides"] = "slides"
    scene: bool = True  # a floor, a light, a table
    arms: bool = True  # bodies of their own, fixed to the torso
    keyframe: bool = True


class Disguised(NamedTuple):
    """The stranger's file, and how it corresponds to the original."""

    path: Path
    size: float
    drive: str  # position or motor
    joints: tuple[str, ...]  # their names, in the original's order
    bodies: dict[str, str]  # by the original's names
    sign: np.ndarray  # [J]
    zero: np.ndarray  # [J] rad, the original's angles at the disguised zero pose
    base_position: np.ndarray  # [3] m, of the disguised base in the original's base frame, in the original's size
    base_turn: Rotation

    def angles(self, original: np.ndarray) -> np.ndarray:
        """Disguised joint angles [J] of the original's, in the original's order, rad."""
        return self.sign * (original - self.zero)

    def state(self, model: mujoco.MjModel, qpos: np.ndarray) -> np.ndarray:
        """The qpos of a model of the disguised file, for the original's qpos [7 + J] in the original's size."""
        inner = np.zeros(model.nq)
        turn = Rotation.from_quat(qpos[3:7], scalar_first=True)
        body = model.body(self.bodies["waist"])
        place = self.size * (qpos[:3] + turn.apply(self.base_position))
        turned = turn * self.base_turn
        if model.jnt_type[0] == mujoco.mjtJoint.mjJNT_SLIDE:
            place = place - body.pos
            turned = Rotation.from_quat(body.quat, scalar_first=True).inv() * turned
        inner[:3], inner[3:7] = place, turned.as_quat(scalar_first=True)
        for name, angle in zip(self.joints, self.angles(qpos[BASE_QPOS_SIZE:]), strict=True):
            inner[model.joint(name).qposadr[0]] = angle
        return inner

    def original(self, model: mujoco.MjModel, data: mujoco.MjData) -> np.ndarray:
        """The original's qpos [7 + J], in its size, of a state of the disguised file, whose poses are updated."""
        mujoco.mj_kinematics(model, data)
        base = data.body(self.bodies["waist"])
        turn = Rotation.from_quat(base.xquat, scalar_first=True) * self.base_turn.inv()
        place = base.xpos / self.size - turn.apply(self.base_position)
        angles = np.array([data.qpos[model.joint(name).qposadr[0]] for name in self.joints])
        return np.concatenate([place, turn.as_quat(scalar_first=True), self.sign * angles + self.zero])

    def even_out(self, model: mujoco.MjModel) -> None:
        """Gives a model of the disguised file the constants of soft constraints that the original has, scaled.

        MuJoCo works out how light a body is at the zero pose, which is another one here, and takes the times and
        lengths of its springs to be those of any robot.
        """
        size, original = self.size, model_of(load_robot(SHIPPED))
        model.opt.timestep *= size**0.5
        for times in (model.geom_solref, model.jnt_solref, model.dof_solref):
            times[:, 0] *= size**0.5
        model.geom_solimp[:, 2] *= size
        for name, other in self.bodies.items():
            model.body_invweight0[model.body(other).id] = original.body(name).invweight0 / [size**3, size**5]
        for place, name in enumerate(self.joints):
            there = original.dof_invweight0[BASE_QVEL_SIZE + place]
            model.dof_invweight0[model.joint(name).dofadr[0]] = there / size**5


def disguise(folder: Path, seed: int, what: Disguise) -> Disguised:
    """Writes the shipped robot in disguise into a folder, which is made."""
    return _Tailor(folder, np.random.default_rng(seed), what).write()


class _Tailor:
    def __init__(self, folder: Path, rng: np.random.Generator, what: Disguise) -> None:
        self.folder, self.rng, self.what, self.named = folder, rng, what, 0
        self.robot: Robot = load_robot(SHIPPED)
        self.model = model_of(self.robot)
        self.data = mujoco.MjData(self.model)
        count = self.robot.num_joints
        self.zero = self._zero_pose() if what.angles else np.zeros(count)
        self.sign = rng.choice([-1.0, 1.0], count) if what.angles else np.ones(count)
        self.data.qpos[:BASE_QPOS_SIZE] = (0, 0, 0, 1, 0, 0, 0)
        self.data.qpos[BASE_QPOS_SIZE:] = self.zero
        mujoco.mj_kinematics(self.model, self.data)
        self.names = {"": ""} | {name: self._name(name) for name in self.robot.body_names + self.robot.joint_names}
        self.frames = [(np.zeros(3), Rotation.identity()), *map(self._frame, range(1, self.model.nbody))]

    def _zero_pose(self) -> np.ndarray:
        """Angles of a pose that is its own mirror image, knees and ankles more bent than the rest, rad."""
        robot = self.robot
        pitch = np.abs(robot.joint_axis_b[:, 1]) > 0.5
        drawn = self.rng.uniform(-1, 1, robot.num_joints) * np.where(pitch, _BENT, _SPREAD)
        drawn = np.clip(drawn, robot.joint_lower, robot.joint_upper)
        image = robot.joint_mirror_sign * drawn[robot.joint_mirror_index]
        return np.where(np.arange(len(drawn)) < robot.joint_mirror_index, drawn, image) * (
            robot.joint_mirror_index != np.arange(len(drawn))
        )

    def write(self) -> Disguised:
        self.folder.mkdir(parents=True, exist_ok=True)
        tree = self.tree = ElementTree.Element("mujoco", model=self._made_up())
        add(tree, "compiler", angle="radian", autolimits="true")
        option = add(tree, "option", timestep=text([0.002]), integrator="implicitfast", iterations="10")
        add(option, "flag", island="disable")
        self.asset, world = add(tree, "asset"), add(tree, "worldbody")
        if self.what.scene:
            add(world, "light", pos="0 0 4")
            floor = {"friction": "0.8 0.005 0.0001", "priority": "1", "conaffinity": "0"}
            add(world, "geom", name=self._made_up(), type="plane", size="0 0 0.1", **floor)
            table = add(world, "body", name=self._made_up(), pos="3 0 0.4")
            add(table, "geom", type="box", size="0.3 0.5 0.02", contype="2", conaffinity="2")
        self._add_body(world, 1)
        actuators = add(tree, "actuator")
        for index in self._shuffled(range(self.robot.num_joints)):
            self._add_actuator(actuators, int(index))
        add(add(tree, "sensor"), "gyro", name=self._made_up(), site=self.names["imu"])
        disguised = self._write()
        if self.what.keyframe:
            model = mujoco.MjModel.from_xml_path(str(disguised.path))
            pose = disguised.state(model, self.robot.home_qpos)
            add(add(tree, "keyframe"), "key", name="home", qpos=text(pose))
            self._write()
        return disguised

    def _write(self) -> Disguised:
        ElementTree.indent(self.tree)
        path = self.folder / "stranger.xml"
        path.write_text(ElementTree.tostring(self.tree, encoding="unicode"))
        position, turn = self.frames[1]
        joints = tuple(self.names[name] for name in self.robot.joint_names)
        bodies = {name: self.names[name] for name in self.robot.body_names}
        return Disguised(path, self.what.size, self.what.drive, joints, bodies, self.sign, self.zero, position, turn)

    def _name(self, name: str) -> str:
        return self._made_up() if self.what.names else name

    def _made_up(self) -> str:
        self.named += 1  # no name comes twice
        return "".join(self.rng.choice(_SYLLABLES, 3)) + _SYLLABLES[self.named // 16] + _SYLLABLES[self.named % 16]

    def _shuffled(self, items: range) -> list[int]:
        return [int(item) for item in self.rng.permutation(list(items))] if self.what.names else list(items)

    def _turn(self) -> Rotation:
        return Rotation.from_quat(self.rng.normal(size=4))

    def _frame(self, body: int) -> tuple[np.ndarray, Rotation]:
        """A body's new frame, in the original's base frame at the disguised zero pose."""
        place = self.data.xpos[body].copy()
        turn = Rotation.from_quat(self.data.xquat[body], scalar_first=True)
        if self.what.base if body == 1 else self.what.frames:
            return place + self.rng.uniform(-0.04, 0.04, 3), self._turn() * turn
        return place, turn

    def _add_body(self, parent: ElementTree.Element, body: int) -> None:
        size, model = self.what.size, self.model
        name = model.body(body).name
        element = add(parent, "body", name=self.names[name])
        self._place(element, body, int(model.body_parentid[body]))
        if body == 1:
            self._add_root(element)
        else:
            self._add_joint(element, model.joint(int(model.body_jntadr[body])))
        mass, com, inertia = self._inertial(body)
        if name == "torso" and self.what.arms:
            for side in (1, -1):
                arm = self._add_arm(element, body, side)
                mass, com, inertia = _without((mass, com, inertia), arm)
        self._add_inertial(element, self.frames[body], (mass, com, inertia))
        bars = [geom for geom in range(model.ngeom) if model.geom_bodyid[geom] == body]
        if len(bars) == 2 and self.what.soles == "mesh":
            self._add_mesh(element, body, bars)
        else:
            for geom in bars:
                self._add_geom(element, body, geom)
        for site in range(model.nsite):
            if model.site_bodyid[site] == body and model.site(site).name == "imu":
                place = self._inside(body, self.data.site_xpos[site])
                turn = self.frames[body][1].inv() * Rotation.from_matrix(self.data.site_xmat[site].reshape(3, 3))
                self.names["imu"] = self._made_up()
                imu = add(element, "site", name=self.names["imu"], pos=text(size * place))
                imu.set("quat", text(turn.as_quat(scalar_first=True)))
        children = [child for child in range(2, model.nbody) if model.body_parentid[child] == body]
        for index in self._shuffled(range(len(children))):
            self._add_body(element, children[index])

    def _place(self, element: ElementTree.Element, body: int, parent: int) -> None:
        """A body in its parent; the base stands in the world as at home."""
        position, turn = self.frames[body]
        if body == 1:
            home = self.robot.home_qpos[:3] + position
        else:
            home = self.frames[parent][1].inv().apply(position - self.frames[parent][0])
            turn = self.frames[parent][1].inv() * turn
        element.set("pos", text(self.what.size * home))
        element.set("quat", text(turn.as_quat(scalar_first=True)))

    def _add_root(self, element: ElementTree.Element) -> None:
        if self.what.root == "free":
            add(element, "freejoint", name=self._made_up())
            return
        for axis in np.eye(3):
            inside = self.frames[1][1].inv().apply(axis)
            self._undamped(add(element, "joint", name=self._made_up(), type="slide", axis=text(inside)))
        self._undamped(add(element, "joint", name=self._made_up(), type="ball"))

    def _undamped(self, joint: ElementTree.Element) -> None:
        joint.attrib.update(damping="0", armature="0", frictionloss="0")

    def _add_joint(self, element: ElementTree.Element, joint) -> None:
        size, index = self.what.size, int(joint.qposadr[0]) - BASE_QPOS_SIZE
        body = int(joint.bodyid[0])
        axis = self.data.xaxis[joint.id]
        along = self.rng.uniform(-0.03, 0.03) if self.what.frames else 0.0
        inside = self._inside(body, self.data.xanchor[joint.id] + along * axis)
        sign = self.sign[index]
        limits = np.sort(sign * (joint.range - self.zero[index]))
        added = add(element, "joint", name=self.names[joint.name], type="hinge", range=text(limits))
        added.set("axis", text(sign * self.frames[body][1].inv().apply(axis)))
        added.set("pos", text(size * inside))
        added.set("damping", text([size**4.5 * self.robot.damping[index]]))
        added.set("frictionloss", text([size**4 * self.robot.friction_loss[index]]))
        added.set("armature", text([size**5 * self.robot.armature[index]]))

    def _add_actuator(self, actuators: ElementTree.Element, index: int) -> None:
        size, name = self.what.size, self.names[self.robot.joint_names[index]]
        limit = size**4 * self.robot.torque_limit[index]
        limits = text((-limit, limit))
        if self.what.drive == "motor":
            add(actuators, "motor", name=self._made_up(), joint=name, ctrlrange=limits)
            return
        gains = {"kp": text([size**4 * self.robot.kp[index]]), "kv": text([size**4.5 * self.robot.kv[index]])}
        add(actuators, "position", name=self._made_up(), joint=name, forcerange=limits, inheritrange="1", **gains)

    def _inertial(self, body: int) -> tuple[float, np.ndarray, np.ndarray]:
        """Mass, center [3], inertia about it [3, 3], in the original's base frame and size."""
        axes = self.data.ximat[body].reshape(3, 3)
        inertia = axes @ np.diag(self.model.body_inertia[body]) @ axes.T
        return float(self.model.body_mass[body]), self.data.xipos[body].copy(), inertia

    def _add_arm(self, torso: ElementTree.Element, body: int, side: int) -> tuple[float, np.ndarray, np.ndarray]:
        """An arm as a body of its own, in the torso without a joint; its mass, center and inertia as above."""
        turn = Rotation.from_quat(self.data.xquat[body], scalar_first=True)
        hinge = self.model.body_pos[body]
        masses = np.array([mass for mass, _ in _ARM])
        places = np.array([turn.apply(np.array(at) * (1, side, 1) - hinge) for _, at in _ARM]) + self.data.xpos[body]
        center = masses @ places / masses.sum()
        inertia = sum(
            (mass * _spread(place - center) for mass, place in zip(masses, places, strict=True)), np.zeros((3, 3))
        )
        frame = self.frames[body][0] + self.rng.uniform(-0.05, 0.05, 3), self._turn() * self.frames[body][1]
        inside = self.frames[body][1].inv()
        element = add(torso, "body", name=self._made_up())
        element.set("pos", text(self.what.size * inside.apply(frame[0] - self.frames[body][0])))
        element.set("quat", text((inside * frame[1]).as_quat(scalar_first=True)))
        self._add_inertial(element, frame, (masses.sum(), center, inertia))
        return masses.sum(), center, inertia

    def _add_inertial(
        self,
        element: ElementTree.Element,
        frame: tuple[np.ndarray, Rotation],
        inertial: tuple[float, np.ndarray, np.ndarray],
    ) -> None:
        size, (mass, center, inertia) = self.what.size, inertial
        inside = frame[1].inv().as_matrix()
        xx, xy, xz, _, yy, yz, _, _, zz = (size**5 * inside @ inertia @ inside.T).ravel()
        added = add(element, "inertial", mass=text([size**3 * mass]), pos=text(size * inside @ (center - frame[0])))
        added.set("fullinertia", text((xx, yy, zz, xy, xz, yz)))

    def _add_geom(self, element: ElementTree.Element, body: int, geom: int) -> None:
        """A shape that collides."""
        size, model = self.what.size, self.model
        turn = self.frames[body][1].inv() * Rotation.from_matrix(self.data.geom_xmat[geom].reshape(3, 3))
        kind = mujoco.mjtGeom(int(model.geom_type[geom])).name.removeprefix("mjGEOM_").lower()
        place = self._inside(body, self.data.geom_xpos[geom])
        added = add(element, "geom", name=self._made_up(), type=kind, pos=text(size * place))
        added.set("quat", text(turn.as_quat(scalar_first=True)))
        added.set("size", text(size * model.geom_size[geom]))
        added.attrib.update(contype="0", conaffinity="1")

    def _add_mesh(self, element: ElementTree.Element, body: int, bars: list[int]) -> None:
        """A foot's sole as the hull of a box: its corners are those of the two bars."""
        corners = []
        for bar in bars:
            radius, half = self.model.geom_size[bar][:2]
            axes = self.data.xmat[body].reshape(3, 3)
            outward = np.sign(axes[:, 0] @ (self.data.geom_xpos[bar] - self.data.xpos[body])) * axes[:, 0]
            for across in (-1, 1):
                for up in (-1, 1):
                    beside = across * (half + radius) * axes[:, 1] + up * radius * axes[:, 2]
                    corners.append(self._inside(body, self.data.geom_xpos[bar] + radius * outward + beside))
        name = self._made_up()
        add(self.asset, "mesh", name=name, vertex=text(self.what.size * np.ravel(corners)))
        add(element, "geom", type="mesh", mesh=name, contype="0", conaffinity="1")

    def _inside(self, body: int, place: np.ndarray) -> np.ndarray:
        """A point in a body's new frame."""
        position, turn = self.frames[body]
        return turn.inv().apply(place - position)


def _spread(place: np.ndarray) -> np.ndarray:
    """Inertia of a unit of mass at a place, about the origin."""
    return place @ place * np.eye(3) - np.outer(place, place)


def _without(
    whole: tuple[float, np.ndarray, np.ndarray], part: tuple[float, np.ndarray, np.ndarray]
) -> tuple[float, np.ndarray, np.ndarray]:
    """What is left of a body when a part of it has become one of its own."""
    mass = whole[0] - part[0]
    center = (whole[0] * whole[1] - part[0] * part[1]) / mass
    left = whole[2] + whole[0] * _spread(whole[1] - center) - part[2] - part[0] * _spread(part[1] - center)
    return mass, center, left
