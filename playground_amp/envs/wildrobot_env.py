"""The task: walk as commanded. Pure functions of one robot; batch them with `jax.vmap`.

An episode ends in a fall (terminated), in a state that is no longer finite (terminated) or by its length (truncated).
`step` never resets: what an episode ended with is there to be read. vector.py starts the next one.
"""

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import Config
from playground_amp.envs import commands, curriculum, gait, individuals, pushes, rewards, sensing, starts
from playground_amp.envs.commands import Command
from playground_amp.envs.draws import Draws
from playground_amp.envs.observations import Observer, Seen, observation_sizes
from playground_amp.envs.pushes import Push
from playground_amp.envs.reference_motion import PostureTable, ReferenceStates, draw_start
from playground_amp.envs.sensing import SensorErrors
from playground_amp.envs.starts import Placing, Start
from playground_amp.envs.state import EnvState
from playground_amp.physics.protocol import Engine, PhysicalParameters
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import make_engine
from playground_amp.physics.sole import sole_tilt
from playground_amp.robot.record import BASE_QPOS_SIZE
from playground_amp.robot.robot import load_robot

# Random numbers of a start: heading and phase, base velocity, joints; whether on the reference, and where; the rest.
_START_DRAWS = 2 + 6 + 11 + 2 + commands.DRAWS + pushes.DRAWS + starts.DRAWS + individuals.DRAWS
_STEP_DRAWS = commands.DRAWS + pushes.DRAWS
_REST_DRAWS = 11 + 1 + starts.DRAWS + individuals.DRAWS  # of a start at rest: joints, phase, place, individual
_NOISE = 14  # what further random numbers of a step are for
_GATE_JOINT_NOISE = 0.02  # rad; sets one episode from rest apart from the next


class WildRobotEnv:
    """Joystick walking.

    Raises:
      UserError: a reward weight without a term, or an engine that is not there.
    """

    action_size = 11

    def __init__(
        self,
        config: Config,
        engine: Engine | None = None,
        starts: ReferenceStates | None = None,
        posture: PostureTable | None = None,
    ):
        """`starts`: what the share `env.reference_start_share` of episodes starts from, if given.
        `posture`: what the reward `reference_posture` compares with; without it, that reward is refused.
        """
        rewards.check_names(config.reward_weights, has_posture=posture is not None)
        self.config = config
        self._weights = config.paid_weights
        self.engine = engine or make_engine(
            config.physics, load_robot(config.robot, config.env.terrain), config.env.control_dt
        )
        self._starts, self._posture = jax.tree.map(jnp.asarray, (starts, posture))
        robot = self.engine.robot
        self._home = jnp.asarray(robot.home_joint_position, jnp.float32)
        self._lower = jnp.asarray(robot.joint_lower, jnp.float32)
        self._upper = jnp.asarray(robot.joint_upper, jnp.float32)
        self._placing = Placing(robot)
        self._averaging = config.env.control_dt / config.env.velocity_average_time
        self.observer = Observer(robot, config.env.observation_history)
        self.observation_sizes = observation_sizes(robot, config.env.observation_history)

    def reset(self, key: jax.Array, needed: jax.Array | bool = True, difficulty: jax.Array | float = 1.0) -> EnvState:
        """A start near the home pose with a command, a gait phase, physical parameters and sensors of its own.

        Where `needed` [] is False the state is unspecified (see `Engine.reset`). `difficulty` [] in [0, 1] matters
        where the configuration has a curriculum.
        """
        key, draw_key = jax.random.split(key)
        draws = Draws(draw_key, _START_DRAWS)
        heading = jnp.pi * _around_zero(draws.one())
        base_velocity = self.config.env.reset_velocity_noise * _around_zero(draws.take(6))
        joints = self._home + self.config.env.reset_joint_noise * _around_zero(draws.take(11))
        difficulty = jnp.asarray(difficulty, jnp.float32)
        shares = curriculum.shares(self.config.trainer.curriculum, difficulty)
        parameters, sensors = self._individual(draws.take(individuals.DRAWS), shares)
        control_dt = self.config.env.control_dt
        place = self._placing.place(draws.take(starts.DRAWS))
        start = Start(
            qpos=self._placing.standing(jnp.clip(joints, self._lower, self._upper), heading, place),
            qvel=jnp.concatenate([base_velocity, jnp.zeros(11)]),
            joint_target=self._home,
            command=commands.sample(
                draws.take(commands.DRAWS), self.config.env.commands, heading, control_dt, shares.commands
            ),
            gait_phase=draws.one(),
        )
        if self._starts is not None:
            start = self._perhaps_on_reference(draws.take(2), start, heading)
        return self._start(
            key,
            start,
            parameters,
            sensors,
            pushes.sample(draws.take(pushes.DRAWS), self.config.domain_randomization, control_dt, shares.pushes),
            needed,
            difficulty,
        )

    def reset_at_rest(self, key: jax.Array, command: Command, randomized: bool = False) -> EnvState:
        """At the home pose without motion, looking along the world's x axis, never pushed.

        The key sets the gait phase and moves the joints by up to 0.02 rad, so that episodes differ. The robot is the
        nominal one with perfect sensors on the nominal floor; or, `randomized`, floor, robot and sensors are drawn
        from the full ranges of the configuration. On rough ground it stands anywhere near the origin.
        """
        key, draw_key = jax.random.split(key)
        draws = Draws(draw_key, _REST_DRAWS)
        noise = _GATE_JOINT_NOISE * _around_zero(draws.take(11))
        parameters, sensors = self.engine.nominal_parameters(), SensorErrors()
        if randomized:
            parameters, sensors = self._individual(draws.take(individuals.DRAWS), curriculum.Shares())
        joints = jnp.clip(self._home + noise, self._lower, self._upper)
        place = self._placing.place(draws.take(starts.DRAWS))
        start = Start(
            qpos=self._placing.standing(joints, jnp.float32(0.0), place),
            qvel=jnp.zeros(17),
            joint_target=self._home,
            command=command,
            gait_phase=draws.one(),
        )
        return self._start(
            key,
            start,
            parameters,
            sensors,
            Push(force_w=jnp.zeros(3), starts_in=jnp.int32(commands.NEVER)),
            True,
            jnp.float32(1.0),
        )

    def step(self, state: EnvState, action: jax.Array) -> EnvState:
        """One control period under an action [11]; observation and reward belong to the state reached."""
        key, draw_key = jax.random.split(state.key)
        draws = Draws(draw_key, _STEP_DRAWS)
        control_dt = self.config.env.control_dt
        shares = curriculum.shares(self.config.trainer.curriculum, state.difficulty)
        joint_target = self._joint_target(action, state.joint_target)
        physics, readings = self.engine.step(
            state.physics,
            sensing.true_target(joint_target, state.sensors),
            pushes.force_now(state.push),
            state.parameters,
            sensing.true_target(state.joint_target, state.sensors),
        )
        gait_phase = gait.advance(state.gait_phase, state.command, self.config.env.gait, control_dt)
        average_velocity = state.average_velocity + self._averaging * (_velocity(readings) - state.average_velocity)
        fallen = self._fallen(readings)
        reached = state._replace(
            physics=physics, readings=readings, gait_phase=gait_phase, average_velocity=average_velocity, key=key
        )
        terms = self._reward_terms(reached, action, fallen, shares.penalties)
        step = state.step + 1
        command = commands.update(
            state.command,
            draws.take(commands.DRAWS),
            self.config.env.commands,
            readings.heading,
            control_dt,
            shares.commands,
        )
        reached = reached._replace(
            command=command,
            push=pushes.update(
                state.push, draws.take(pushes.DRAWS), self.config.domain_randomization, control_dt, shares.pushes
            ),
            step=step,
            previous_action=action,
            joint_target=joint_target,
            reward=sum(terms.values(), jnp.float32(0.0)),
            reward_terms=terms,
            terminated=fallen,
            truncated=(step >= self.config.env.episode_length) & ~fallen,
        )
        return reached._replace(observation=self._observe(reached))

    def velocity_command(self, state: EnvState) -> jax.Array:
        """The velocity asked for at this moment, [3]: forward, sideways m/s, yaw rate rad/s."""
        return commands.velocity(state.command, self.config.env.commands, state.readings.heading)

    def _individual(self, uniform: jax.Array, shares: curriculum.Shares) -> tuple[PhysicalParameters, SensorErrors]:
        return individuals.draw(uniform, self.config.domain_randomization, self.engine.robot, shares)

    def _start(
        self,
        key: jax.Array,
        start: Start,
        parameters: PhysicalParameters,
        sensors: SensorErrors,
        push: Push,
        needed: jax.Array | bool,
        difficulty: jax.Array,
    ) -> EnvState:
        physics, readings = self.engine.reset(start.qpos, start.qvel, parameters, needed)
        state = EnvState(
            physics=physics,
            readings=readings,
            parameters=parameters,
            sensors=sensors,
            difficulty=difficulty,
            command=start.command,
            push=push,
            key=key,
            step=jnp.int32(0),
            gait_phase=start.gait_phase,
            previous_action=(start.joint_target - self._home) / self.config.env.action_scale,
            joint_target=start.joint_target,
            average_velocity=_velocity(readings),
            observation={},
            reward=jnp.float32(0.0),
            reward_terms={name: jnp.float32(0.0) for name, w in self._weights.items() if w != 0},
            terminated=jnp.asarray(False),
            truncated=jnp.asarray(False),
        )
        return state._replace(observation=self._observe(state))

    def _perhaps_on_reference(self, uniform: jax.Array, otherwise: Start, heading: jax.Array) -> Start:
        """For the configured share of episodes a moment of the reference and its command; else the start given."""
        assert self._starts is not None
        state = draw_start(self._starts, uniform[1], heading)
        reference = Start(
            qpos=self._placing.moved(state.qpos, otherwise.qpos[:2]),
            qvel=state.qvel,
            joint_target=state.qpos[BASE_QPOS_SIZE:],
            command=commands.go_on(otherwise.command, state.command, heading),
            gait_phase=state.gait_phase,
        )
        chosen = uniform[0] < self.config.env.reference_start_share
        return jax.tree.map(lambda new, old: jnp.where(chosen, new, old), reference, otherwise)

    def _joint_target(self, action: jax.Array, previous: jax.Array) -> jax.Array:
        wanted = self._home + self.config.env.action_scale * action
        kept = self.config.env.action_filter
        return jnp.clip(kept * previous + (1 - kept) * wanted, self._lower, self._upper)

    def _fallen(self, readings: Readings) -> jax.Array:
        env = self.config.env
        low = readings.base_height < env.fall_height
        tilted = -readings.gravity_b[2] < jnp.cos(env.fall_tilt)
        return low | tilted | ~readings.finite

    def _reward_terms(
        self, state: EnvState, action: jax.Array, fallen: jax.Array, penalties: jax.Array | float
    ) -> dict[str, jax.Array]:
        inputs = rewards.RewardInputs(
            readings=state.readings,
            command=self.velocity_command(state),
            standing=commands.is_standing(state.command),
            average_velocity=state.average_velocity,
            action=action,
            previous_action=state.previous_action,
            joint_offset=state.readings.joint_position - self._home,
            swing=gait.swing_progress(state.gait_phase, self.config.env.gait),
            swing_height=gait.swing_height(state.gait_phase, self.config.env.gait),
            sole_tilt=self._sole_tilt(state.readings),
            target_height=jnp.float32(self.config.env.target_height),
            foot_spacing=jnp.float32(self.config.env.foot_spacing),
            fallen=fallen,
            reference_offset=self._reference_offset(state),
        )
        terms = rewards.weighted_terms(inputs, self._weights, self.config.env.control_dt, penalties)
        # A state that is not finite has no reward: its episode ends here and is counted.
        return {name: jnp.where(state.readings.finite, term, 0.0) for name, term in terms.items()}

    def _sole_tilt(self, readings: Readings) -> jax.Array:
        if not self._weights.get("swing_tilt"):  # 700 operations to trace and to compile at every start
            return jnp.zeros((2, 3))
        return sole_tilt(self.engine.robot, readings.base_quaternion_w, readings.joint_position)

    def _reference_offset(self, state: EnvState) -> jax.Array:
        if self._posture is None:
            return jnp.zeros(11)
        posture = self._posture.at(self.velocity_command(state), state.gait_phase)
        return state.readings.joint_position - posture

    def seen(self, state: EnvState) -> Seen:
        """What the task knows at this moment, sensors with their errors included."""
        noise_key = jax.random.fold_in(state.key, _NOISE)
        measured = sensing.measured(state.readings, state.sensors, noise_key, self.config.domain_randomization)
        return Seen(state, measured, self.velocity_command(state))

    def _observe(self, state: EnvState) -> dict[str, jax.Array]:
        return self.observer.observe(self.seen(state))


def _around_zero(uniform: jax.Array) -> jax.Array:
    """From [0, 1) to [-1, 1)."""
    return 2 * uniform - 1


def _velocity(readings: Readings) -> jax.Array:
    """Forward, sideways m/s and yaw rate rad/s in the heading frame, [3]."""
    yaw_rate = -jnp.dot(readings.gravity_b, readings.gyro_b)
    return jnp.concatenate([readings.linear_velocity_h[:2], yaw_rate[None]])
