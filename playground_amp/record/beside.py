"""A policy beside the demonstrations: its walks at their commands, and how alike they are."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.configs.schema import Config
from playground_amp.motion.clip import Clip
from playground_amp.motion.likeness import Likeness, likeness
from playground_amp.record.recorder import Take, record_takes
from playground_amp.robot.record import Robot
from playground_amp.untyped import Params

_SEED = 1


class Beside(NamedTuple):
    """The clips whose commands the policy walked at without a fall, and those walks, in the same order."""

    clips: list[Clip]
    takes: list[Take]
    falls: int  # the other clips

    def likeness(self, robot: Robot) -> Likeness | None:
        """None if it fell at every command."""
        return likeness(robot, [take.clip for take in self.takes], self.clips) if self.takes else None


def walk_beside(config: Config, params: Params, clips: Sequence[Clip]) -> Beside:
    """The deterministic policy, from rest on the nominal floor, asked for the command of each clip."""
    commands = np.array([clip.command for clip in clips], np.float32)
    walked = [
        (clip, take)
        for clip, take in zip(clips, record_takes(config, params, commands, _SEED), strict=True)
        if not take.figures.fell
    ]
    return Beside([clip for clip, _ in walked], [take for _, take in walked], len(clips) - len(walked))
