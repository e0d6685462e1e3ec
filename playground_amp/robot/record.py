"""The robot as plain numbers: what everything above `robot/` and `physics/` knows of a body.

Joints come in the order of actions, observations, qpos and qvel everywhere. Left comes before right. Frames: base
(x forward, y left, z up); a hinge's frame is that of the body it carries. Lengths in m, angles in rad, masses in kg,
forces in N, torques in N·m; quaternions are wxyz.
"""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from playground_amp.robot.hardware import Hardware
from playground_amp.robot.servo_heat import ServoHeat

BASE_QPOS_SIZE = 7  # position [3] and quaternion wxyz [4] of the base
BASE_QVEL_SIZE = 6  # linear velocity (world) and angular velocity (base frame) of the base
SIDES = ("left", "right")


@dataclass(frozen=True, eq=False)
class Chain:
    """Hinges from the base to a frame of interest, as forward kinematics folds them.

    The frame of hinge k lies at `offset[k]`, turned by `rotation[k]`, in the frame before it (the base's for the
    first), and turns about its own `axis[k]` through its origin. The frame of interest lies in the last one.
    """

    joints: np.ndarray  # [K] int, places among the robot's joints
    offset: np.ndarray  # [K, 3] m
    rotation: np.ndarray  # [K, 4] wxyz
    axis: np.ndarray  # [K, 3] unit vectors
    tip: np.ndarray  # [3] m, origin of the frame of interest in the last hinge's frame
    tip_rotation: np.ndarray  # [4] wxyz


@dataclass(frozen=True, eq=False)
class Sole:
    """The flat rectangle a foot stands on. Its center's frame is the leg's end: x to the toe, y left, z up."""

    name: str  # of the center's site in the model
    switches: tuple[str, str]  # toe, heel: names of the touch sensors, sites and contact shapes
    half_length: float  # m
    half_width: float  # m
    edge_radius: float  # m, of the round edges at toe and heel, which end where the rectangle does


@dataclass(frozen=True, eq=False)
class Heights:
    """A floor that is not flat: heights over a rectangle around the origin."""

    height: np.ndarray  # [rows along y, columns along x] m
    half_length: float  # m, along x
    half_width: float  # m, along y


@dataclass(frozen=True, eq=False)
class Patchwork:
    """A floor of plane patches, each over some cells of a grid with R rows along y and C columns along x."""

    x: np.ndarray  # [C + 1] m, where columns begin and end, increasing
    y: np.ndarray  # [R + 1] m, where rows do
    height: np.ndarray  # [R, C] m, of the cell's plane where x and y are least
    slope_x: np.ndarray  # [R, C] rise over run of that plane along x
    slope_y: np.ndarray  # [R, C] along y
    starts: np.ndarray  # [S, 4] where episodes begin, the easiest first: x from, x to, |y| to, m; how many of them


@dataclass(frozen=True, eq=False)
class Robot:
    """A robot in its scene, with J joints and B bodies (the world is none). All arrays are read-only.

    A mirrored joint vector is `joint_mirror_sign * vector[joint_mirror_index]`: what the robot seen in a mirror
    through its x-z plane would do. It holds for joint positions, velocities, targets and torques.
    """

    name: str  # as after --robot: a folder of the package's robots/, or the path of another one
    title: str  # one line for people
    folder: Path
    sha256: str  # over the folder's model files
    scene: str  # flat, or a name of robot/scenes.py
    ground: Heights | Patchwork | None  # None: the floor is flat, hard, and everywhere the same
    floor_friction: float  # sliding, of the nominal floor
    gravity: float  # m/s²

    joint_names: tuple[str, ...]
    joint_lower: np.ndarray  # [J] rad
    joint_upper: np.ndarray  # [J] rad
    joint_axis_b: np.ndarray  # [J, 3] in the base frame at the zero pose
    joint_mirror_index: np.ndarray  # [J] int
    joint_mirror_sign: np.ndarray  # [J] +1 or -1
    torque_limit: np.ndarray  # [J] N·m, the same both ways
    speed_limit: np.ndarray  # [J] rad/s, of the servos without load
    kp: np.ndarray  # [J] N·m/rad, position gain of the servos
    kv: np.ndarray  # [J] N·m·s/rad, velocity gain of the servos
    damping: np.ndarray  # [J] N·m·s/rad, of the joints
    friction_loss: np.ndarray  # [J] N·m
    armature: np.ndarray  # [J] kg·m²
    heat: ServoHeat  # of the servos
    home_qpos: np.ndarray  # [7 + J] base position m, quaternion, joint angles rad

    body_names: tuple[str, ...]  # the base first
    body_mass: np.ndarray  # [B] kg
    legs: tuple[Chain, Chain]  # from the base to the soles' centers
    soles: tuple[Sole, Sole]
    imu: Chain
    leg_length: float  # m, from the hip to the sole along the stretched leg
    hardware: Hardware | None = None  # how joints are read and ordered; None: nobody has said

    @property
    def num_joints(self) -> int:
        """J, the number of actuated joints: of an action, a joint target, a torque."""
        return len(self.joint_names)

    @property
    def num_bodies(self) -> int:
        """B, the number of bodies that have a mass."""
        return len(self.body_names)

    @property
    def nq(self) -> int:
        """Size of a configuration qpos."""
        return BASE_QPOS_SIZE + self.num_joints

    @property
    def nv(self) -> int:
        """Size of a velocity qvel."""
        return BASE_QVEL_SIZE + self.num_joints

    @property
    def base_name(self) -> str:
        """The body whose free joint carries the robot."""
        return self.body_names[0]

    @property
    def home_joint_position(self) -> np.ndarray:
        """Joint angles of the home pose, [J] rad."""
        return self.home_qpos[BASE_QPOS_SIZE:]

    @property
    def standing_height(self) -> float:
        """Height of the base over the floor in the home pose, m."""
        return float(self.home_qpos[2])

    @property
    def mass(self) -> float:
        """Of the whole robot, kg."""
        return float(self.body_mass.sum())

    @property
    def weight(self) -> float:
        """Of the whole robot, N."""
        return float(self.body_mass.sum() * self.gravity)

    @property
    def switch_names(self) -> tuple[str, ...]:
        """The four foot switches: left toe, left heel, right toe, right heel."""
        return tuple(name for sole in self.soles for name in sole.switches)

    @property
    def foot_names(self) -> tuple[str, str]:
        """The soles' centers, left and right."""
        return self.soles[0].name, self.soles[1].name

    def leg_joint_names(self, side: int) -> tuple[str, ...]:
        """The joints of a leg (0: left, 1: right) from the hip to the foot."""
        return tuple(self.joint_names[index] for index in self.legs[side].joints)
