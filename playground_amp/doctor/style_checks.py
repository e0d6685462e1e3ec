"""Does the style reward pay what it says? The convention, the loss, the normalizer and the order of an iteration."""

from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.amp import discriminator as disc
from playground_amp.amp.learner import MotionPrior
from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.changes import changed
from playground_amp.configs.schema import AmpConfig, Config
from playground_amp.doctor.check import Check
from playground_amp.doctor.throwaway import ThrowAway
from playground_amp.learning.iteration import Trainer

AREA = "style"
FAKE_PAY, REAL_PAY = 0.05, 0.9
_TOO_FAR = np.array([-1e6, -10.0, 10.0, 1e6])  # answers
_ROWS = 64
_COLUMNS = 8
_BEFORE, _AFTER = 0.25, 1.0  # what the tell-tale prior pays before and after its update


def check_constants() -> Check:
    """A sure demonstration is paid 1 and a sure fake nothing, by the targets as they are written."""
    real, fake = (float(disc.style_reward(jnp.float32(target))) for target in (disc.REAL, disc.FAKE))
    findings = ()
    if abs(fake) > 1e-6 or abs(real - 1) > 1e-6:
        findings = (
            f"the targets {disc.REAL:g} and {disc.FAKE:g} do not go with the style reward: a sure discriminator "
            f"pays {fake:.2f} to a fake and {real:.2f} to a demonstration; with the reward 1 - (D - 1)²/4 the targets "
            "must be +1 and -1 (amp/discriminator.py)",
        )
    return Check(AREA, "pay of a sure fake, a sure real", "0, 1", f"{fake:.2f}, {real:.2f}", findings)


def check_bounds() -> Check:
    """Whatever the discriminator answers, the pay lies in [0, 1]: a negative one would make an early end worthwhile."""
    pay = np.asarray(disc.style_reward(jnp.asarray(np.concatenate([_TOO_FAR, np.linspace(-3, 3, 601)]), jnp.float32)))
    findings = []
    if not pay.min() >= 0:
        findings.append(
            f"the style reward falls to {pay.min():.3g}: every step of bad style costs, so that dying is worthwhile; "
            "keep it at 0 or above"
        )
    if not pay.max() <= 1:
        findings.append(
            f"the style reward rises to {pay.max():.3g}: a discriminator that errs far out outweighs the task; "
            "keep it at 1 or below"
        )
    return Check(AREA, "bounds of the pay", "[0, 1]", f"[{pay.min():.3g}, {pay.max():.3g}]", tuple(findings))


def check_learned(discriminator: ThrowAway) -> Check:
    """A discriminator that has learned two sets which differ plainly pays one and not the other."""
    generator = np.random.default_rng(0)
    real, fake = (generator.standard_normal((2048, discriminator.size)) + shift for shift in (1.0, -1.0))
    judge = discriminator.train(real, fake)
    paid = [discriminator.style(judge, side) for side in (fake, real)]
    findings = ()
    if paid[0] > FAKE_PAY or paid[1] < REAL_PAY:
        findings = (
            f"trained on motion that is plainly false, the discriminator still pays {paid[0]:.2f} for it, and "
            f"{paid[1]:.2f} for demonstrations: targets, loss and style reward do not belong together (targets 0 and 1 "
            "with the reward of -1 and +1 pay 0.75 to a fake); keep all three on one screen, amp/discriminator.py",
        )
    wanted = f"fakes ≤ {FAKE_PAY}, reals ≥ {REAL_PAY}"
    return Check(AREA, "pay after learning what differs", wanted, f"{paid[0]:.2f}, {paid[1]:.2f}", findings)


def check_normalizer(config: AmpConfig) -> Check:
    """Demonstrations and policy move the normalizer alike.

    With demonstrations at 0 and a policy at 1, its mean is the policy's share of what it was fed: of `_ROWS` from the
    start, and a batch of each side an update.
    """
    small = config.model_copy(update={"batch_size": 2 * _ROWS, "num_updates": 2, "discriminator_layers": (8,)})
    prior = MotionPrior(small, ReferenceBuffer(jnp.zeros((1, _ROWS, _COLUMNS)), jnp.zeros((1, 3))))
    state = prior.init(jax.random.key(0))
    start = float(np.abs(np.asarray(state.normalizer.mean)).max())
    policy, command = jnp.ones((_ROWS, _COLUMNS)), jnp.zeros((_ROWS, 3))
    state, _ = jax.jit(prior.update)(state, policy, command, jax.random.key(1))
    share, fed = float(np.asarray(state.normalizer.mean).mean()), 4 * _ROWS
    due, only_policy = fed / (_ROWS + 2 * fed), fed / (_ROWS + fed)
    findings = ()
    if abs(share - due) > 0.05 or start > 1e-6:
        side = "only the demonstrations" if share < due / 2 else "only the policy's steps"
        what = side if min(abs(share), abs(share - only_policy)) < 0.05 else "one side more than the other"
        findings = (
            f"the discriminator's normalizer is fed {what} (the policy's share is {share:.2f}, alike would be "
            f"{due:.2f}): the other side is known by its scale; feed it demonstrations and policy in equal numbers "
            "(MotionPrior.update)",
        )
    return Check(AREA, "policy's share in the normalizer", f"{due:.2f}", f"{share:.2f}", findings)


class _Mark(NamedTuple):
    """What the tell-tale prior carries: its pay."""

    pay: jax.Array


class TellTale:
    """A motion prior that pays differently once it has been updated."""

    def init(self, key: jax.Array) -> _Mark:
        return _Mark(jnp.float32(_BEFORE))

    def style(self, state: _Mark, transitions: jax.Array) -> jax.Array:
        return jnp.full(transitions.shape[:-1], state.pay)

    def update(
        self, state: _Mark, transitions: jax.Array, command: jax.Array, key: jax.Array
    ) -> tuple[_Mark, dict[str, jax.Array]]:
        return _Mark(jnp.float32(_AFTER)), {}


class Iteration(NamedTuple):
    """What one iteration with the tell-tale prior shows."""

    style: float
    weight: float  # what a style of 1 pays a step, once episodes are long


def iterate_once(config: Config) -> Iteration:
    """One iteration of the trainer with few robots and small networks."""
    small = {"num_envs": 2, "rollout_steps": 2, "num_minibatches": 1, "num_epochs": 1, "symmetric": False}
    small |= {"actor_layers": [4], "critic_layers": [4]}
    tiny = changed(config, {f"trainer.{key}": value for key, value in small.items()})
    tell_tale: Any = TellTale()
    trainer = Trainer(tiny, prior=tell_tale)
    state = trainer.init()
    long = jnp.full_like(state.statistics.mean_length, 2 * config.amp.ramp_episode_length)
    state = state._replace(statistics=state.statistics._replace(mean_length=long))
    metrics = trainer.iterate(state).metrics
    style = float(metrics["amp/style_reward"])
    return Iteration(style, float(metrics["amp/paid"]) / style if style else 0.0)


def check_order(seen: Iteration) -> Check:
    """Style is scored by the discriminator as it was while the robots moved."""
    findings = ()
    if abs(seen.style - _BEFORE) > 1e-3:
        when = (
            "after the discriminator's update" if abs(seen.style - _AFTER) < 1e-3 else "by another state of the prior"
        )
        findings = (
            f"style is scored {when}: the policy is paid by a judge that has already learned its last rollout, and the "
            "reward chases its own tail; score first, update afterwards (Trainer._iterate)",
        )
    measured = "before" if not findings else "not before"
    return Check(AREA, "style is scored before the update", "before", measured, findings)
