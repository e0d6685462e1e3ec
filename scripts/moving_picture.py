"""Writes docs/images/walk.webp, the bundled policy walking, pushed and turning: `make pictures`."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from playground_amp.cockpit.simulation import Simulation, Wishes, play_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.files import write_atomically
from playground_amp.policies.opening import open_policy
from playground_amp.rendering.frames import render_frames
from playground_amp.robot.record import Robot

ROOT = Path(__file__).resolve().parents[1]
POLICY = ROOT / "policies" / "walk"
PICTURE = ROOT / "docs" / "images" / "walk.webp"
SIZE = 360  # pixels, width and height
DRAWN = 720  # pixels, likewise: more than are shown, so that edges are smooth
MARGIN = 50  # of those, cut off on every side: the robot fills the picture
STEPS_A_FRAME = 3
QUALITY = 42
ORANGE, WHITE, SHADE = (244, 146, 76), (255, 255, 255), (40, 48, 56)


class Act(NamedTuple):
    """A part of the film."""

    seconds: float
    caption: str
    command: tuple[float, float, float]  # forward, to the left m/s, yaw rate rad/s
    push: float = 0.0  # N towards the left for 0.2 s, as it begins


ACTS = (
    Act(0.6, "stand", (0.0, 0.0, 0.0)),
    Act(2.6, "walk at 0.5 m/s", (0.5, 0.0, 0.0)),
    Act(1.8, "a push of 8 N", (0.5, 0.0, 0.0), push=8.0),
    Act(2.4, "turn", (0.3, 0.0, -0.7)),
)


class Shot(NamedTuple):
    """What one frame shows."""

    qpos: np.ndarray  # [7 + J]
    caption: str
    pushed: bool


def main() -> None:
    source = open_policy(POLICY)
    env = WildRobotEnv(play_config(source.config))
    shots = list(_play(env, Simulation(env, source.controller(env), _wishes(env, ACTS[0]))))
    shots = shots[::STEPS_A_FRAME]
    frames = [_frame(*each) for each in zip(_pictures(env.engine.robot, shots), shots, strict=True)]
    content = io.BytesIO()
    frame_ms = round(1000 * env.config.env.control_dt * STEPS_A_FRAME)
    frames[0].save(
        content, "WEBP", save_all=True, append_images=frames[1:], duration=frame_ms, loop=0, quality=QUALITY, method=6
    )
    write_atomically(PICTURE, content.getvalue())
    print(f"{PICTURE}: {len(frames)} frames, {len(content.getvalue()) / 1000:.0f} kB")


def _wishes(env: WildRobotEnv, act: Act) -> Wishes:
    return Wishes(*act.command, floor_friction=env.engine.robot.floor_friction)


def _play(env: WildRobotEnv, simulation: Simulation) -> Iterator[Shot]:
    """Every control step of the acts, from rest."""
    for act in ACTS:
        if act.push:
            simulation.push(np.pi / 2, act.push, 0.2)
        for _ in range(round(act.seconds / simulation.control_dt)):
            yield Shot(simulation.moment.qpos, act.caption, simulation.push_w is not None)
            simulation.step(_wishes(env, act))
    if simulation.moment.fallen:
        raise SystemExit("error: the robot fell: the picture stays as it was")


def _pictures(robot: Robot, shots: list[Shot]) -> Iterator[Image.Image]:
    middle = (MARGIN, MARGIN, DRAWN - MARGIN, DRAWN - MARGIN)
    for pixels in render_frames(robot, np.array([shot.qpos for shot in shots]), width=DRAWN, height=DRAWN):
        yield Image.fromarray(pixels).resize((SIZE, SIZE), Image.Resampling.LANCZOS, middle)


def _frame(picture: Image.Image, shot: Shot) -> Image.Image:
    """The picture with its caption, orange while the push lasts."""
    font = ImageFont.load_default(18)
    place = (SIZE / 2, SIZE - 20)
    color = ORANGE if shot.pushed else WHITE
    ImageDraw.Draw(picture).text(place, shot.caption, color, font, anchor="mm", stroke_width=1, stroke_fill=SHADE)
    return picture


if __name__ == "__main__":
    main()
