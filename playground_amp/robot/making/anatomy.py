"""What a biped's model is, as facts: its parts, how they mirror each other, where it stands and how it is driven.

All geometry is at the zero pose (every joint coordinate 0) in the robot's own frame: x forward, y left, z up, its
origin between the hips in the sagittal plane. The model's base body may lie elsewhere and be turned against it
(`Frame`). Lengths in m, angles in rad, masses in kg, torques in N·m; quaternions are wxyz. Left comes before right.
"""

from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np

RootKind = Literal["free", "slides and ball", "slides and hinges", "fixed"]
Side = Literal["left", "right", "middle"]
Part = Literal["leg", "arm", "waist", "head"]
Drive = Literal["position", "motor", "velocity", "other", "none"]
Shape = Literal["box", "capsule", "cylinder", "sphere", "ellipsoid", "mesh", "inertia"]


class Frame(NamedTuple):
    """The robot's frame in that of the model's base body."""

    position: np.ndarray  # [3] m
    quaternion: np.ndarray  # [4] wxyz, turns the robot's frame into the base body's
    told_by: str  # what showed which way is forward, in words


@dataclass(frozen=True, eq=False)
class JointFacts:
    """A hinge that an actuator moves, or one that nothing does (backlash, a spring)."""

    name: str
    body: str  # that it carries
    part: Part
    side: Side
    drive: Drive
    passive: bool  # no actuator: a spring or the play of gears
    play_of: str | None  # the driven joint beside it, of the same axis, whose backlash this is
    mirror: str | None  # the joint that mirrors it; itself in the middle; None: there is none
    mirror_sign: float  # +1: both turn the same way in the mirror image, by their numbers; −1: opposite
    axis: np.ndarray  # [3] unit vector
    anchor: np.ndarray  # [3] m, the point of the axis line that is nearest to the carried body's center of mass
    lower: float | None  # rad; None: the model has no range for it
    upper: float | None
    kp: float | None  # N·m/rad of a position servo; None: it is none
    kv: float | None  # N·m·s/rad
    torque_limit: float | None  # N·m; None: unlimited, or absent
    armature: float  # kg·m²
    damping: float  # N·m·s/rad
    friction_loss: float  # N·m
    stiffness: float  # N·m/rad, of a spring
    inertia: float  # kg·m², of all that the joint moves about its axis at the zero pose, without armature


@dataclass(frozen=True, eq=False)
class FootFacts:
    """The contact patch of a foot: the rectangle that it stands on."""

    body: str  # the last of the leg's chain: it carries the sole
    side: Literal["left", "right"]
    center: np.ndarray  # [3] m
    quaternion: np.ndarray  # [4] wxyz, of the sole at the zero pose: x to the toe, z out of the floor
    half_length: float  # m
    half_width: float  # m
    shape: Shape  # of what touches the floor; "inertia": unknown, guessed from the foot's mass and inertia
    contacts: int  # points at which MuJoCo would hold it, as it is modelled


class Asymmetry(NamedTuple):
    """How far the worst pair is from being mirror images, and which it is."""

    amount: float
    where: str  # names of both, in words


class Symmetry(NamedTuple):
    """How exactly the right side is the left one's mirror image in the sagittal plane."""

    plane_offset: float  # m, of the sagittal plane from the base body's origin
    axis_lines: Asymmetry  # m, between an axis line and the mirrored other one
    axis_angles: Asymmetry  # rad
    masses: Asymmetry  # kg
    ranges: Asymmetry  # rad, of the lower and upper ends


class ImuFacts(NamedTuple):
    """The site of the inertial sensor."""

    site: str | None  # None: the model has none
    body: str  # that carries it
    place: np.ndarray  # [3] m
    quaternion: np.ndarray  # [4] wxyz, of its axes at the zero pose


class Keyframe(NamedTuple):
    """A pose that the model's file names."""

    name: str
    angles: dict[str, float]  # rad, by joint
    height: float | None  # m, of the base body; None where the root is no free joint


@dataclass(frozen=True, eq=False)
class Anatomy:
    """A biped's model as facts. All arrays are read-only."""

    name: str  # of the model
    base: str  # the body that carries the hips
    root: RootKind  # how it moves in the world
    frame: Frame
    joints: tuple[JointFacts, ...]  # in the order of the model's tree
    legs: tuple[tuple[str, ...], tuple[str, ...]]  # driven joints from hip to foot
    feet: tuple[FootFacts, FootFacts]
    symmetry: Symmetry
    imu: ImuFacts
    keyframes: tuple[Keyframe, ...]
    mass: float  # kg, of the robot
    leg_length: float  # m, from the hip to the floor under a stretched leg
    center_of_mass: np.ndarray  # [3] m, at the zero pose
    sole_height: float  # m, of the lower sole's center at the zero pose (negative: below the hips)

    def joint(self, name: str) -> JointFacts:
        """The facts of a joint. Raises KeyError."""
        return {joint.name: joint for joint in self.joints}[name]

    def joints_of(self, part: Part) -> tuple[JointFacts, ...]:
        """The driven joints of a part of the body."""
        return tuple(joint for joint in self.joints if joint.part == part and not joint.passive)

    @property
    def passive(self) -> tuple[JointFacts, ...]:
        """Hinges without an actuator."""
        return tuple(joint for joint in self.joints if joint.passive)

    @property
    def mirror_pairs(self) -> tuple[tuple[str, str], ...]:
        """Driven joints that mirror each other, left and right."""
        return tuple(
            (joint.name, joint.mirror)
            for joint in self.joints
            if joint.side == "left" and joint.mirror and not joint.passive
        )
