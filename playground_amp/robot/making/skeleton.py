"""A compiled model as bodies and hinges at the zero pose: what moves what, and which actuator moves it."""

from functools import cached_property
from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.errors import UserError
from playground_amp.robot.making.anatomy import RootKind
from playground_amp.robot.making.source import Source

_JOINT, _FREE, _BALL, _SLIDE, _HINGE = (
    mujoco.mjtObj.mjOBJ_JOINT,
    *(
        getattr(mujoco.mjtJoint, f"mjJNT_{name}").value for name in ("FREE", "BALL", "SLIDE", "HINGE")
    ),
)  # fmt: skip
_ON_JOINTS = (mujoco.mjtTrn.mjTRN_JOINT.value, mujoco.mjtTrn.mjTRN_JOINTINPARENT.value)
_FEWEST_HINGES = 4  # of a robot with two legs


class Transmission(NamedTuple):
    """An actuator and how far it turns for a radian of the joint."""

    actuator: int
    gear: float


class Root(NamedTuple):
    """How a robot's base moves in the world."""

    kind: RootKind
    base: int  # the body
    joints: tuple[int, ...]


class Skeleton:
    """The robot of a source at its zero pose, in the world's frame of the model."""

    def __init__(self, source: Source) -> None:
        """Raises UserError if there is no robot in it, or its base does not move as a robot's."""
        self.source, self.model = source, source.model
        self.data = mujoco.MjData(self.model)
        self.top = self._find_top()
        self.root = self._find_root()
        self.to_zero()

    def to_zero(self) -> None:
        """Puts `data` to the zero pose."""
        self.data.qpos[:] = self.model.qpos0
        for joint in range(self.model.njnt):
            if self.model.jnt_type[joint] in (_HINGE, _SLIDE):
                self.data.qpos[self.model.jnt_qposadr[joint]] = 0.0
        mujoco.mj_kinematics(self.model, self.data)
        mujoco.mj_comPos(self.model, self.data)

    def name(self, joint: int) -> str:
        """A joint's name, or a made-up one."""
        return self.model.joint(joint).name or f"joint_{joint}"

    def body_name(self, body: int) -> str:
        """A body's name, or a made-up one."""
        return self.model.body(body).name or f"body_{body}"

    def joints_at(self, body: int) -> list[int]:
        """The joints that carry a body."""
        first = self.model.body_jntadr[body]
        return list(range(first, first + self.model.body_jntnum[body]))

    @cached_property
    def inside(self) -> dict[int, set[int]]:
        """For each body, itself and all that it carries."""
        found = {body: {body} for body in range(self.model.nbody)}
        for body in range(self.model.nbody - 1, 0, -1):
            found[int(self.model.body_parentid[body])] |= found[body]
        return found

    def way_to(self, body: int) -> list[int]:
        """The bodies from the base (left out) to a body."""
        way = []
        while body not in (self.root.base, 0):
            way.append(body)
            body = int(self.model.body_parentid[body])
        return way[::-1]

    @cached_property
    def hinges(self) -> list[int]:
        """The robot's hinges beyond its base, in the order of the tree."""
        bodies = sorted(self.inside[self.top])
        joints = [joint for body in bodies for joint in self.joints_at(body) if joint not in self.root.joints]
        return [joint for joint in joints if self.model.jnt_type[joint] == _HINGE]

    @cached_property
    def driven(self) -> dict[int, list[Transmission]]:
        """Hinges that act and their actuators; in a model without any actuator, every hinge that nothing else moves."""
        model = self.model
        found: dict[int, list[Transmission]] = {}
        for actuator in range(model.nu):
            if model.actuator_trntype[actuator] in _ON_JOINTS:
                joint = int(model.actuator_trnid[actuator, 0])
                found.setdefault(joint, []).append(Transmission(actuator, float(model.actuator_gear[actuator, 0])))
        if not found:
            limits = self.source.urdf_limits
            mimics = {name for name, limit in limits.items() if limit.mimics}
            return {joint: [] for joint in self.hinges if self.name(joint) not in mimics}
        for output, (motor, ratio) in self._geared(found).items():
            if motor in found:  # which moves one joint by its gears; what else follows it is passive
                found[output] = [Transmission(t.actuator, t.gear / ratio) for t in found.pop(motor)]
        return {joint: found[joint] for joint in self.hinges if joint in found}

    def _geared(self, found: dict[int, list[Transmission]]) -> dict[int, tuple[int, float]]:
        """Joints that gears tie to a driven one that carries nothing else: joint → (driven joint, ratio to it)."""
        model, geared = self.model, {}
        for index in range(model.neq):
            if model.eq_type[index] != mujoco.mjtEq.mjEQ_JOINT or model.eq_obj2id[index] < 0:
                continue
            one, two = int(model.eq_obj1id[index]), int(model.eq_obj2id[index])
            ratio = float(model.eq_data[index, 1])
            if two not in found and one in found and ratio:
                one, two, ratio = two, one, 1 / ratio
            carried = self.inside[int(model.jnt_bodyid[two])]
            alone = not any(int(model.jnt_bodyid[joint]) in carried for joint in found if joint != two)
            larger = self.mass_of(self.inside[int(model.jnt_bodyid[one])]) > self.mass_of(carried)
            if two in found and one not in found and ratio and alone and larger:
                geared[one] = (two, ratio)
        motors = [motor for motor, _ in geared.values()]
        return {joint: tie for joint, tie in geared.items() if motors.count(tie[0]) == 1}

    def idle(self, joint: int) -> str | None:
        """Why a hinge does not act, as the end of a sentence; None: it does."""
        if joint in self.driven or joint in self.geared:
            return None
        model = self.model
        limit = self.source.urdf_limits.get(self.name(joint))
        if limit and limit.mimics:
            return f"follows {limit.mimics!r} (mimic)"
        for index in np.flatnonzero(model.eq_type == mujoco.mjtEq.mjEQ_JOINT.value):
            pair = int(model.eq_obj1id[index]), int(model.eq_obj2id[index])
            if joint in pair and min(pair) >= 0:
                return f"is tied to {self.name(pair[pair[0] == joint])!r}"
        pulled = (model.wrap_type == mujoco.mjtWrap.mjWRAP_JOINT.value) & (model.wrap_objid == joint)
        return "is moved by a tendon" if pulled.any() else "has no actuator"

    @property
    def geared(self) -> set[int]:
        """The motors' own hinges where gears lie between them and the joints."""
        motors = {int(self.model.actuator_trnid[t.actuator, 0]) for ts in self.driven.values() for t in ts}
        return motors - set(self.driven)

    def mass_of(self, bodies: set[int]) -> float:
        """Mass of bodies, kg."""
        return float(self.model.body_mass[sorted(bodies)].sum())

    def com_of(self, bodies: set[int]) -> np.ndarray:
        """Their center of mass [3] at the pose of `data`, in the world's frame."""
        chosen = sorted(bodies)
        masses = self.model.body_mass[chosen]
        return masses @ self.data.xipos[chosen] / max(masses.sum(), 1e-12)

    def _find_top(self) -> int:
        tops = [body for body in range(1, self.model.nbody) if self.model.body_parentid[body] == 0]
        joints = {top: sum(self._is_hinge(j) for b in self.inside[top] for j in self.joints_at(b)) for top in tops}
        best = max(tops, key=lambda top: joints[top], default=0)
        if not best or joints[best] < _FEWEST_HINGES:
            found = f"{joints[best]} hinges" if best else "no body"
            raise UserError(f"{self.source.path} holds no robot with legs: found {found} in one piece")
        return best

    def _is_hinge(self, joint: int) -> bool:
        return bool(self.model.jnt_type[joint] == _HINGE)

    def _find_root(self) -> Root:
        body, seen, actuated = self.top, [], set(self.model.actuator_trnid[:, 0]) if self.model.nu else set()
        while True:
            joints = self.joints_at(body)
            types = [int(self.model.jnt_type[joint]) for joint in joints]
            if types == [_FREE]:
                return Root("free", body, tuple(joints))
            if any(joint in actuated for joint in joints) or (joints and not seen and _SLIDE not in types):
                break
            seen += joints
            slides, balls, turns = (
                sum(self.model.jnt_type[joint] == kind for joint in seen) for kind in (_SLIDE, _BALL, _HINGE)
            )
            if slides == 3 and (balls == 1 or turns == 3):
                return Root("slides and ball" if balls else "slides and hinges", body, tuple(seen))
            inner = [b for b in range(body + 1, self.model.nbody) if self.model.body_parentid[b] == body]
            if len(inner) != 1:
                break
            body = inner[0]
        if seen:
            names = ", ".join(self.name(joint) for joint in seen)
            raise UserError(
                f"{self.source.path}: the base {self.body_name(self.top)!r} moves only by {names}: a robot that walks "
                "needs a free joint there"
            )
        return Root("fixed", self._fixed_base(), ())

    def _fixed_base(self) -> int:
        body = self.top
        if self.joints_at(body):
            raise UserError(
                f"{self.source.path}: {self.body_name(body)!r} hangs on a hinge in the world: a robot that walks needs "
                "a base of its own with a free joint"
            )
        while True:
            inner = [b for b in range(body + 1, self.model.nbody) if self.model.body_parentid[b] == body]
            if len(inner) != 1 or self.joints_at(inner[0]):
                return body
            body = inner[0]
