"""The task of following clips: where the robot should be is given, moment by moment, and it is paid for being there.

It is the walking task with other starts, commands, rewards and ends. The command is the clip's velocity, and a little
more or less where the robot lags behind or is ahead: so it goes as far as the clip does. Nothing holds the robot: it
has the servos, the floor and the physics of any other task.
"""

from collections.abc import Mapping

import jax
import jax.numpy as jnp

from playground_amp.configs.schema import Config
from playground_amp.envs.commands import NEVER, Command
from playground_amp.envs.curriculum import Shares
from playground_amp.envs.layout import Seen
from playground_amp.envs.payment import Term
from playground_amp.envs.reference_motion import Followed
from playground_amp.envs.starts import Start
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.physics.protocol import Engine
from playground_amp.physics.readings import Readings
from playground_amp.record.following_rewards import FOLLOWING_TERMS, FollowingInputs
from playground_amp.record.track import Due, Track, due, next_of, start_of
from playground_amp.robot.record import BASE_QPOS_SIZE
from playground_amp.rotations import to_heading_frame

_CATCHING_UP = 0.1  # m/s, of WildRobot: how much the command changes at most to catch up
# Beyond these a robot is astray, and in training its episode ends: it would learn what happens elsewhere.
_FAR = 0.4  # m from its place, of WildRobot
_TURNED = 1.0  # rad from its heading
_OTHER_POSTURE = 0.5  # rad, root mean square over the joints


class FollowingEnv(WildRobotEnv):
    """Following a track.

    The actor sees besides what any policy sees what it should see a control step later: the observation "state" is
    one moment longer. An episode ends in a fall (from where the clip is: lying down is no fall in a clip that does),
    where the robot strays, or with its clip.
    """

    _of_posture = ()  # the clip's own is compared with, not the table's

    def __init__(self, config: Config, track: Track, engine: Engine | None = None, *, may_stray: bool = False):
        """`may_stray`: only a fall ends an episode early, as when the policy is judged."""
        super().__init__(config, engine)
        self._track, self._may_stray = track, may_stray
        moments = config.env.observation_history
        self.observation_sizes = self.observation_sizes | {"state": self.observer.actor.size * (moments + 1)}

    def reset(self, key: jax.Array, needed: jax.Array | bool = True, difficulty: jax.Array | float = 1.0) -> EnvState:
        """On any moment of any clip, each clip as often as the others; arguments as in `WildRobotEnv.reset`."""
        key, draw_key, moment_key = jax.random.split(key, 3)
        clip, share, way = jax.random.uniform(moment_key, (3,))
        track, number = self._track, (clip * len(self._track.first)).astype(jnp.int32)
        moment = track.first[number] + (share * track.length[number]).astype(jnp.int32)
        difficulty = jnp.asarray(difficulty, jnp.float32)
        start = self._starts.at_random(draw_key, self._shares(difficulty))
        return self.begin(key, self._on(start, moment, jnp.pi * (2 * way - 1)), needed, difficulty)

    def reset_on(self, key: jax.Array, moment: jax.Array) -> EnvState:
        """The nominal robot on a moment [] of the track, looking along x, joints off it by as much as at rest."""
        key, draw_key = jax.random.split(key)
        command = Command(*jnp.zeros(4), hold_heading=jnp.asarray(False), steps_left=jnp.int32(NEVER))
        start = self._starts.at_rest(draw_key, command, self.engine.nominal_parameters())
        noise = start.qpos[BASE_QPOS_SIZE:] - self._home
        on_track = self._on(start, moment, jnp.float32(0.0))
        return self.begin(key, on_track._replace(qpos=on_track.qpos.at[BASE_QPOS_SIZE:].add(noise)))

    def due(self, followed: Followed | None) -> Due:
        """Where a robot of this task should be."""
        assert followed is not None, "a start of this task says what is followed"
        return due(self._track, followed)

    def _on(self, start: Start, moment: jax.Array, heading: jax.Array) -> Start:
        followed, qpos, qvel = start_of(self._track, moment, heading)
        return start._replace(
            qpos=qpos,
            qvel=qvel,
            joint_target=qpos[BASE_QPOS_SIZE:],
            command=_asking(start.command, self._track.velocity[moment]),
            gait_phase=self._track.gait_phase[moment],
            followed=followed,
        )

    def _move(self, state: EnvState, action: jax.Array) -> EnvState:
        assert state.followed is not None
        followed = next_of(self._track, state.followed)
        reached = super()._move(state, action)._replace(followed=followed)
        now = self.due(followed)
        lost = self._fallen_from(now, reached.readings)
        if not self._may_stray:
            lost |= self._astray(now, reached.readings)
        over = reached.truncated | reached.terminated | self._track.ends[followed.moment]
        over |= reached.step >= self.config.env.episode_length
        return reached._replace(gait_phase=now.gait_phase, terminated=lost, truncated=over & ~lost)

    def _fallen(self, readings: Readings) -> jax.Array:
        return jnp.asarray(False)  # `_move` says, which knows what is due

    def _fallen_from(self, now: Due, readings: Readings) -> jax.Array:
        env = self.config.env
        low = readings.base_height < now.height - (env.target_height - env.fall_height)
        tilted = jnp.dot(readings.gravity_b, now.gravity_b) < jnp.cos(env.fall_tilt)
        return low | tilted | ~readings.finite

    def _astray(self, now: Due, readings: Readings) -> jax.Array:
        far = jnp.linalg.norm(now.place_w - readings.base_position_w[:2]) > _FAR * self._scale.length
        turned = jnp.cos(now.heading - readings.heading) < jnp.cos(_TURNED)
        other = jnp.mean((readings.joint_position - now.joint_position) ** 2) > _OTHER_POSTURE**2
        return far | turned | other

    def _next_command(self, reached: EnvState, uniform: jax.Array, shares: Shares) -> Command:
        """The clip's velocity now, and what it takes to catch up."""
        now, readings, commands = self.due(reached.followed), reached.readings, self.config.env.commands
        behind = to_heading_frame(now.place_w - readings.base_position_w[:2], readings.heading)
        turn = jnp.arctan2(jnp.sin(now.heading - readings.heading), jnp.cos(now.heading - readings.heading))
        bound = jnp.array([_CATCHING_UP * self._scale.speed] * 2 + [commands.heading_yaw_rate])
        more = jnp.clip(commands.heading_gain * jnp.append(behind, turn), -bound, bound)
        return _asking(reached.command, now.velocity + more)

    @property
    def _terms(self) -> Mapping[str, Term]:
        return FOLLOWING_TERMS

    def _reward_inputs(self, state: EnvState, reached: EnvState) -> FollowingInputs:
        now, spread = self.due(reached.followed), self._track.spread
        return FollowingInputs(self.config.env, self.engine.robot, state, reached, now=now, joint_spread=spread)

    def _observe(self, state: EnvState) -> dict[str, jax.Array]:
        assert state.followed is not None
        seen = self.seen(state)
        goal = self.due(next_of(self._track, state.followed))
        wanted = seen.measured._replace(
            gravity_b=goal.gravity_b,
            gyro_b=goal.gyro_b,
            joint_position=goal.joint_position,
            joint_velocity=goal.joint_velocity,
        )
        nothing = jnp.zeros_like(state.previous_action)
        then = state._replace(gait_phase=goal.gait_phase, previous_action=nothing)
        observation = self.observer.observe(seen)
        ahead = self.observer.actor.network_input(Seen(then, wanted, goal.velocity))
        return observation | {"state": jnp.concatenate([observation["state"], ahead])}


def _asking(command: Command, velocity: jax.Array) -> Command:
    """The same command for another velocity [3], no heading held: where to look is in the yaw rate."""
    forward, sideways, yaw_rate = velocity
    return command._replace(forward=forward, sideways=sideways, yaw_rate=yaw_rate, hold_heading=jnp.asarray(False))
