"""What calibration must know of the model: joints with home and range, and how the IMU sits on the robot."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from playground_amp.deploy.runtime import Json
from playground_amp.errors import UserError
from playground_amp.rotations import about_axis, multiply

Hinge = tuple[str, Sequence[float], Sequence[float]]  # joint, rotation wxyz, axis


class JointFacts(NamedTuple):
    """One joint of the model."""

    name: str
    lower: float  # rad
    upper: float  # rad
    home: float  # rad
    positive: str  # what one sees when its angle grows: "the left foot moves forward"


class RobotFacts(NamedTuple):
    """One robot's model."""

    name: str
    joints: tuple[JointFacts, ...]
    imu_in_base: np.ndarray  # [4] wxyz at home: turns a vector of the model's IMU frame into the base frame

    @property
    def joint_names(self) -> tuple[str, ...]:
        """In the model's order."""
        return tuple(joint.name for joint in self.joints)


def imu_orientation(hinges: Sequence[Hinge], tip: Sequence[float], angles: Mapping[str, float]) -> np.ndarray:
    """The IMU's orientation [4] wxyz in the base frame, behind hinges at these angles in rad."""
    orientation = np.array([1.0, 0.0, 0.0, 0.0])
    for joint, rotation, axis in hinges:
        turn = about_axis(np.asarray(axis, float), np.asarray(angles[joint], float))
        orientation = multiply(multiply(orientation, np.asarray(rotation, float)), turn)
    return multiply(orientation, np.asarray(tip, float))


def facts_of_bundle(folder: Path) -> RobotFacts:
    """From a bundle's manifest, which does not say what a joint's positive direction looks like."""
    path = folder / "manifest.json"
    try:
        return _facts_of_manifest(json.loads(path.read_bytes()))
    except (OSError, ValueError, KeyError, TypeError, IndexError) as error:
        raise UserError(f"{folder} is no bundle: {type(error).__name__} {error}") from None


def _facts_of_manifest(manifest: Json) -> RobotFacts:
    joints = tuple(
        JointFacts(joint["name"], *(float(joint[key]) for key in ("lower", "upper", "home")), positive="")
        for joint in manifest["joints"]
    )
    hinges = [(hinge["joint"], hinge["rotation"], hinge["axis"]) for hinge in manifest["imu"]["hinges"]]
    home = {joint.name: joint.home for joint in joints}
    return RobotFacts(
        str(manifest["robot"]["name"]), joints, imu_orientation(hinges, manifest["imu"]["mounting"], home)
    )
