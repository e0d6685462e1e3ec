"""What the robot is told to do, whoever tells it: a velocity, and requests to go on, to stop, to go limp."""

import math
from collections.abc import Mapping, Sequence
from enum import Enum, auto
from typing import Any, NamedTuple, Protocol, TypeAlias

import numpy as np

from playground_amp.hardware.datagrams import LOCALHOST, arrived, listen

Velocity: TypeAlias = tuple[float, float, float]  # forward m/s, to the left m/s, yaw rate rad/s

STAND: Velocity = (0.0, 0.0, 0.0)
_STANDING_SPEED, _STANDING_YAW_RATE = 0.06, 0.125  # of the fastest trained: slower than training ever asked for
_LARGEST_DATAGRAM = 512  # bytes
_FARTHEST = 100.0  # m/s and rad/s: more, or no number, is no velocity but garbage


class Request(Enum):
    """What is asked for beside a velocity."""

    GO = auto()  # from home to the policy
    STOP = auto()  # stand, then limp
    LIMP = auto()  # at once
    END = auto()  # the process is told to end


class Order(NamedTuple):
    """What a source says now."""

    velocity: Velocity
    given: float  # s of the run's clock: when it last said something
    request: Request | None = None


class SourceLost(Exception):
    """A source that is gone: unplugged, or the terminal was hung up."""


class CommandSource(Protocol):
    """Somebody, or something, that tells the robot where to go. Never blocks."""

    name: str
    help: str  # how it is used, a line
    patience: float  # s without a word after which the robot stands
    lost_after: float  # s without a word after which the run ends; inf: a source that may be silent

    def open(self, now: float) -> None:
        """Begins to listen, at a time of the run's clock: what was said before does not count."""
        ...

    def poll(self, now: float) -> Order:
        """What it says now; a request is told once. Raises SourceLost."""
        ...

    def close(self) -> None:
        """Lets go of it."""
        ...


class CommandRange:
    """What the policy was trained to follow: of the manifest's `command`."""

    def __init__(self, command: Mapping[str, Any]):
        trained = np.array(command["trained"], float)
        self._low, self._high = np.minimum(trained[:, 0], 0), np.maximum(trained[:, 1], 0)
        fastest = np.maximum(-self._low, self._high)
        self._standing_speed = _STANDING_SPEED * fastest[0]
        self._standing_yaw_rate = _STANDING_YAW_RATE * fastest[2]

    @property
    def steps(self) -> Velocity:
        """The least changes that are worth a key: what stands still and what does not."""
        return self._standing_speed, self._standing_speed, self._standing_yaw_rate

    def limited(self, velocity: Sequence[float]) -> Velocity:
        """The nearest that was trained; exactly zero for less than training ever showed, which means: stand."""
        forward, left, turn = (float(x) for x in np.clip(velocity, self._low, self._high))
        if math.hypot(forward, left) < 0.99 * self._standing_speed and abs(turn) < 0.99 * self._standing_yaw_rate:
            return STAND
        return forward, left, turn

    def stretched(self, shares: Sequence[float]) -> Velocity:
        """A velocity of shares from -1 to 1 of the fastest in each direction."""
        fastest = np.where(np.asarray(shares) > 0, self._high, -self._low)
        return self.limited((fastest * shares).tolist())


class FixedCommand:
    """`--command`: the same from the first to the last step."""

    help = "one velocity all the time"
    patience = lost_after = math.inf

    def __init__(self, velocity: Velocity):
        self.name = f"--command {velocity[0]:g} {velocity[1]:g} {velocity[2]:g}"
        self._order = Order(velocity, 0.0, Request.GO)

    def open(self, now: float) -> None:
        """Nothing has to be opened."""

    def poll(self, now: float) -> Order:
        """The velocity; and go."""
        return self._order._replace(given=now)

    def close(self) -> None:
        """Nothing is open."""


class UdpCommands:
    """Datagrams on localhost: three numbers (`0.3 0 0`), or one of the words `go`, `stop`, `limp`, `end`.

    Raises OSError where the port is taken.
    """

    help = "send `FORWARD LEFT TURN` (m/s, m/s, rad/s), `stop` or `limp` as datagrams"

    def __init__(self, port: int, command_age: float):
        self._socket = listen(port)
        self.port: int = self._socket.getsockname()[1]
        self.name = f"UDP {LOCALHOST}:{self.port}"
        self.patience, self.lost_after = command_age, 10 * command_age
        self._order = Order(STAND, 0.0)

    def open(self, now: float) -> None:
        """Forgets what came in until now."""
        self.poll(now)
        self._order = Order(STAND, now)

    def poll(self, now: float) -> Order:
        """The newest datagram that could be understood; of requests the most urgent one."""
        request = None
        for asked, velocity in map(_understood, arrived(self._socket, _LARGEST_DATAGRAM)):
            if asked is not None:
                self._order = Order(self._order.velocity if velocity is None else velocity, now)
                request = max(request or asked, asked, key=lambda each: each.value)
        return self._order._replace(request=request)

    def close(self) -> None:
        """Lets go of the port."""
        self._socket.close()


def _understood(datagram: bytes) -> tuple[Request | None, Velocity | None]:
    """A request (a velocity means go) and a velocity; (None, None) for anything else."""
    words = datagram.decode(errors="replace").split()
    if len(words) == 1 and words[0].upper() in Request.__members__:
        return Request[words[0].upper()], None
    try:
        numbers = [float(word) for word in words]
    except ValueError:
        return None, None
    if len(numbers) != len(STAND) or not all(abs(number) <= _FARTHEST for number in numbers):
        return None, None
    return Request.GO, (numbers[0], numbers[1], numbers[2])
