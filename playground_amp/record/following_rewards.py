"""What following a clip pays besides the terms of any task. Rules as in envs/rewards.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import cast

import jax
import jax.numpy as jnp

from playground_amp.envs.payment import TERMS, Term
from playground_amp.envs.rewards import RewardInputs
from playground_amp.record.track import Due
from playground_amp.rotations import to_heading_frame

_NEAR = 0.05  # m, of WildRobot: with both soles off by this together half is paid


@dataclass(frozen=True, eq=False)
class FollowingInputs(RewardInputs):
    """What a term may look at in the task of following."""

    now: Due = field(kw_only=True)  # where the robot should be after the step
    joint_spread: jax.Array = field(kw_only=True)  # [] rad²

    @property
    def reference_offset(self) -> jax.Array:
        """[J] joint position - that of the clip, rad."""
        return self.readings.joint_position - self.now.joint_position

    @property
    def reference_spread(self) -> jax.Array:
        return self.joint_spread

    @cached_property
    def feet_offset(self) -> jax.Array:
        """[2, 3] soles as seen from the base, in its heading frame, - those of the clip, m."""
        r = self.readings
        feet = to_heading_frame(r.foot_position_w - r.base_position_w, jnp.broadcast_to(r.heading, (2,)))
        return feet - self.now.feet_h


def reference_feet(s: FollowingInputs) -> jax.Array:
    """How near the soles are to the clip's, as seen from the base: 1 at them, half at 50 mm."""
    return 1.0 / (1.0 + jnp.sum(s.feet_offset**2) / (_NEAR * s.scale.length) ** 2)


def reference_contact(s: FollowingInputs) -> jax.Array:
    """Share of feet that carry where the clip's do, and do not where they do not."""
    return jnp.mean(s.touching == s.now.contact)


def reference_tilt(s: FollowingInputs) -> jax.Array:
    """1 − cosine of the angle between the base's up and the clip's."""
    return 1.0 - jnp.dot(s.readings.gravity_b, s.now.gravity_b)


def reference_height(s: FollowingInputs) -> jax.Array:
    """Squared distance of the base's height from the clip's, m²."""
    return (s.readings.base_height - s.now.height) ** 2 / s.scale.height**2


_OWN = (reference_feet, reference_contact, reference_tilt, reference_height)
FOLLOWING_TERMS: Mapping[str, Term] = TERMS | {term.__name__: cast(Term, term) for term in _OWN}
"""All that following a clip may pay for: what any task may, and the terms of this file."""
