"""The task: walk as commanded. Pure functions of one robot; batch them with `jax.vmap`.

An episode ends in a fall (terminated), in a state that is no longer finite (terminated) or by its length (truncated).
`step` never resets: what an episode ended with is there to be read. vector.py starts the next one.
"""

from collections.abc import Collection, Mapping

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import Config
from playground_amp.envs import commands, curriculum, gait, payment, pushes, sensing, speed
from playground_amp.envs.bus import Bus, BusState, Motion
from playground_amp.envs.commands import Command
from playground_amp.envs.draws import Draws
from playground_amp.envs.layout import Seen
from playground_amp.envs.observations import Observer, observation_sizes
from playground_amp.envs.reference_motion import PostureTable, ReferenceStates
from playground_amp.envs.rewards import RewardInputs
from playground_amp.envs.starts import Start, Starts
from playground_amp.envs.state import EnvState
from playground_amp.physics.protocol import Engine, PhysicsState
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import make_engine
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

_STEP_DRAWS = commands.DRAWS + pushes.DRAWS
_NOISE, _BUS = 14, 15  # what further random numbers of a step are for


class WildRobotEnv:
    """Joystick walking.

    Raises:
      UserError: a reward weight without a term, or an engine that is not there.
    """

    _of_posture: Collection[str] = ("reference_posture",)  # terms that compare with `posture`

    def __init__(
        self,
        config: Config,
        engine: Engine | None = None,
        starts: ReferenceStates | None = None,
        posture: PostureTable | None = None,
    ):
        """`starts`: what the share `env.reference_start_share` of episodes starts from, if given.
        `posture`: what the reward `reference_posture` compares with; without it, as where policies are judged, that
        term is left out: `weights` are those of the terms that are paid.
        """
        payment.check_names(config.reward_weights, self._terms)
        self.config = config
        unpaid = self._of_posture if posture is None else ()
        self.weights = {name: weight for name, weight in config.paid_weights.items() if name not in unpaid}
        self.engine = engine or make_engine(
            config.physics, load_robot(config.robot, config.env.terrain), config.env.control_dt
        )
        reference, self._posture = jax.tree.map(jnp.asarray, (starts, posture))
        robot = self.engine.robot
        self._home = jnp.asarray(robot.home_joint_position, jnp.float32)
        self._lower = jnp.asarray(robot.joint_lower, jnp.float32)
        self._upper = jnp.asarray(robot.joint_upper, jnp.float32)
        self._bus = None
        if config.env.bus and robot.hardware is not None:
            self._bus = Bus(robot.hardware, robot.imu, config.env.control_dt)
        self._starts = Starts(config, robot, reference, self._bus)
        self.observer = Observer(robot, config.env.observation_history)
        self.observation_sizes = observation_sizes(robot, config.env.observation_history)
        self.action_size = robot.num_joints
        self._scale = scale_of(robot)

    def reset(self, key: jax.Array, needed: jax.Array | bool = True, difficulty: jax.Array | float = 1.0) -> EnvState:
        """A start near the home pose with a command, a gait phase, physical parameters and sensors of its own.

        Where `needed` [] is False the state is unspecified (see `Engine.reset`). `difficulty` [] in [0, 1] matters
        where the configuration has a curriculum.
        """
        key, draw_key = jax.random.split(key)
        difficulty = jnp.asarray(difficulty, jnp.float32)
        start = self._starts.at_random(draw_key, self._shares(difficulty))
        return self.begin(key, start, needed, difficulty)

    def reset_at_rest(self, key: jax.Array, command: Command, randomized: bool = False) -> EnvState:
        """At the home pose without motion, looking along the world's x axis, never pushed.

        The key sets the gait phase (told to stand, one with both feet down) and moves the joints by up to 0.02 rad, so
        that episodes differ. The robot is the nominal one with perfect sensors on the nominal floor; or, `randomized`,
        floor, robot and sensors are drawn from the full ranges of the configuration. On rough ground it stands
        anywhere near the origin.
        """
        key, draw_key = jax.random.split(key)
        nominal = None if randomized else self.engine.nominal_parameters()
        return self.begin(key, self._starts.at_rest(draw_key, command, nominal))

    def begin(
        self,
        key: jax.Array,
        start: Start,
        needed: jax.Array | bool = True,
        difficulty: jax.Array | float = 1.0,
    ) -> EnvState:
        """The state at a start; `needed` and `difficulty` as in `reset`."""
        physics, readings = self.engine.reset(start.qpos, start.qvel, start.parameters, needed)
        state = EnvState(
            physics=physics,
            readings=readings,
            parameters=start.parameters,
            sensors=start.sensors,
            bus=None,
            difficulty=jnp.asarray(difficulty, jnp.float32),
            command=start.command,
            heading_trim=commands.no_trim(self.config.env.commands),
            push=start.push,
            key=key,
            step=jnp.int32(0),
            gait_phase=start.gait_phase,
            followed=start.followed,
            previous_action=(start.joint_target - self._home) / self.config.env.action_scale,
            joint_target=start.joint_target,
            average_velocity=speed.velocity(readings),
            recent_velocity=speed.nothing_yet(self.config.env),
            observation={},
            reward=jnp.float32(0.0),
            reward_terms={name: jnp.float32(0.0) for name, w in self.weights.items() if w != 0},
            terminated=jnp.asarray(False),
            truncated=jnp.asarray(False),
        )
        if self._bus is not None:
            moving = Motion(readings.joint_position, readings.joint_velocity)
            bus = self._bus.start(start.bus, moving, readings, start.joint_target, start.sensors.bus_pace)
            state = state._replace(bus=bus)
        return state._replace(observation=self._observe(state))

    def step(self, state: EnvState, action: jax.Array) -> EnvState:
        """One control period under an action [J]; observation and reward belong to the state reached."""
        key, draw_key = jax.random.split(state.key)
        shares = self._shares(state.difficulty)
        reached = self._move(state, action)._replace(key=key)
        terms = self._reward_terms(state, reached, shares.penalties)
        draws = Draws(draw_key, _STEP_DRAWS)
        command = self._next_command(reached, draws.take(commands.DRAWS), shares)
        push = pushes.update(
            state.push,
            draws.take(pushes.DRAWS),
            self.config.domain_randomization,
            self.config.env.control_dt,
            shares.pushes,
        )
        reward = sum(terms.values(), jnp.float32(0.0))
        reached = reached._replace(command=command, push=push, reward=reward, reward_terms=terms)
        return reached._replace(observation=self._observe(reached))

    def velocity_command(self, state: EnvState) -> jax.Array:
        """The velocity asked for at this moment, [3]: forward, sideways m/s, yaw rate rad/s."""
        heading, trim = state.readings.heading, state.heading_trim
        return commands.velocity(state.command, self.config.env.commands, heading, trim)

    def seen(self, state: EnvState) -> Seen:
        """What the task knows at this moment, sensors with their errors included."""
        noise_key = jax.random.fold_in(state.key, _NOISE)
        readings = state.readings
        if self._bus is not None and state.bus is not None:
            readings = self._bus.measured(state.bus, readings)
        measured = sensing.measured(readings, state.sensors, noise_key, self.config.domain_randomization)
        return Seen(state, measured, self.velocity_command(state))

    def _move(self, state: EnvState, action: jax.Array) -> EnvState:
        """What the engine and the gait clock do in a control period: all but the next command, push and reward."""
        env = self.config.env
        joint_target = self._joint_target(action, state.joint_target)
        physics, readings, bus = self._stepped(state, joint_target)
        fallen, step = self._fallen(readings), state.step + 1
        average_velocity, recent_velocity = speed.averaged(
            env, state.average_velocity, state.recent_velocity, speed.velocity(readings), step, state.command
        )
        return state._replace(
            physics=physics,
            readings=readings,
            bus=bus,
            heading_trim=commands.trimmed(
                state.heading_trim, state.command, env.commands, readings.heading, env.control_dt
            ),
            step=step,
            gait_phase=gait.advance(state.gait_phase, state.command, env.gait, env.control_dt),
            previous_action=action,
            joint_target=joint_target,
            average_velocity=average_velocity,
            recent_velocity=recent_velocity,
            terminated=fallen,
            truncated=(step >= env.episode_length) & ~fallen,
        )

    def _next_command(self, reached: EnvState, uniform: jax.Array, shares: curriculum.Shares) -> Command:
        """The command from now on, of a robot that has had `reached.command` until now."""
        env, heading = self.config.env, reached.readings.heading
        return commands.update(
            reached.command, uniform, env.commands, heading, env.control_dt, shares.commands, scale=self._scale
        )

    def _stepped(self, state: EnvState, joint_target: jax.Array) -> tuple[PhysicsState, Readings, BusState | None]:
        """Where a control period leads body and bus when `joint_target` [J] is decided at its beginning."""
        push, parameters = pushes.force_now(state.push), state.parameters
        if self._bus is None:
            target, before = (sensing.true_target(x, state.sensors) for x in (joint_target, state.joint_target))
            return *self.engine.step(state.physics, target, push, parameters, before), None
        assert state.bus is not None
        latency = 0.0 if parameters.latency is None else parameters.latency
        delivery = self._bus.delivery(state.bus, state.joint_target, joint_target, latency)
        target, before = (sensing.true_target(x, state.sensors) for x in (delivery.target, state.bus.held))
        alone = parameters._replace(latency=None)
        physics, readings = self.engine.step(state.physics, target, push, alone, before, delivery.arrival)
        draws = Draws(jax.random.fold_in(state.key, _BUS), self._bus.step_draws)
        return physics, readings, self._bus.after(state.bus, state.readings, readings, delivery, draws)

    def _shares(self, difficulty: jax.Array) -> curriculum.Shares:
        return curriculum.shares(self.config.trainer.curriculum, difficulty)

    def _joint_target(self, action: jax.Array, previous: jax.Array) -> jax.Array:
        wanted = self._home + self.config.env.action_scale * action
        kept = self.config.env.action_filter
        return jnp.clip(kept * previous + (1 - kept) * wanted, self._lower, self._upper)

    def _fallen(self, readings: Readings) -> jax.Array:
        env = self.config.env
        low = readings.base_height < env.fall_height
        tilted = -readings.gravity_b[2] < jnp.cos(env.fall_tilt)
        return low | tilted | ~readings.finite

    def _reward_terms(self, state: EnvState, reached: EnvState, penalties: jax.Array | float) -> dict[str, jax.Array]:
        inputs = self._reward_inputs(state, reached)
        terms = payment.weighted_terms(inputs, self.weights, self.config.env.control_dt, penalties, self._terms)
        # A state that is not finite has no reward: its episode ends here and is counted.
        return {name: jnp.where(reached.readings.finite, term, 0.0) for name, term in terms.items()}

    @property
    def _terms(self) -> Mapping[str, payment.Term]:
        """That a step may pay."""
        return payment.TERMS

    def _reward_inputs(self, state: EnvState, reached: EnvState) -> RewardInputs:
        return RewardInputs(self.config.env, self.engine.robot, state, reached, self._posture)

    def _observe(self, state: EnvState) -> dict[str, jax.Array]:
        return self.observer.observe(self.seen(state))
