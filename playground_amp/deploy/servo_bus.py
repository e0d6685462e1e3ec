"""A stand-in for the robot's servo bus: datagrams on the loopback interface, servos that follow at a limited speed.

It shows timing and order of the numbers, not physics: the robot hangs upright and still.
"""

import socket
import struct
import threading
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import ArrayLike

from playground_amp.deploy.runtime import Sensors

_LOOPBACK = "127.0.0.1"
_TIMEOUT = 0.5  # s


class UdpServoBus:
    """The robot's side of the line, as a control loop sees it. Packets are little-endian float32 in joint order.

    `read` and `write` raise OSError (TimeoutError, if nobody answers).
    """

    def __init__(self, address: tuple[str, int], joint_names: Sequence[str]):
        self._names = tuple(joint_names)
        self._readings = struct.Struct(f"<{4 + 3 + 2 * len(self._names)}f")
        self._targets = struct.Struct(f"<{len(self._names)}f")
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.settimeout(_TIMEOUT)
        self._socket.connect(address)

    def read(self) -> Sensors:
        """Asks for the readings and waits for them."""
        self._socket.send(b"")
        numbers = self._readings.unpack(self._socket.recv(self._readings.size))
        joints = len(self._names)
        position, velocity = numbers[7 : 7 + joints], numbers[7 + joints :]
        by_name = [dict(zip(self._names, values, strict=True)) for values in (position, velocity)]
        return Sensors(numbers[:4], numbers[4:7], *by_name)

    def write(self, targets: Mapping[str, float]) -> None:
        """Sends servo targets, rad."""
        self._socket.send(self._targets.pack(*(targets[name] for name in self._names)))

    def close(self) -> None:
        """Lets go of the socket."""
        self._socket.close()


class ServoStandIn(threading.Thread):
    """The servos' and the IMU's side of the line, in a thread of its own; a context manager.

    Every target [joints] rad moves the servos as far as `speed_limit` [joints] rad/s allows in one control period.
    """

    def __init__(self, home: np.ndarray, control_dt: float, speed_limit: ArrayLike):
        super().__init__(daemon=True)
        self.position = np.array(home, float)
        self.targets_received = 0
        self._speed = np.zeros_like(self.position)
        self._period = control_dt
        self._reach = np.array(speed_limit) * control_dt
        self._targets = struct.Struct(f"<{len(home)}f")
        self._stopping = threading.Event()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((_LOOPBACK, 0))
        self._socket.settimeout(0.05)
        self.address: tuple[str, int] = self._socket.getsockname()

    def __enter__(self) -> "ServoStandIn":
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stopping.set()
        self.join()
        self._socket.close()

    def run(self) -> None:
        """Answers until it is stopped: an empty packet with the readings, any other one by moving."""
        while not self._stopping.is_set():
            try:
                packet, asker = self._socket.recvfrom(1024)
            except TimeoutError:
                continue
            if packet:
                self._move(np.array(self._targets.unpack(packet)))
            else:
                self._socket.sendto(self._packed_readings(), asker)

    def _move(self, targets: np.ndarray) -> None:
        moved = np.clip(targets - self.position, -self._reach, self._reach)
        self.position = self.position + moved
        self._speed = moved / self._period
        self.targets_received += 1

    def _packed_readings(self) -> bytes:
        upright, still = (1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0)
        numbers = (*upright, *still, *self.position, *self._speed)
        return struct.pack(f"<{len(numbers)}f", *numbers)
