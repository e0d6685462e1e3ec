"""The pose that a robot stands in: a keyframe that holds, or one that is found."""

from collections.abc import Callable, Iterator

import numpy as np
from scipy.optimize import least_squares

from playground_amp.robot.chains import leg_length
from playground_amp.robot.making.anatomy import Anatomy, JointFacts, Keyframe
from playground_amp.robot.making.kinematics import leg_chain, matrix_of, sole_pose, turn_about
from playground_amp.robot.record import Chain

_LATERAL = 0.7  # of a unit axis to the left: it bends the leg fore and aft
_BENT = 0.967  # of the stretched leg: as high as WildRobot stands
_HIGHER = (_BENT, 0.98, 0.99)  # tried one after the other where ranges end
_STRAIGHT = 0.993  # of it: knees that are this straight cannot step
_ONE_SIDED = 0.1  # rad: a pose further from its mirror image is none to stand in
_LEVEL = 0.1  # rad: a sole that is tilted further does not stand
_KNEE = 0.5  # rad, first guess
_LEAST_BEND = 0.35  # rad
_WITH_KNEE = 3  # pitch joints of a leg whose second one is a knee
_INSIDE = 0.03  # of a range, kept free at its ends
_WEIGHTS = {"ahead": 12.0, "down": 12.0, "aside": 3.0, "level": 5.0, "yaw": 3.0, "rest": 0.03}
_GOOD = 2e-3  # of the squares of what a pose misses: it stands level under its center of mass
_ONE_WAY = 0.2  # of a range, its middle off zero: that is the way it is meant for
_TRIES = 4  # the center of mass moves with the pose

CenterOfMass = Callable[[dict[str, float]], np.ndarray]  # [3] m, in the robot's frame, at angles of all driven joints


class Homes:
    """Poses of a robot, each as angles of all driven joints."""

    def __init__(self, anatomy: Anatomy, limits: dict[str, tuple[float, float]]) -> None:
        """`limits`: of every driven joint, rad."""
        self.anatomy, self.limits = anatomy, limits
        self.left = [anatomy.joint(name) for name in anatomy.legs[0]]
        self.right = [anatomy.joint(name) for name in anatomy.legs[1]]
        self.chain = leg_chain(self.left, anatomy.feet[0])
        self.pitches = [index for index, joint in enumerate(self.left) if abs(joint.axis[1]) > _LATERAL]
        hip = self.pitches[0] if self.pitches else 0
        ends = np.array([limits[joint.name] for joint in self.left])
        self.straight = self._straight_knee()
        self.reach = leg_length(_after(self.chain, hip), ends[hip:])  # m, from the hip's pitch to the floor
        self.depth = -float(self.left[hip].anchor[2])  # m, of the hip's pitch below the hips' middle

    def from_keyframes(self) -> Iterator[tuple[str, dict[str, float]]]:
        """Poses of the model's file that could be stood in, each with its name, the likeliest first."""
        ranked = sorted(self.anatomy.keyframes, key=lambda key: "home" not in key.name.lower())
        for keyframe in ranked:
            angles = self._symmetric(keyframe)
            if angles is not None and self.is_level(angles):
                yield keyframe.name, angles

    def resting(self) -> dict[str, float]:
        """Where joints above the hips are held: as in the first keyframe that is symmetric, or else at zero."""
        poses = [pose for keyframe in self.anatomy.keyframes if (pose := self._symmetric(keyframe)) is not None]
        pose = poses[0] if poses else {}
        return {name: float(np.clip(pose.get(name, 0.0), *ends)) for name, ends in self.limits.items()}

    def found(self, center_of_mass: CenterOfMass, behind: float = 0.0) -> dict[str, float]:
        """Soles level under the center of mass, knees bent the way that ranges allow, hips no wider than at zero.

        `behind`: the center of mass so far behind the soles' middle, m.
        """
        pose, likely, tried = self.resting(), self._likely_bend(), []
        for bend in (likely, -likely):
            for share in _HIGHER:
                angles, cost = self._solved(pose, center_of_mass, behind, share * self.reach + self.depth, bend)
                if cost < _GOOD:
                    return angles
                tried.append((angles, cost))
        return min(tried, key=lambda each: each[1])[0]

    def _likely_bend(self) -> float:
        """1 where the knees bend forward, as people's do, −1 where back: as the ranges of knee, then hip have it."""
        if len(self.pitches) > 1:
            hip, knee = (self.left[index] for index in self.pitches[:2])
            for joint, way in ((knee, 1.0), (hip, -1.0)):
                lower, upper = self.limits[joint.name]
                if abs(lower + upper) > _ONE_WAY * (upper - lower):
                    return float(np.sign(lower + upper) * np.sign(joint.axis[1]) * way)
        return 1.0

    def height(self, angles: dict[str, float]) -> float:
        """Of the hips over the floor, m."""
        return -float(self.sole_center(angles)[2])

    def sole_center(self, angles: dict[str, float]) -> np.ndarray:
        """Of the left sole, [3] m in the robot's frame."""
        return sole_pose(self.chain, self._leg(angles))[0]

    def _leg(self, angles: dict[str, float]) -> np.ndarray:
        return np.array([angles[joint.name] for joint in self.left])

    def _symmetric(self, keyframe: Keyframe) -> dict[str, float] | None:
        """A keyframe's angles, made exactly symmetric; None if they are far from it."""
        angles = {name: keyframe.angles.get(name, 0.0) for name in self.limits}
        even = dict(angles)
        for joint in self.anatomy.joints:
            if joint.name not in angles or joint.mirror is None or joint.mirror not in angles:
                continue
            image = joint.mirror_sign * angles[joint.mirror]
            if joint.part == "leg" and abs(angles[joint.name] - image) > _ONE_SIDED:
                return None
            even[joint.name] = (angles[joint.name] + image) / 2
        return even

    def is_level(self, angles: dict[str, float]) -> bool:
        """Whether both soles stand level, under knees that are bent."""
        images = [joint.mirror_sign * angles[joint.name] for joint in self.left]
        if max(abs(image - angles[other.name]) for image, other in zip(images, self.right, strict=True)) > _ONE_SIDED:
            return False
        center, axes = sole_pose(self.chain, self._leg(angles))
        under = -float(center[2]) - self.depth
        return bool(axes[2, 2] > np.cos(_LEVEL) and 0 < under < _STRAIGHT * self.reach)

    def _solved(
        self, pose: dict[str, float], center_of_mass: CenterOfMass, behind: float, height: float, bend: float
    ) -> tuple[dict[str, float], float]:
        """The pose at a height of the hips with knees bent one way, and how far it is from what is wanted."""
        ends = np.array([self._both_reach(joint, other) for joint, other in zip(self.left, self.right, strict=True)])
        lower, upper = ends.T + np.array([[1], [-1]]) * _INSIDE * np.ptp(ends, axis=1)
        self._keep_bent(lower, upper, bend)
        aside = float(self.anatomy.feet[0].center[1])
        guess = np.clip(self._guess(bend), lower, upper)
        angles, cost = dict(pose), np.inf
        for _ in range(_TRIES):
            ahead = float(center_of_mass(angles)[0]) + behind
            target = np.array([ahead, aside, -height])
            solution = least_squares(self._misses, guess, bounds=(lower, upper), args=(target, guess))
            guess, cost = np.clip(solution.x, lower, upper), float(solution.cost)
            reached = -float(sole_pose(self.chain, guess)[0][2])
            height = min(height, reached) - max(self._stretch(guess) - _BENT, 0.0) * self.reach
            angles = self._with_leg(pose, guess)
        return angles, cost

    def _both_reach(self, joint: JointFacts, other: JointFacts) -> tuple[float, float]:
        """Where a joint of the left leg and its mirror image can both be, rad; its own range if that is nowhere."""
        lower, upper = self.limits[joint.name]
        low, high = sorted(joint.mirror_sign * end for end in self.limits[other.name])
        low, high = max(lower, low), min(upper, high)
        return (low, high) if low < high else (lower, upper)

    def _keep_bent(self, lower: np.ndarray, upper: np.ndarray, bend: float) -> None:
        """Keeps the knee off the straight leg and off the end of its range there, if the range allows."""
        if len(self.pitches) < _WITH_KNEE:
            return
        knee = self.pitches[1]
        if np.sign(self.left[knee].axis[1]) * bend > 0:
            lower[knee] = min(max(lower[knee], self.straight) + _LEAST_BEND, upper[knee] - _INSIDE)
        else:
            upper[knee] = max(min(upper[knee], self.straight) - _LEAST_BEND, lower[knee] + _INSIDE)

    def _straight_knee(self) -> float:
        """The knee's angle, rad, at which hip and ankle are furthest apart; 0 where that is nearly zero."""
        if len(self.pitches) < _WITH_KNEE:
            return 0.0
        _, knee, ankle = self.pitches[:3]
        thigh = _after(self.chain, self.pitches[0])
        angles = np.linspace(-np.pi, np.pi, 721)
        apart = [_distance(thigh, knee - self.pitches[0], ankle - self.pitches[0], angle) for angle in angles]
        straight = float(angles[int(np.argmax(apart))])
        return straight if abs(straight) > _LEAST_BEND else 0.0

    def _stretch(self, angles: np.ndarray) -> float:
        """From the hip's pitch to the last hinge, as a share of how far that can be."""
        hip = self.pitches[0] if self.pitches else 0
        ankle = Chain(**{**vars(_after(self.chain, hip)), "tip": np.zeros(3)})
        drop = self.reach - abs(float((matrix_of(self.chain.tip_rotation).T @ self.chain.tip)[2]))
        return float(np.linalg.norm(sole_pose(ankle, angles[hip:])[0] - ankle.offset[0])) / drop

    def _guess(self, bend: float) -> np.ndarray:
        """Hip, knee and ankle bent by ½, 1 and ½, about axes to the left, from the straight leg."""
        guess = np.zeros(len(self.left))
        knee = bend * _KNEE
        if len(self.pitches) >= _WITH_KNEE:
            knee += float(np.sign(self.left[self.pitches[1]].axis[1])) * self.straight
        for index, share in zip(self.pitches[:3], (-0.5, 1.0, -0.5), strict=False):
            guess[index] = np.sign(self.left[index].axis[1]) * share * knee
        return guess

    def _misses(self, angles: np.ndarray, target: np.ndarray, rest: np.ndarray) -> np.ndarray:
        center, axes = sole_pose(self.chain, angles)
        size, weigh = self.anatomy.leg_length, _WEIGHTS
        level = axes[2, :2]
        return np.array(
            [
                weigh["ahead"] * (center[0] - target[0]) / size,
                weigh["aside"] * (center[1] - target[1]) / size,
                weigh["down"] * (center[2] - target[2]) / size,
                *(weigh["level"] * level),
                weigh["yaw"] * axes[0, 1],
                *(weigh["rest"] * (angles - rest * (np.abs(rest) > 0))),
            ]
        )

    def _with_leg(self, pose: dict[str, float], leg: np.ndarray) -> dict[str, float]:
        angles = dict(pose)
        for joint, other, angle in zip(self.left, self.right, leg, strict=True):
            angles[joint.name] = float(angle)
            angles[other.name] = float(np.clip(joint.mirror_sign * angle, *self.limits[other.name]))
        return angles


def _distance(chain: Chain, knee: int, ankle: int, angle: float) -> float:
    """Between the chain's first hinge and its ankle, m, at an angle of the knee."""
    point = np.zeros(3)
    for index in range(ankle, 0, -1):
        turned = turn_about(chain.axis[index], angle) @ point if index == knee else point
        point = chain.offset[index] + turned
    return float(np.linalg.norm(point))


def _after(chain: Chain, first: int) -> Chain:
    """The rest of a chain from one of its hinges on."""
    return Chain(
        joints=np.arange(len(chain.joints) - first),
        offset=chain.offset[first:],
        rotation=chain.rotation[first:],
        axis=chain.axis[first:],
        tip=chain.tip,
        tip_rotation=chain.tip_rotation,
    )
