"""The one robot of the cockpit: the same task as everywhere, one jitted control step at a time."""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.changes import changed
from playground_amp.configs.schema import Config
from playground_amp.envs.commands import Command, hold
from playground_amp.envs.payment import known_weights
from playground_amp.envs.pushes import Push
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.rollouts.rollout import Controller, take_step

_NO_FORCE = np.zeros(3, np.float32)


class Wishes(NamedTuple):
    """What the visitor asks for."""

    forward: float  # m/s
    sideways: float  # m/s, to the left
    yaw_rate: float  # rad/s; at 0 the heading is held
    floor_friction: float
    latency: float = 0.0  # s, from a new target to the servos
    motor_strength: float = 1.0  # share of the servos' own gain and torque limit

    @property
    def standing(self) -> bool:
        return self.forward == self.sideways == self.yaw_rate == 0


class Moment(NamedTuple):
    """What the page shows of one control step; NumPy's arrays once it has left the jitted program."""

    qpos: jax.Array  # [7 + J]
    heading: jax.Array  # [] rad
    velocity: jax.Array  # [3] forward, sideways m/s and yaw rate rad/s, heading frame, averaged over a moment
    joint_torque: jax.Array  # [J] N·m
    power: jax.Array  # [] W, sum of the joints' absolute mechanical power
    reward_terms: dict[str, jax.Array]  # [] each, a second
    fallen: jax.Array  # [] bool


def play_config(config: Config) -> Config:
    """The task of `config` for one robot on the native engine."""
    changes = {"physics.engine": "native", "physics.num_threads": 1}
    return changed(
        config, changes | {"reward_weights": known_weights(config.reward_weights)}, "the policy's configuration"
    )


class Simulation:
    """A robot that does as wished. Compiles at its making; after that a step takes a few milliseconds."""

    def __init__(self, env: WildRobotEnv, controller: Controller, wishes: Wishes, seed: int = 0):
        self.env = env
        self.controller = controller
        self.control_dt = env.config.env.control_dt
        self.push_w: np.ndarray | None = None  # [3] N in the world, while a push is under way
        self._key = jax.random.PRNGKey(seed)
        self._start = jax.jit(partial(_start, env))
        self._advance = jax.jit(partial(_advance, env))
        self.reset(wishes)
        self.step(wishes)  # compiles
        self.reset(wishes)

    def reset(self, wishes: Wishes) -> None:
        """Puts the robot at rest at the origin, looking along x."""
        self._key, key = jax.random.split(self._key)
        self._heading, self._held_heading = 0.0, None
        self._end_push()
        self._take(*self._start(key, self._command(wishes), self._parameters(wishes)))

    def push(self, angle: float, force: float, duration: float) -> None:
        """Begins a horizontal push of `force` N for `duration` s; at 0 rad it acts forwards, at π/2 to the left."""
        direction = self._heading + angle
        self.push_w = np.array([force * np.cos(direction), force * np.sin(direction), 0.0], np.float32)
        self._push_steps_left = max(1, round(duration / self.control_dt))

    def step(self, wishes: Wishes) -> None:
        """One control period; what came of it is in `moment`."""
        force = _NO_FORCE if self.push_w is None else self.push_w
        command, parameters = self._command(wishes), self._parameters(wishes)
        self._take(*self._advance(self.controller, self._state, command, force, parameters))
        self._push_steps_left -= 1
        if self._push_steps_left <= 0:
            self._end_push()

    def _take(self, state: EnvState, moment: Moment) -> None:
        self._state = state
        self.moment: Moment = jax.device_get(moment)
        self._heading = float(self.moment.heading)

    def _end_push(self) -> None:
        self.push_w, self._push_steps_left = None, 0

    def _command(self, wishes: Wishes) -> Command:
        """The command; the heading that is held is the one the robot had when it last turned or stood."""
        if wishes.yaw_rate != 0 or wishes.standing:
            self._held_heading = None
        elif self._held_heading is None:
            self._held_heading = self._heading
        return hold(wishes.forward, wishes.sideways, wishes.yaw_rate, self._held_heading)

    def _parameters(self, wishes: Wishes) -> PhysicalParameters:
        """The robot and the floor as wished."""
        engine = self.env.engine
        return engine.nominal_parameters()._replace(
            floor_friction=jnp.float32(wishes.floor_friction),
            motor_strength=jnp.full(engine.robot.num_joints, wishes.motor_strength, jnp.float32),
            latency=jnp.float32(wishes.latency),
        )


def _start(
    env: WildRobotEnv, key: jax.Array, command: Command, parameters: PhysicalParameters
) -> tuple[EnvState, Moment]:
    state = env.reset_at_rest(key, command)._replace(parameters=parameters)
    return state, _moment(env, state)


def _advance(
    env: WildRobotEnv,
    controller: Controller,
    state: EnvState,
    command: Command,
    force_w: jax.Array,
    parameters: PhysicalParameters,
) -> tuple[EnvState, Moment]:
    push = Push(force_w=force_w, starts_in=jnp.int32(0))  # always under way, mostly with no force
    asked = state._replace(command=command, push=push, parameters=parameters)
    reached = take_step(env, controller, asked)
    return reached, _moment(env, reached)


def _moment(env: WildRobotEnv, state: EnvState) -> Moment:
    readings = state.readings
    return Moment(
        qpos=state.physics.qpos,
        heading=readings.heading,
        velocity=state.average_velocity,
        joint_torque=readings.joint_torque,
        power=jnp.sum(jnp.abs(readings.joint_torque * readings.joint_velocity)),
        reward_terms={name: term / env.config.env.control_dt for name, term in state.reward_terms.items()},
        fallen=state.terminated,
    )
