"""Golden vectors: recorded sensor readings and the servo targets that the JAX policy answered them with."""

from collections.abc import Sequence

import numpy as np

from playground_amp.deploy.recording import COMMANDS, Recorded
from playground_amp.deploy.runtime import Json
from playground_amp.robot.scale import times

_TOLERANCE = 2.5e-5  # of the joint target that an action of 1 asks for
LENGTHS = {0: 25, 100: 10}  # from which control step: how many; the first ones see the clock start and stop


def tolerance_rad(action_scale: float) -> float:
    """How far a joint target may be off, rad, for a policy whose unit of action is `action_scale` rad."""
    return times(_TOLERANCE, action_scale)


def golden_vectors(recorded: Recorded, joint_names: Sequence[str], tolerance: float) -> dict[str, Json]:
    """Sequences of consecutive control steps under each of `COMMANDS`, as plain data with joints by name.

    The end of an episode ends a sequence. `tolerance`: what the vectors are held to, rad.
    """
    sequences = [
        _sequence(recorded, joint_names, robot, slice(start, _end(recorded.ended[:, robot], start, length)))
        for robot in range(len(COMMANDS))
        for start, length in LENGTHS.items()
    ]
    return {"tolerance_rad": tolerance, "sequences": sequences}


def count(golden: dict[str, Json]) -> int:
    """How many vectors there are."""
    return sum(len(sequence["steps"]["command"]) for sequence in golden["sequences"])


def _end(ended: np.ndarray, start: int, length: int) -> int:
    """Behind the last step of the sequence: after `length` steps or with the episode."""
    ends = start + np.flatnonzero(ended[start : start + length]) + 1
    return int(ends[0]) if ends.size else start + length


def _sequence(recorded: Recorded, joint_names: Sequence[str], robot: int, window: slice) -> dict[str, Json]:
    def by_joint(values: np.ndarray) -> dict[str, Json]:
        return {name: _numbers(values[..., index]) for index, name in enumerate(joint_names)}

    steps = Recorded(*(column[window, robot] for column in recorded))
    return {
        "start": {
            "gait_phase": _numbers(steps.gait_phase[0]),
            "previous_action": by_joint(steps.previous_action[0]),
            "joint_target": by_joint(steps.previous_target[0]),
            "before": _numbers(steps.before[0]),
        },
        "steps": {
            "orientation": _numbers(steps.orientation),
            "gyro": _numbers(steps.gyro),
            "joint_position": by_joint(steps.joint_position),
            "joint_velocity": by_joint(steps.joint_velocity),
            "command": _numbers(steps.command),
            "joint_target": by_joint(steps.joint_target),
            "next_gait_phase": _numbers(steps.next_gait_phase),
        },
    }


def _numbers(values: np.ndarray) -> Json:
    """Plain numbers with the nine digits that tell any two float32 apart."""
    if values.ndim:
        return [_numbers(value) for value in values]
    return float(f"{float(values):.9g}")
