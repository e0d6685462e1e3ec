"""What pays? Standing, falling and stepping in place against walking, by the task's terms and a throw-away style.

The idle ones are rolled out in the engine at a walking command, and their rewards are the task's own. Walking is the
demonstrations near that command (walking.py). Everything counts for each second that the episode could have lasted.
"""

from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np
from jax.tree_util import Partial

from playground_amp.amp import features
from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.schema import Config
from playground_amp.doctor.check import Check
from playground_amp.doctor.throwaway import SET_SIZE, Judge, ThrowAway
from playground_amp.envs import commands
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.motion.leg_roles import leg_roles
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import scale_of
from playground_amp.rollouts import rollout
from playground_amp.rollouts.rollout import UntilFall

AREA = "pay"
SECONDS, _EPISODES = 4.0, 4  # of each behavior
_CYCLE = 0.8  # s of stepping in place, of WildRobot
_LEAN = 0.4  # rad forwards, of both ankles: the robot falls
_X, _Y = 0, 1
_IDLE_SHARE = 0.75  # of what walking earns, at most
STANDING, STEPPING, FALLING = "standing", "stepping in place", "falling"


class Idle(NamedTuple):
    """What was recorded of a behavior that does not walk."""

    reward: np.ndarray | jax.Array  # [N, T] 0 after the end
    lived: np.ndarray | jax.Array  # [N, T] bool
    transitions: np.ndarray | jax.Array  # [N, T, 2 F]


class Earnings(NamedTuple):
    """1/s, of the whole time."""

    task: float
    style: float

    @property
    def total(self) -> float:
        return self.task + self.style


def walking_command(buffer: ReferenceBuffer) -> np.ndarray:
    """The command [3] of the straightest of the clips that go forward at about half of the highest speed."""
    asked = np.asarray(buffer.command)
    wanted = np.array([0.5 * asked[:, 0].max(), 0.0, 0.0])
    return asked[np.argmin(np.sum((asked - wanted) ** 2, axis=1))]


def roll_out(config: Config, command: np.ndarray) -> dict[str, Idle]:
    """Plays each idle behavior from rest, told to walk at a command [3]."""
    env = WildRobotEnv(config)
    steps = round(SECONDS / config.env.control_dt)
    asked = commands.go_on(commands.hold(0.0, heading=0.0), jnp.asarray(command, jnp.float32), jnp.float32(0.0))
    scripts = _scripts(env.engine.robot, steps, config.env.control_dt)
    keys = jax.random.split(jax.random.key(config.trainer.seed), (len(scripts), _EPISODES))
    start = jax.jit(jax.vmap(lambda key: env.reset_at_rest(key, asked)))
    played = {}
    for own, (name, table) in zip(keys, scripts.items(), strict=True):
        actions = jnp.asarray(table, jnp.float32) / config.env.action_scale
        rows = rollout.roll_out(UntilFall(env), Partial(_play, actions), start(own), steps, _row)
        played[name] = Idle(*(np.swapaxes(column, 0, 1) for column in rows))
    return played


def earnings(
    config: Config, buffer: ReferenceBuffer, discriminator: ThrowAway, idle: dict[str, Idle]
) -> tuple[dict[str, Earnings], float]:
    """What each idle behavior earns, and the style that walking does."""
    command = np.tile(walking_command(buffer), (2 * SET_SIZE, 1))
    drawn = np.asarray(jax.jit(ReferenceBuffer.draw)(buffer, jax.random.key(0), command))
    lived = np.concatenate([each.transitions[each.lived] for each in idle.values()])
    judge = discriminator.train(drawn[:SET_SIZE], lived)
    rate = config.style_pay / config.env.control_dt
    earned = {
        name: Earnings(
            float(each.reward.sum(axis=1).mean()) / SECONDS, rate * _mean_style_over_episode(discriminator, judge, each)
        )
        for name, each in idle.items()
    }
    return earned, rate * discriminator.style(judge, drawn[SET_SIZE:])


def check_walking_pays(idle: dict[str, Earnings], walking: Earnings) -> Check:
    """Walking earns most; whoever does not walk earns clearly less."""
    limit = _IDLE_SHARE * walking.total
    best = max(idle, key=lambda name: idle[name].total)
    findings = ()
    if walking.total <= 0 or idle[best].total > limit:
        findings = (
            f"{best} earns {idle[best].total:.2f} a second (task {idle[best].task:.2f}, style {idle[best].style:.2f}), "
            f"walking as the demonstrations {walking.total:.2f} (task {walking.task:.2f}, style {walking.style:.2f}): "
            "a policy will settle for it; pay more for the velocity reached (velocity_tracking, velocity_progress) and "
            "less for being there (alive)",
        )
    measured = ", ".join(f"{name} {each.total:.2f}" for name, each in idle.items())
    return Check(AREA, f"idleness against walking ({walking.total:.2f}/s)", f"≤ {limit:.2f}/s", measured, findings)


def check_dying(idle: dict[str, Earnings]) -> Check:
    """An early end earns less than going on, however badly."""
    dead = idle[FALLING].total
    alive = min(each.total for name, each in idle.items() if name != FALLING)
    findings = ()
    if alive <= max(dead, 0.0):
        findings = (
            f"falling earns {dead:.2f} a second of the episode, staying on the feet no more than {alive:.2f}: an early "
            "end is worthwhile, and the policy will learn to fall; raise alive, or lower the penalties",
        )
    return Check(AREA, "falling against staying up", f"< {alive:.2f}/s", f"{dead:.2f}/s", findings)


def _play(actions: jax.Array, state: EnvState) -> jax.Array:
    """One row of actions [T, J] a control step."""
    return actions[state.step]


def _row(env: WildRobotEnv, before: EnvState, reached: EnvState) -> Idle:
    lived = ~before.terminated
    described = features.transition(before.readings, reached.readings)
    return Idle(jnp.where(lived, reached.reward, 0.0), lived, described)


def _scripts(robot: Robot, steps: int, control_dt: float) -> dict[str, np.ndarray]:
    """Joint offsets from home [T, J] rad of each behavior; of standing alone for legs of another build than known."""
    standing, stepping, falling = (np.zeros((steps, robot.num_joints)) for _ in range(3))
    cycle = 2 * np.pi * np.arange(steps) * control_dt / (_CYCLE * scale_of(robot).time)
    sway = 0.05 * np.sin(cycle + 0.6)  # from foot to foot, while the free leg bends
    for side, sign in enumerate((1, -1)):
        roles = leg_roles(robot, side)
        if roles is None:
            return {STANDING: standing}
        lift = 0.3 * np.maximum(sign * np.sin(cycle), 0)
        turns = ((roles.hip_roll, _X, -sway), (roles.ankle_roll, _X, sway), (roles.knee, _Y, lift))
        turns += ((roles.hip_pitch, _Y, -lift / 2), (roles.ankle_pitch, _Y, -lift / 2))
        for place, axis, angle in turns:
            _turn(robot, side, stepping, place, axis, angle)
        _turn(robot, side, falling, roles.ankle_pitch, _Y, np.full(steps, -_LEAN))
    return {STANDING: standing, STEPPING: stepping, FALLING: falling}


def _turn(robot: Robot, side: int, offsets: np.ndarray, place: int, axis: int, angle: np.ndarray) -> None:
    """Writes turns [T] rad about an axis of the base for the joint at a place of a leg's chain."""
    joint = robot.legs[side].joints[place]
    offsets[:, joint] = angle * np.sign(robot.joint_axis_b[joint, axis])


def _mean_style_over_episode(discriminator: ThrowAway, judge: Judge, idle: Idle) -> float:
    """Mean style over the whole time, nothing after the end."""
    return discriminator.style(judge, np.asarray(idle.transitions[idle.lived])) * float(idle.lived.mean())
