"""The state of the task: of one robot, or of many with a leading axis."""

from typing import NamedTuple

import jax

from playground_amp.envs.bus import BusState
from playground_amp.envs.commands import Command
from playground_amp.envs.pushes import Push
from playground_amp.envs.reference_motion import Followed
from playground_amp.envs.sensing import SensorErrors
from playground_amp.physics.protocol import PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings


class EnvState(NamedTuple):
    """Everything that one robot carries from step to step."""

    physics: PhysicsState
    readings: Readings
    parameters: PhysicalParameters
    sensors: SensorErrors
    bus: BusState | None  # None: joints are read and ordered all at once
    difficulty: jax.Array  # [] in [0, 1], of this episode; 1: the full task
    command: Command
    heading_trim: jax.Array | None  # [] rad/s, the integral part of what holds a heading; None: it has none
    push: Push
    key: jax.Array
    step: jax.Array  # [] int32 control steps since the start
    gait_phase: jax.Array  # [] in [0, 1)
    followed: Followed | None  # of a robot that follows a clip: where it should be
    previous_action: jax.Array  # [J]
    joint_target: jax.Array  # [J] rad, as the servos last got it
    average_velocity: jax.Array  # [3] forward, sideways m/s and yaw rate rad/s, heading frame, averaged over a moment
    recent_velocity: jax.Array | None  # [N, 3] the last ones, newest first; None: the average needs none
    observation: dict[str, jax.Array]  # "state" [A history], "privileged_state" [n]
    reward: jax.Array  # []
    reward_terms: dict[str, jax.Array]  # [] each, weighted; they sum to the reward
    terminated: jax.Array  # [] bool
    truncated: jax.Array  # [] bool
