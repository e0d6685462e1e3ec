"""What `robot.py init` makes of a robot where its model leaves it open: which joints act, servos, home pose, scales.

Every number says where it is from, in words: it is written beside it in `robot.yaml`, to be overruled.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Derived(NamedTuple):
    """A number and its origin in words."""

    value: float
    origin: str


class ServoDesign(NamedTuple):
    """A joint's position servo as it is simulated."""

    kp: float  # N·m/rad
    kv: float  # N·m·s/rad
    torque_limit: float  # N·m
    speed_limit: float  # rad/s without load
    armature: float  # kg·m²
    damping: float  # N·m·s/rad
    friction_loss: float  # N·m
    lower: float  # rad
    upper: float  # rad
    origin: str  # of the gains, in words: "model", "derived: …", "XL330 (--servo)"
    limit_origin: str  # of the torque limit
    speed_origin: str  # of the speed limit
    range_origin: str = "model"

    @property
    def is_derived(self) -> bool:
        """Whether the gains are made here."""
        return self.origin.startswith("derived")

    @property
    def is_too_fast(self) -> bool:
        """Whether the model gives it a speed that no servo has."""
        return "the model says" in self.speed_origin


@dataclass(frozen=True, eq=False)
class HomePose:
    """The pose that the robot stands in, in its own frame."""

    angles: dict[str, float]  # rad, of every driven joint
    height: float  # m, of the robot's frame over the floor
    origin: str  # "keyframe 'home'", "found: …"
    load_share: float  # of its torque limit, of the servo that holds the most,
    loaded_joint: str  # which is this one's
    support_margin: float  # m, from the center of mass to the nearest edge of what the soles span (negative: falls)
    stands: bool  # for STANDING_TIME by itself, in MuJoCo, its servos at these angles


@dataclass(frozen=True, eq=False)
class Design:
    """All decisions about one robot."""

    acts: tuple[str, ...]  # joints that act, in the model's order
    servos: dict[str, ServoDesign]  # of every driven joint
    home: HomePose
    ankle_gain: Derived  # 2·kp / (m·g·h) of the ankles' pitch: below about 1.1 it does not hold itself up
    bandwidth: Derived  # rad/s, √(kp/armature) of the slowest servo of the legs' pitch joints
    froude_bandwidth: Derived  # the same in units of √(g/L)
    action_scale: Derived  # rad
    center_of_mass: np.ndarray  # [3] m, in the home pose, in the robot's frame
    gravity: float  # m/s²
