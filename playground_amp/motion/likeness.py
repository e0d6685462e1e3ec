"""How alike a policy's walks are to the demonstrations, by measures that training has no part in."""

import dataclasses
from collections.abc import Sequence
from typing import NamedTuple

import jax.numpy as jnp
import numpy as np

from playground_amp.amp.features import frame_names, make_state_frames
from playground_amp.amp.fresh_judge import LEAST_CLIPS, NOISE, WINDOW, FreshJudge, Verdict
from playground_amp.amp.sliced_distance import sliced_distance
from playground_amp.amp.style_distance import style_distance
from playground_amp.motion.clip import Clip
from playground_amp.robot.record import Robot

JUDGED = tuple(f"{what}{how}" for how in ("", f", noise {NOISE:g}") for what in ("steps", f"{WINDOW:g} s"))


class Likeness(NamedTuple):
    """0 is alike in the distances, 0.5 in the judge's accuracies. None: the motion is too short to tell."""

    distance: float  # each joint's positions and velocities alone: right marginals in the wrong order count as alike
    coordination: float | None  # all joints together over time
    judge: Verdict | None

    @property
    def rows(self) -> list[tuple[str, str]]:
        """What was measured and the figure, as texts."""
        found = [("distance, each joint alone", f"{self.distance:.3f}")]
        if self.coordination is not None:
            found.append(("distance, all joints over 0.1 to 0.3 s", f"{self.coordination:.3f}"))
        if self.judge is not None:
            found += [(f"fresh judge, {name}", str(value)) for name, value in zip(JUDGED, self.judge, strict=True)]
        return found


def likeness(robot: Robot, walks: Sequence[Clip], demonstrations: Sequence[Clip], seed: int = 0) -> Likeness:
    """Of walks against demonstrations, both at one rate; best of walks at the demonstrations' commands, in their order.

    `seed`: of what is drawn, and of the judge. Compiles the judge: seconds.
    """
    walked, shown = ([_joints(clip) for clip in clips] for clips in (walks, demonstrations))
    rate = demonstrations[0].rate
    judge = FreshJudge(len(frame_names(robot)), rate)
    seen, judged = ([_frames(robot, clip) for clip in clips] for clips in (demonstrations, walks))
    return Likeness(
        distance=float(style_distance(np.vstack(walked), np.vstack(shown)).mean()),
        coordination=sliced_distance(walked, shown, rate, seed),
        judge=judge.verdict(seen, judged, seed),
    )


def own_likeness(robot: Robot, demonstrations: Sequence[Clip], seed: int = 0) -> Likeness | None:
    """Of every other demonstration against those between: what these measures say of the same motion.

    Of few, which go at speeds of their own, the first half of each against its second. None of a single clip: there is
    nothing to compare with.
    """
    if len(demonstrations) < 2:
        return None
    one, other = demonstrations[::2], demonstrations[1::2]
    if len(demonstrations) < LEAST_CLIPS:
        one, other = ([_half(clip, part) for clip in demonstrations] for part in (0, 1))
    return likeness(robot, one, other, seed)


def _half(clip: Clip, part: int) -> Clip:
    """The first (0) or the second (1) half of a clip's states."""
    qpos, qvel = (np.array_split(states, 2)[part] for states in (clip.qpos, clip.qvel))
    return dataclasses.replace(clip, qpos=qpos, qvel=qvel)


def _joints(clip: Clip) -> np.ndarray:
    """Joint positions and velocities [T, 2 J]."""
    return np.hstack([clip.joint_position, clip.joint_velocity])


def _frames(robot: Robot, clip: Clip) -> np.ndarray:
    """What the discriminator sees of each moment, [T, F]."""
    states = (jnp.asarray(part, jnp.float32) for part in (clip.qpos, clip.qvel))
    return np.asarray(make_state_frames(robot)(*states))
