"""The twin's control socket: questions about the truth, pushes, the stand, as JSON in datagrams on localhost.

A question is an object with `do`, and what that needs; each gets one answer, an object with `error` if it was none:

    {"do": "state"}                                          the truth
    {"do": "push", "force": [5, 0, 0], "seconds": 0.2}       N in the world, on the base
    {"do": "release"}, {"do": "lift"}                        the stand
    {"do": "fault", "name": "dead_servo:left_knee_pitch"}    a fault from now on
    {"do": "mend"}                                           no faults any more
"""

import json
import socket
from collections.abc import Callable, Mapping
from typing import TypeAlias

import numpy as np

from playground_amp.errors import UserError
from playground_amp.hardware.datagrams import LOCALHOST, listen
from playground_amp.twin import faults
from playground_amp.twin.world import World

Question: TypeAlias = Mapping[str, object]
Answer: TypeAlias = dict[str, object]
LARGEST = 65_000  # bytes of a datagram
_STRONGEST_PUSH = 10.0  # times the robot's weight


class ControlSocket:
    """The twin's side."""

    def __init__(self, port: int = 0):
        """`port` 0: a free one. Raises UserError if it is taken."""
        try:
            self._socket = listen(port)
        except OSError as error:
            raise UserError(f"the control socket cannot have UDP port {port}: {error.strerror}") from None
        self.port: int = self._socket.getsockname()[1]

    def fileno(self) -> int:
        """For `select`."""
        return self._socket.fileno()

    def serve(self, world: World, extra: Callable[[], Answer]) -> None:
        """Answers what has come in; `extra` is what else the state holds."""
        while True:
            try:
                content, asker = self._socket.recvfrom(LARGEST)
            except (BlockingIOError, ConnectionError):
                return
            answer = json.dumps(_answered(content, world, extra)).encode()
            try:
                self._socket.sendto(answer, asker)
            except OSError:
                continue

    def close(self) -> None:
        """Lets go of the port."""
        self._socket.close()


def ask(port: int, question: Question, timeout: float = 2.0) -> Answer:
    """Asks a twin on this machine. Raises OSError (TimeoutError, if nobody answers), ValueError for its `error`."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as own:
        own.settimeout(timeout)
        own.connect((LOCALHOST, port))
        if (
            own.getsockname()[1] == port
        ):  # nobody has it, so it was free to be this socket's own: the question comes back
            raise ConnectionRefusedError(f"nobody listens at port {port}")
        own.send(json.dumps(question).encode())
        answer = json.loads(own.recv(LARGEST))
    if "error" in answer:
        raise ValueError(answer["error"])
    return answer


def _answered(content: bytes, world: World, extra: Callable[[], Answer]) -> Answer:
    try:
        question = json.loads(content)
        do = _DEEDS[question["do"]]
    except (ValueError, KeyError, TypeError):
        return {"error": f"a question is an object with do: {', '.join(_DEEDS)}"}
    try:
        done = do(world, question)
    except (ValueError, KeyError, TypeError, UserError) as error:
        return {"error": f"{question['do']}: {error}"}
    return {**done, **extra()} if question["do"] == "state" else done


def truth(world: World) -> Answer:
    """How the robot really is; joints by name."""
    body, data = world.body, world.body.data
    names = world.robot.joint_names

    def by_joint(values: np.ndarray) -> dict[str, float]:
        return dict(zip(names, np.asarray(values, float).round(6).tolist(), strict=True))

    return {
        "time": round(body.time, 6),
        "qpos": data.qpos.round(6).tolist(),
        "qvel": data.qvel.round(6).tolist(),
        "stand": body.stand.state,
        "position": by_joint(body.joint_position),
        "target": by_joint(body.target),
        "torque": by_joint(body.joint_torque),
        "stiff": {name: bool(stiff) for name, stiff in zip(names, body.stiff, strict=True)},
        "temperature": by_joint(world.supply.temperature),
        "voltage": round(world.supply.voltage, 3),
        "switches": body.switches,
        "faults": list(world.faults),
        "push": None if body.push_w is None else body.push_w.tolist(),
    }


def _push(world: World, question: Question) -> Answer:
    force = np.array(question["force"], float)
    seconds = float(question.get("seconds", 0.2))  # pyright: ignore[reportArgumentType]
    most = _STRONGEST_PUSH * world.robot.weight
    if force.shape != (3,) or not np.linalg.norm(force) <= most or not 0 < seconds < 60:
        raise ValueError(f"force is three numbers in N, together at most {most:.0f}; seconds are from 0 to 60")
    world.body.push(force, seconds)
    return {"done": True}


def _release(world: World, _: Question) -> Answer:
    world.stand.release(world.body.time)
    return {"done": True}


def _lift(world: World, _: Question) -> Answer:
    world.stand.lift(world.body.time, world.body.data.qpos[:7].copy())
    return {"done": True}


def _fault(world: World, question: Question) -> Answer:
    return {"fault": str(faults.inject(world, str(question["name"])))}


def _mend(world: World, _: Question) -> Answer:
    faults.mend(world)
    return {"done": True}


_DEEDS: Mapping[str, Callable[[World, Question], Answer]] = {
    "state": lambda world, _: truth(world),
    "push": _push,
    "release": _release,
    "lift": _lift,
    "fault": _fault,
    "mend": _mend,
}
