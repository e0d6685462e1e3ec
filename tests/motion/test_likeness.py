"""How alike walks are to clips: what is compared, and how it is told."""

from functools import cache

import numpy as np
import pytest

from playground_amp.amp import fresh_judge
from playground_amp.amp.fresh_judge import Accuracy, Verdict
from playground_amp.motion import likeness
from playground_amp.motion.clip import Clip, load_clip
from playground_amp.motion.demonstrations import shipped_folder
from playground_amp.robot.robot import load_robot

pytestmark = pytest.mark.usefixtures("optimized")

ROBOT = load_robot("wildrobot")


@cache
def some_clips() -> list[Clip]:
    return [load_clip(path, ROBOT) for path in sorted(shipped_folder(ROBOT).glob("*.npz"))[::12]]


@pytest.fixture
def quick_judge(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in (("_STEPS", 5), ("_LEARNED", 256), ("_ASKED", 256), ("_BATCH", 64)):
        monkeypatch.setattr(fresh_judge, name, value)


@pytest.mark.usefixtures("quick_judge")
def test_demonstrations_are_like_themselves() -> None:
    alike = likeness.likeness(ROBOT, some_clips(), some_clips())
    assert alike.distance == 0
    assert alike.coordination is not None
    assert alike.coordination < 0.05
    assert alike.judge is not None
    for accuracy in alike.judge:
        assert accuracy.share == pytest.approx(0.5, abs=0.1)


def test_one_clip_has_nothing_to_be_like() -> None:
    assert likeness.own_likeness(ROBOT, some_clips()[:1]) is None


@pytest.mark.usefixtures("quick_judge")
def test_few_clips_are_compared_half_with_half() -> None:
    few = some_clips()[-3:]
    own, others = likeness.own_likeness(ROBOT, few), likeness.likeness(ROBOT, few[:1], few[1:])
    assert own is not None
    assert own.coordination is not None
    assert others.coordination is not None
    assert own.coordination < 0.2 * others.coordination


def test_the_judge_sees_what_the_discriminator_does() -> None:
    clip = some_clips()[0]
    frames = likeness._frames(ROBOT, clip)
    assert frames.shape == (len(clip.qpos), 37)
    np.testing.assert_allclose(frames[:, 9:20], clip.joint_position, atol=1e-6)


def test_each_measure_has_its_name_and_its_interval() -> None:
    verdict = Verdict(*(Accuracy(0.1 * place, 0.0, 1.0) for place in (6, 7, 8, 9)))
    rows = dict(likeness.Likeness(0.1234, 0.5, verdict).rows)
    assert rows == {
        "distance, each joint alone": "0.123",
        "distance, all joints over 0.1 to 0.3 s": "0.500",
        "fresh judge, steps": "0.60 (0.00 to 1.00)",
        "fresh judge, 0.2 s": "0.70 (0.00 to 1.00)",
        "fresh judge, steps, noise 0.25": "0.80 (0.00 to 1.00)",
        "fresh judge, 0.2 s, noise 0.25": "0.90 (0.00 to 1.00)",
    }
    assert len(likeness.Likeness(0.1, None, None).rows) == 1
