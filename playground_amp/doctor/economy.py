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
from playground_amp.robot.names import JOINT_NAMES
from playground_amp.rollouts import rollout
from playground_amp.rollouts.rollout import UntilFall

AREA = "pay"
SECONDS, _EPISODES = 4.0, 4  # of each behavior
_CYCLE = 0.8  # s of stepping in place
_IDLE_SHARE = 0.75  # of what walking earns, at most
STANDING, STEPPING, FALLING = "standing", "stepping in place", "falling"


class Idle(NamedTuple):
    """What was recorded of a behavior that does not walk."""

    reward: np.ndarray | jax.Array  # [N, T] 0 after the end
    lived: np.ndarray | jax.Array  # [N, T] bool
    transitions: np.ndarray | jax.Array  # [N, T, 74]


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
    scripts = _scripts(steps, config.env.control_dt)
    keys = jax.random.split(jax.random.key(config.trainer.seed), len(scripts) * _EPISODES)
    starts = jax.jit(jax.vmap(lambda key: env.reset_at_rest(key, asked)))(keys)
    played = {}
    for number, (name, table) in enumerate(scripts.items()):
        own = jax.tree.map(lambda field, n=number: field[n * _EPISODES : (n + 1) * _EPISODES], starts)
        actions = jnp.asarray(table, jnp.float32) / config.env.action_scale
        rows = rollout.roll_out(UntilFall(env), Partial(_play, actions), own, steps, _row)
        played[name] = Idle(*(np.swapaxes(column, 0, 1) for column in rows))
    return played


def earnings(
    config: Config, buffer: ReferenceBuffer, discriminator: ThrowAway, style_weight: float, idle: dict[str, Idle]
) -> tuple[dict[str, Earnings], float]:
    """What each idle behavior earns, and the style that walking does. `style_weight`: pay of a style of 1 a step."""
    command = jnp.asarray(walking_command(buffer))
    drawn = np.asarray(buffer.draw(jax.random.key(0), jnp.tile(command, (2 * SET_SIZE, 1))))
    lived = np.concatenate([each.transitions[each.lived] for each in idle.values()])
    judge = discriminator.train(drawn[:SET_SIZE], lived)
    rate = style_weight / config.env.control_dt
    earned = {
        name: Earnings(
            float(each.reward.sum(axis=1).mean()) / SECONDS, rate * _style_of_life(discriminator, judge, each)
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
    dead, alive = idle[FALLING].total, min(idle[STANDING].total, idle[STEPPING].total)
    findings = ()
    if alive <= max(dead, 0.0):
        findings = (
            f"falling earns {dead:.2f} a second of the time, staying on the feet as little as {alive:.2f}: an early "
            "end is worthwhile, and the policy will learn to fall; raise alive, or lower the penalties",
        )
    return Check(AREA, "falling against staying up", f"< {alive:.2f}/s", f"{dead:.2f}/s", findings)


def _play(actions: jax.Array, state: EnvState) -> jax.Array:
    """One row of actions [T, 11] a control step."""
    return actions[state.step]


def _row(env: WildRobotEnv, before: EnvState, reached: EnvState) -> Idle:
    lived = ~before.terminated
    described = features.transition(before.readings, reached.readings)
    return Idle(jnp.where(lived, reached.reward, 0.0), lived, described)


def _scripts(steps: int, control_dt: float) -> dict[str, np.ndarray]:
    """Joint offsets from home [T, 11] rad of each behavior."""
    time = np.arange(steps) * control_dt
    lean = np.full(steps, -0.4)
    return {
        STANDING: _table(steps, {}),
        STEPPING: _table(steps, _stepping(2 * np.pi * time / _CYCLE)),
        FALLING: _table(steps, {"left_ankle_pitch": lean, "right_ankle_pitch": lean}),
    }


def _stepping(cycle: np.ndarray) -> dict[str, np.ndarray]:
    """Sway from foot to foot and bend the free leg."""
    sway, moves = 0.05 * np.sin(cycle + 0.6), {}
    for side, sign in (("left", 1), ("right", -1)):
        lift = 0.3 * np.maximum(sign * np.sin(cycle), 0)
        moves |= {f"{side}_hip_roll": -sway, f"{side}_ankle_roll": sway, f"{side}_knee_pitch": lift}
        moves |= {f"{side}_hip_pitch": -lift / 2, f"{side}_ankle_pitch": -lift / 2}
    return moves


def _table(steps: int, offsets: dict[str, np.ndarray]) -> np.ndarray:
    rows = np.zeros((steps, len(JOINT_NAMES)))
    for joint, offset in offsets.items():
        rows[:, JOINT_NAMES.index(joint)] = offset
    return rows


def _style_of_life(discriminator: ThrowAway, judge: Judge, idle: Idle) -> float:
    """Mean style over the whole time, nothing after the end."""
    return discriminator.style(judge, np.asarray(idle.transitions[idle.lived])) * float(idle.lived.mean())
