"""Where episodes begin: the robot's pose, its place on the ground, its command, and what sets it apart from others."""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.schema import Config
from playground_amp.envs import commands, gait, individuals, pushes
from playground_amp.envs.bus import Bus
from playground_amp.envs.commands import Command
from playground_amp.envs.curriculum import Shares
from playground_amp.envs.draws import Draws
from playground_amp.envs.placing import PLACE_DRAWS, Placing
from playground_amp.envs.pushes import Push
from playground_amp.envs.reference_motion import Followed, ReferenceStates, draw_start
from playground_amp.envs.sensing import SensorErrors
from playground_amp.physics.protocol import PhysicalParameters
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot
from playground_amp.robot.scale import scale_of

_GATE_JOINT_NOISE = 0.02  # rad; sets one episode from rest apart from the next


class Start(NamedTuple):
    """The beginning of an episode."""

    qpos: jax.Array  # [7 + J]
    qvel: jax.Array  # [6 + J]
    joint_target: jax.Array  # [J] rad
    command: Command
    gait_phase: jax.Array  # []
    parameters: PhysicalParameters
    sensors: SensorErrors
    push: Push
    bus: jax.Array  # [Bus.start_draws] uniform numbers; [0] without a bus
    followed: Followed | None = None  # where on the clips that it follows


class Starts:
    """Draws the starts of one configuration's episodes."""

    def __init__(self, config: Config, robot: Robot, reference: ReferenceStates | None, bus: Bus | None = None):
        """`reference`: what the share `env.reference_start_share` of episodes starts from, if given."""
        self._bus_draws = bus.start_draws if bus else 0
        self._config, self._robot, self._reference = config, robot, reference
        self._home = jnp.asarray(robot.home_joint_position, jnp.float32)
        self._lower = jnp.asarray(robot.joint_lower, jnp.float32)
        self._upper = jnp.asarray(robot.joint_upper, jnp.float32)
        self._placing = Placing(robot)
        self._scale = scale_of(robot)
        # The configured noise is a speed's; angular speeds scale on their own.
        angular = self._scale.rate / self._scale.speed
        self._velocity_noise = config.env.reset_velocity_noise * np.repeat([1.0, angular], 3)

    def at_random(self, key: jax.Array, shares: Shares) -> Start:
        """Near the home pose, in motion, or on a moment of the reference; a robot and a command of its own."""
        env, control_dt = self._config.env, self._config.env.control_dt
        draws = Draws(key, self._random_draws)
        heading = jnp.pi * _around_zero(draws.one())
        base_velocity = jnp.asarray(self._velocity_noise, jnp.float32) * _around_zero(draws.take(BASE_QVEL_SIZE))
        joints = self._home + env.reset_joint_noise * _around_zero(draws.take(self._robot.num_joints))
        parameters, sensors = self._individual(draws, shares)
        place = self._placing.place(draws.take(PLACE_DRAWS), shares.terrain)
        start = Start(
            qpos=self._placing.standing(jnp.clip(joints, self._lower, self._upper), heading, place),
            qvel=jnp.concatenate([base_velocity, jnp.zeros(self._robot.num_joints)]),
            joint_target=self._home,
            command=self._command(draws.take(commands.DRAWS), heading, shares),
            gait_phase=draws.one(),
            parameters=parameters,
            sensors=sensors,
            push=pushes.none(),
            bus=jnp.zeros(0),
        )
        if self._reference is not None:
            start = self._perhaps_on(self._reference, draws.take(2), start, heading)
        randomization = self._config.domain_randomization
        push = pushes.sample(draws.take(pushes.DRAWS), randomization, control_dt, shares.pushes)
        return start._replace(push=push, bus=draws.take(self._bus_draws))

    def at_rest(self, key: jax.Array, command: Command, nominal: PhysicalParameters | None) -> Start:
        """The home pose, looking along x, never pushed; the nominal robot with perfect sensors, or (None) any one."""
        joint_count = self._robot.num_joints
        draws = Draws(key, self._rest_draws)
        noise = _GATE_JOINT_NOISE * _around_zero(draws.take(joint_count))
        parameters, sensors = nominal, SensorErrors()
        if parameters is None:
            parameters, sensors = self._individual(draws, Shares())
        joints = jnp.clip(self._home + noise, self._lower, self._upper)
        place = self._placing.place(draws.take(PLACE_DRAWS))
        phase = draws.one()
        return Start(
            qpos=self._placing.standing(joints, jnp.float32(0.0), place),
            qvel=jnp.zeros(self._robot.nv),
            joint_target=self._home,
            command=command,
            # Told to stand, it begins between two steps, as on the robot: otherwise it would take one first.
            gait_phase=jnp.where(commands.is_standing(command), gait.next_stop(phase) % 1.0, phase),
            parameters=parameters,
            sensors=sensors,
            push=pushes.none(),
            bus=draws.take(self._bus_draws),
        )

    @property
    def _rest_draws(self) -> int:
        """Random numbers of a start at rest: joints, phase, place, individual, bus."""
        return self._robot.num_joints + 1 + PLACE_DRAWS + individuals.draw_count(self._robot) + self._bus_draws

    @property
    def _random_draws(self) -> int:
        """Random numbers of any start: heading, base velocity, whether on the reference and where, the rest."""
        return 1 + BASE_QVEL_SIZE + 2 + commands.DRAWS + pushes.DRAWS + self._rest_draws

    def _command(self, uniform: jax.Array, heading: jax.Array, shares: Shares) -> Command:
        env = self._config.env
        return commands.sample(uniform, env.commands, heading, env.control_dt, shares.commands, scale=self._scale)

    def _individual(self, draws: Draws, shares: Shares) -> tuple[PhysicalParameters, SensorErrors]:
        uniform = individuals.take_uniform(draws, self._robot)
        return individuals.draw(uniform, self._config.domain_randomization, self._robot, shares)

    def _perhaps_on(self, states: ReferenceStates, uniform: jax.Array, otherwise: Start, heading: jax.Array) -> Start:
        """For the configured share of episodes a moment of the reference and its command; else the start given."""
        moment = draw_start(states, uniform[1], heading)
        reference = otherwise._replace(
            qpos=self._placing.moved(moment.qpos, otherwise.qpos[:2]),
            qvel=moment.qvel,
            joint_target=moment.qpos[BASE_QPOS_SIZE:],
            command=commands.go_on(otherwise.command, moment.command, heading),
            gait_phase=moment.gait_phase,
        )
        chosen = uniform[0] < self._config.env.reference_start_share

        def choose(new: jax.Array, old: jax.Array) -> jax.Array:
            return old if new is old else jnp.where(chosen, new, old)

        return jax.tree.map(choose, reference, otherwise)


def _around_zero(uniform: jax.Array) -> jax.Array:
    """From [0, 1) to [-1, 1)."""
    return 2 * uniform - 1
