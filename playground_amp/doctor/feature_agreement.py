"""Do both sides of the discriminator mean the same? Demonstrations, replayed as the policy's steps are described.

The stored states are put into the engine, and what it reads goes through the function that describes the policy's
steps. The result must be what the discriminator is given as demonstrations, number for number.
"""

from collections.abc import Iterator, Sequence
from itertools import groupby, pairwise
from typing import NamedTuple

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.amp import features
from playground_amp.amp.features import feature_names
from playground_amp.amp.ref_buffer import ReferenceBuffer
from playground_amp.configs.schema import Config
from playground_amp.doctor.check import Check
from playground_amp.doctor.quotients import velocity_quotients
from playground_amp.motion.clip import Clip
from playground_amp.physics.registry import make_engine
from playground_amp.robot.robot import load_robot

_TOLERANCE = 1e-3  # of a feature's standard deviation
_ROUNDING = 1e-4  # 1, m/s, rad/s, rad, m
POLICY, DEMONSTRATIONS = "the policy's side", "the demonstrations' side"
AREA = "features"


class Sides(NamedTuple):
    """The same steps as each side describes them [M, 2 F]."""

    policy: np.ndarray
    demonstrations: np.ndarray
    quotients: dict[str, np.ndarray]  # kind: [M, 2 F] velocities from differences of positions, NaN elsewhere
    names: tuple[str, ...]  # [2 F] of the features


def replay(config: Config, clips: Sequence[Clip], buffer: ReferenceBuffer) -> Sides:
    """The steps of all clips through the engine and `features.transition`, beside those of the buffer."""
    robot = load_robot(config.robot)
    engine = make_engine(config.physics, robot, config.env.control_dt)
    states = [_states(clip) for clip in clips]
    qpos, qvel = (np.concatenate([state[part] for state in states]) for part in (0, 1))
    starts = np.cumsum([0, *(len(state[0]) for state in states)])
    before = np.concatenate([np.arange(a, b - 1) for a, b in pairwise(starts)])

    @jax.jit
    def described(qpos: jax.Array, qvel: jax.Array) -> jax.Array:
        parameters = engine.nominal_parameters()
        _, readings = jax.vmap(lambda p, v: engine.reset(p, v, parameters))(qpos, qvel)
        first, second = (jax.tree.map(lambda x, rows=rows: x[rows], readings) for rows in (before, before + 1))
        return jax.vmap(features.transition)(first, second)

    policy = described(jnp.asarray(qpos, jnp.float32), jnp.asarray(qvel, jnp.float32))
    stored = [np.asarray(rows)[: len(state[0]) - 1] for rows, state in zip(buffer.transitions, states, strict=True)]
    quotients = [velocity_quotients(robot, *state, clip.rate) for state, clip in zip(states, clips, strict=True)]
    kinds = {kind: np.concatenate([each[kind] for each in quotients]) for kind in quotients[0]}
    return Sides(np.asarray(policy), np.concatenate(stored), kinds, feature_names(robot))


def check_agreement(sides: Sides) -> Check:
    """Names every feature that the two sides understand differently, and how."""
    scale = _TOLERANCE * np.maximum(_spread(sides.policy), _spread(sides.demonstrations)) + _ROUNDING
    with np.errstate(invalid="ignore"):
        apart = ~(np.abs(sides.policy - sides.demonstrations) <= scale).all(axis=0)
    columns = [int(column) for column in np.flatnonzero(apart)]
    wrong = [(_explain(sides, column, scale[column]), column) for column in columns]
    return Check(
        AREA,
        "demonstrations replayed through the engine",
        "every feature agrees",
        f"{len(sides.names) - len(wrong)} of {len(sides.names)} agree",
        tuple(_findings(wrong, sides.names)),
    )


def _states(clip: Clip) -> tuple[np.ndarray, np.ndarray]:
    """The states of a clip's steps, with the one after the last of a periodic clip."""
    if not clip.periodic:
        return clip.qpos, clip.qvel
    qpos, qvel = clip.following
    return np.vstack([clip.qpos, qpos]), np.vstack([clip.qvel, qvel])


def _explain(sides: Sides, column: int, tolerance: float) -> str:
    """How the sides differ in a feature, in words that do not name the feature."""
    named = ((POLICY, sides.policy), (DEMONSTRATIONS, sides.demonstrations))
    for explain in (_not_finite, _constant, _other_feature, _difference_quotient, _other_moment, _rescaled):
        for (name, ours), (other_name, theirs) in (named, named[::-1]):
            if words := explain(sides, ours, theirs, column, tolerance):
                return words.format(ours=name, theirs=other_name)
    off = np.abs(sides.policy[:, column] - sides.demonstrations[:, column]).max()
    return f"the sides differ by up to {off:.3g}: two functions compute it; compute both sides by features.frame"


def _not_finite(sides: Sides, ours: np.ndarray, theirs: np.ndarray, column: int, tolerance: float) -> str:
    count = int(np.sum(~np.isfinite(ours[:, column])))
    if not count:
        return ""
    return f"not finite in {count} of {len(ours)} steps on {{ours}}: find the division or the damaged clip"


def _constant(sides: Sides, ours: np.ndarray, theirs: np.ndarray, column: int, tolerance: float) -> str:
    if np.ptp(ours[:, column]) > tolerance or np.ptp(theirs[:, column]) <= 2 * tolerance:
        return ""
    value = ours[0, column]
    what = "zero" if abs(value) <= tolerance else f"constant ({value:.3g})"
    return (
        f"{what} on {{ours}} while it varies on {{theirs}}: that alone tells the two apart, and the style reward "
        "becomes constant; fill it in by the same function on both sides, or leave it out on both"
    )


def _other_feature(sides: Sides, ours: np.ndarray, theirs: np.ndarray, column: int, tolerance: float) -> str:
    size = len(sides.names) // 2
    moment = column // size * size
    same_moment = slice(moment, moment + size)
    same = np.all(np.abs(ours[:, column, None] - theirs[:, same_moment]) <= tolerance, axis=0)
    same[column - moment] = False
    if not same.any():
        return ""
    other = _frame_name(int(np.argmax(same)), sides.names)
    return (
        f"holds {other} of {{theirs}} on {{ours}}: features or joints are swapped, so that a perfect imitation looks "
        "false; take joints by name, in the order of the robot's, on both sides"
    )


def _difference_quotient(sides: Sides, ours: np.ndarray, theirs: np.ndarray, column: int, tolerance: float) -> str:
    for kind, quotient in sides.quotients.items():
        known = np.isfinite(quotient[:, column])
        if known.any() and (np.abs(ours - quotient)[known, column] <= tolerance).all():
            return (
                f"a finite difference of positions ({kind}) on {{ours}}, the true velocity on {{theirs}}: they differ "
                "by what happens within a step, which a discriminator sees; take the engine's velocity (qvel) on both"
            )
    return ""


def _other_moment(sides: Sides, ours: np.ndarray, theirs: np.ndarray, column: int, tolerance: float) -> str:
    other = (column + len(sides.names) // 2) % len(sides.names)
    if (np.abs(ours[:, column] - theirs[:, other]) > tolerance).any():
        return ""
    return "is of the other end of the step on {ours}: the two moments of a transition are confused"


def _rescaled(sides: Sides, ours: np.ndarray, theirs: np.ndarray, column: int, tolerance: float) -> str:
    x, y = theirs[:, column].astype(float), ours[:, column].astype(float)
    if not (np.isfinite(x).all() and np.isfinite(y).all() and np.ptp(x) > tolerance):
        return ""
    factor, offset = np.polyfit(x, y, 1)
    if factor == 0 or np.abs(factor * x + offset - y).max() > tolerance * max(1.0, abs(factor)):
        return ""
    shift = f" {offset:+.3g}" if abs(offset) > tolerance else ""
    what = "its sign is reversed" if abs(factor + 1) < _TOLERANCE and not shift else "it is scaled or normalized"
    return (
        f"on {{ours}} {factor:.3g} times{shift} what it is on {{theirs}}: {what} on one side only; "
        "give both sides the plain feature, the discriminator's normalizer scales both alike"
    )


def _findings(wrong: list[tuple[str, int]], names: Sequence[str]) -> Iterator[str]:
    """A line for each kind of fault; features that have it in common stand together."""
    for words, group in groupby(sorted(wrong), key=lambda each: each[0]):
        yield f"{in_words([column for _, column in group], names)}: {words}"


def in_words(columns: Sequence[int], names: Sequence[str]) -> str:
    """Features of those `names`, without saying twice what holds for both moments of a step, or for all of a part."""
    size = len(names) // 2
    moments = [{column % size for column in columns if column // size == moment} for moment in (0, 1)]
    parts = [_frame_name(row, names).split("/")[0] for row in range(size)]
    words: list[str] = []
    for chosen, suffix in (
        (moments[0] & moments[1], ""),
        (moments[0] - moments[1], " (before the step)"),
        (moments[1] - moments[0], " (after the step)"),
    ):
        for part, group in groupby(sorted(chosen), key=parts.__getitem__):
            rows = list(group)
            whole = len(rows) == parts.count(part) and len(rows) > 1
            words += [part + suffix] if whole else [_frame_name(row, names) + suffix for row in rows]
    return ", ".join(words)


def _frame_name(row: int, names: Sequence[str]) -> str:
    return names[row].partition("/")[2]


def _spread(transitions: np.ndarray) -> np.ndarray:
    """Standard deviation of each feature; 0 where it is not finite."""
    with np.errstate(invalid="ignore"):
        spread = np.std(transitions, axis=0)
    return np.where(np.isfinite(spread), spread, 0.0)
