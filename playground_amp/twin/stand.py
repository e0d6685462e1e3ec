"""The stand that a robot hangs in: it holds the base until the servos are stiff at home, then lets it down and go."""

from typing import Literal

import numpy as np

from playground_amp.robot.record import BASE_QPOS_SIZE, Robot
from playground_amp.robot.scale import scale_of

State = Literal["held", "lowering", "free", "lifting"]

_CLEARANCE = 0.05  # m between the hanging robot's home pose and the floor; WildRobot's, as the speed
_SPEED = 0.1  # m/s, up and down
_AT_HOME = 0.15  # rad off, at most, of every joint
_STIFF_FOR = 0.5  # s


class Stand:
    """Holds the base. `auto`: lets go by itself once all servos have been stiff at home for half a second."""

    def __init__(self, robot: Robot, auto: bool = True):
        self.auto = auto
        self.state: State = "held"
        self._home, scale = robot.home_qpos.copy(), scale_of(robot)
        self._clearance, self._speed = _CLEARANCE * scale.length, _SPEED * scale.speed
        self._place = self._home[:BASE_QPOS_SIZE].copy()
        self._place[2] += self._clearance
        self._from = self._place[2]
        self._moved_at = self._ready_since = 0.0

    def pose(self, time: float) -> np.ndarray | None:
        """Where it holds the base [7] at a time; None: nowhere."""
        if self.state == "free":
            return None
        pose, way = self._place.copy(), self._speed * (time - self._moved_at)
        if self.state == "lowering":
            pose[2] = max(self._from - way, self._home[2])
        elif self.state == "lifting":
            pose[2] = min(self._from + way, self._home[2] + self._clearance)
        return pose

    def look(self, time: float, stiff: bool, told_position: np.ndarray) -> None:
        """Goes on to the next state, if it is time.

        `stiff`: whether all servos are; `told_position` [J] rad: where the joints are, as whoever drives them reads it.
        """
        pose = self.pose(time)
        if self.state == "lowering" and pose is not None and pose[2] <= self._home[2]:
            self.state = "free"
        elif self.state == "lifting" and pose is not None and pose[2] >= self._home[2] + self._clearance:
            self.state, self._place = "held", pose
        off = np.abs(told_position - self._home[BASE_QPOS_SIZE:]).max()
        if not stiff or off > _AT_HOME or self.state != "held":
            self._ready_since = time
        elif self.auto and time - self._ready_since >= _STIFF_FOR:
            self.release(time)

    def release(self, time: float) -> None:
        """Lets the robot down, then go."""
        pose = self.pose(time)
        if pose is not None:
            self._move("lowering", pose, time)

    def lift(self, time: float, base_qpos: np.ndarray) -> None:
        """Takes the robot up again where it is, upright, looking as it looks."""
        pose = base_qpos.copy()
        w, x, y, z = base_qpos[3:]
        yaw = np.arctan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        pose[3:] = np.cos(yaw / 2), 0.0, 0.0, np.sin(yaw / 2)
        self.auto = False
        self._move("lifting", pose, time)

    def _move(self, state: State, pose: np.ndarray, time: float) -> None:
        self.state, self._place, self._from, self._moved_at = state, pose, pose[2], time
