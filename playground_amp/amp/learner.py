"""The motion prior beside PPO: scores what was rolled out, then learns from it. Everything it carries is `PriorState`.

Style is scored by the discriminator as it was during the rollout: `style` first, `update` after PPO's update.
"""

from functools import partial
from typing import NamedTuple

import jax
import jax.numpy as jnp
import optax

from playground_amp.amp import discriminator as disc
from playground_amp.amp.ref_buffer import ReferenceBuffer, with_command
from playground_amp.brax_api.learning import running_statistics
from playground_amp.configs.amp import AmpConfig
from playground_amp.untyped import Params

_FEATURE_BOUND = 10.0  # standard deviations; a robot that flies apart must not set the scale
_ADAM_B1 = 0.5  # little momentum: the opponent moves (Radford et al. 2016)


class ReplayBuffer(NamedTuple):
    """Transitions of earlier rollouts, a ring."""

    transitions: jax.Array  # [R, n]
    command: jax.Array  # [R, 3]
    filled: jax.Array  # [] int32 transitions put in so far


class PriorState(NamedTuple):
    """All that the prior carries from iteration to iteration."""

    params: Params
    optimizer: optax.OptState
    normalizer: running_statistics.RunningStatisticsState
    replay: ReplayBuffer
    noise: jax.Array  # [] standard deviations added to the discriminator's input
    accuracy: jax.Array  # [] running


class MotionPrior:
    """Discriminator, replay buffer and balance for one configuration and one set of demonstrations."""

    def __init__(self, config: AmpConfig, reference: ReferenceBuffer):
        self.config = config
        self.reference = reference
        self._size = reference.seen_size
        self._init_params, self._discriminator = disc.make_discriminator(config.discriminator_layers, self._size)
        self._optimizer = optax.adamw(config.discriminator_lr, b1=_ADAM_B1, weight_decay=config.weight_decay)

    def init(self, key: jax.Array) -> PriorState:
        """Before the first iteration: a normalizer that has seen the demonstrations, an empty replay buffer."""
        params = self._init_params(key)
        start = running_statistics.init_state(jax.ShapeDtypeStruct((self._size,), jnp.float32))
        size, columns = self.config.replay_size, self.reference.transitions.shape[-1]
        return PriorState(
            params=params,
            optimizer=self._optimizer.init(params),
            normalizer=running_statistics.update(start, self.reference.all()),
            replay=ReplayBuffer(jnp.zeros((size, columns)), jnp.zeros((size, 3)), jnp.int32(0)),
            noise=jnp.float32(self.config.input_noise[0]),
            accuracy=jnp.float32(0.5),
        )

    def style(self, state: PriorState, transitions: jax.Array, command: jax.Array) -> jax.Array:
        """The style reward [...] in [0, 1] of transitions [..., n] of robots that were told commands [..., 3]."""
        seen = self._normalize(state, with_command(transitions, command))
        return disc.style_reward(self._discriminator(state.params, seen))

    def update(
        self, state: PriorState, transitions: jax.Array, command: jax.Array, key: jax.Array
    ) -> tuple[PriorState, dict[str, jax.Array]]:
        """Learns from a rollout: transitions [B, n] and the velocities asked for [B, 3].

        Half of the policy's side is of this rollout, half of earlier ones; demonstrations are drawn at the same
        commands, and shown with them. Metrics are scalars by name.
        """
        update_key, replay_key = jax.random.split(key)
        (state, history) = jax.lax.scan(
            partial(self._one_update, transitions=transitions, command=command),
            state,
            jax.random.split(update_key, self.config.num_updates),
        )
        state = state._replace(replay=self._remember(state.replay, transitions, command, replay_key))
        state = self._balance(state)
        return state, {name: jnp.mean(values) for name, values in history.items()} | {"amp/noise": state.noise}

    def _one_update(
        self, state: PriorState, key: jax.Array, transitions: jax.Array, command: jax.Array
    ) -> tuple[PriorState, dict[str, jax.Array]]:
        policy_key, replay_key, reference_key, real_noise_key, fake_noise_key = jax.random.split(key, 5)
        half = self.config.batch_size // 2
        now = jax.random.randint(policy_key, (half,), 0, len(transitions))
        size = len(state.replay.transitions)
        then = jax.random.randint(replay_key, (half,), 0, jnp.clip(state.replay.filled, 1, size))
        empty = state.replay.filled == 0
        fake = jnp.concatenate([transitions[now], jnp.where(empty, transitions[now], state.replay.transitions[then])])
        asked = jnp.concatenate([command[now], jnp.where(empty, command[now], state.replay.command[then])])
        real, fake = (with_command(side, asked) for side in (self.reference.draw(reference_key, asked), fake))
        # Both sides feed the normalizer alike, so that neither is known by its scale.
        state = state._replace(normalizer=running_statistics.update(state.normalizer, jnp.concatenate([real, fake])))
        real, fake = self._normalize(state, real), self._normalize(state, fake)
        answers = self._discriminator(state.params, real), self._discriminator(state.params, fake)
        shaken = [
            x + state.noise * jax.random.normal(noise_key, x.shape)
            for x, noise_key in ((real, real_noise_key), (fake, fake_noise_key))
        ]

        def loss(params: Params) -> tuple[jax.Array, disc.Losses]:
            parts = disc.losses(self._discriminator, params, *shaken)
            return parts.classification + self.config.gradient_penalty * parts.penalty, parts

        gradient, parts = jax.grad(loss, has_aux=True)(state.params)
        step, optimizer = self._optimizer.update(gradient, state.optimizer, state.params)
        accuracy = disc.accuracy(*answers)
        metrics = {
            "amp/accuracy": accuracy,
            "amp/real_score": jnp.mean(answers[0]),
            "amp/fake_score": jnp.mean(answers[1]),
            "amp/loss": parts.classification,
            "amp/gradient_penalty": parts.penalty,
        }
        smooth = 0.9 * state.accuracy + 0.1 * accuracy
        params = optax.apply_updates(state.params, step)
        return state._replace(params=params, optimizer=optimizer, accuracy=smooth), metrics

    def _balance(self, state: PriorState) -> PriorState:
        """More noise where the discriminator knows too well, less where it guesses (Sonderby et al. 2017)."""
        low, high = self.config.accuracy_band
        factor = jnp.where(state.accuracy > high, 1.02, jnp.where(state.accuracy < low, 1 / 1.02, 1.0))
        return state._replace(noise=jnp.clip(state.noise * factor, *self.config.input_noise))

    def _remember(
        self, replay: ReplayBuffer, transitions: jax.Array, command: jax.Array, key: jax.Array
    ) -> ReplayBuffer:
        """The ring with a draw of this rollout in the place of the oldest."""
        count, size = self.config.replay_intake, self.config.replay_size
        chosen = jax.random.randint(key, (count,), 0, len(transitions))
        place = (replay.filled + jnp.arange(count)) % size
        return ReplayBuffer(
            replay.transitions.at[place].set(transitions[chosen]),
            replay.command.at[place].set(command[chosen]),
            replay.filled + count,
        )

    def _normalize(self, state: PriorState, seen: jax.Array) -> jax.Array:
        normalized = running_statistics.normalize(seen, state.normalizer)
        return jnp.clip(normalized, -_FEATURE_BOUND, _FEATURE_BOUND)
