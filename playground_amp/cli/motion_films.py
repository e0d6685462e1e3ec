"""Motion to look at: `motion.py show` draws a clip; `film` puts a person, the clip and the robot side by side."""

import argparse
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from playground_amp.cli.parser import add_robot_flag
from playground_amp.cli.recorded_person import add_person_flags, read_person
from playground_amp.cli.subcommands import subcommand_parser
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.telling import tell

if TYPE_CHECKING:
    import jax

    from playground_amp.envs.state import EnvState
    from playground_amp.envs.wildrobot_env import WildRobotEnv
    from playground_amp.motion.clip import Clip
    from playground_amp.robot.record import Robot
    from playground_amp.runs.checkpoint import SavedPolicy

WIDTH, HEIGHT = 480, 480  # pixels a panel
SECONDS = 10.0  # at most
_SETTLED = 2.0  # s after which the robot walks as it is asked


def show(argv: Sequence[str]) -> int:
    """Draw a clip: a picture (.png) of feet and joints over a cycle, and a video (.mp4)."""
    parser = subcommand_parser("show", show)
    add_robot_flag(parser)
    parser.add_argument("clip", type=Path, metavar="CLIP.npz", help="clip to show")
    parser.add_argument("--output", type=Path, metavar="DIR", help="folder (default: that of the clip)")
    parser.add_argument("--no-video", action="store_true", help="only the picture")
    arguments = parser.parse_args(argv)

    from playground_amp.cli.progress import progress
    from playground_amp.motion.clip import load_clip
    from playground_amp.motion.film import save_film
    from playground_amp.motion.picture import PICTURE, save_picture
    from playground_amp.outputs import require_output
    from playground_amp.rendering.video import VIDEO
    from playground_amp.robot.robot import load_robot

    robot = load_robot(arguments.robot or DEFAULT_ROBOT)
    clip = load_clip(arguments.clip, robot)
    beside = (arguments.output or arguments.clip.parent) / arguments.clip.stem
    picture, film = beside.with_name(f"{beside.name}.png"), beside.with_name(f"{beside.name}.mp4")
    require_output(picture, PICTURE, arguments.clip)
    if not arguments.no_video:
        require_output(film, VIDEO, arguments.clip)
    save_picture(robot, clip, picture)
    tell(str(picture))
    if not arguments.no_video:
        with progress("filming", first="starting to draw") as show_progress:
            save_film(robot, clip, film, show_progress)
        tell(str(film))
    return 0


def film(argv: Sequence[str]) -> int:
    """Film a person, the clip that was made of the recording, and a policy at its speed, side by side."""
    parser = subcommand_parser("film", film)
    add_robot_flag(parser)
    add_person_flags(parser, "clip of it; of a folder the middle one by speed")
    parser.add_argument("--output", type=Path, default=Path("side_by_side.mp4"), metavar="FILE.mp4", help="the film")
    arguments = parser.parse_args(argv)

    from playground_amp.cli.progress import progress
    from playground_amp.outputs import require_output
    from playground_amp.rendering.film import pictures_of, write_side_by_side
    from playground_amp.rendering.frames import render_frames, require_rendering
    from playground_amp.rendering.stick_person import render_person
    from playground_amp.rendering.video import VIDEO
    from playground_amp.runs.checkpoint import find_checkpoint, read_policy

    require_output(arguments.output, VIDEO, arguments.file)
    require_rendering()
    saved = read_policy(find_checkpoint(arguments.policy), arguments.robot)
    clip = _middle_clip(arguments.clip, saved.robot)
    points, parents, rate = _person(arguments)
    shown, fps = pictures_of(1 / clip.rate)
    with progress("filming") as told:
        person = points[np.arange(0, len(points), rate / fps).astype(int)]
        robots = [_clip_states(clip)[::shown], _policy_states(saved, clip)[::shown]]
        panels = (
            render_person(person, parents, width=WIDTH, height=HEIGHT),
            *(render_frames(saved.robot, states, width=WIDTH, height=HEIGHT) for states in robots),
        )
        write_side_by_side(panels, min(map(len, (person, *robots))), fps, arguments.output, told)
    tell(f"{arguments.output}: the person, the clip at {clip.command[0]:.2f} m/s, the policy")
    return 0


def _middle_clip(path: Path, robot: "Robot") -> "Clip":
    """The clip of a file, or of a folder the one of the middle speed."""
    from playground_amp.motion.clip import load_clips

    clips = load_clips(path, robot)
    straight = [clip for clip in clips if not np.any(np.abs(clip.command[1:]) > 1e-6)]
    by_speed = sorted(straight or clips, key=lambda clip: clip.command[0])
    return by_speed[len(by_speed) // 2]


def _person(arguments: argparse.Namespace) -> tuple[np.ndarray, tuple[int, ...], float]:
    """Joints [T, J, 3] m, z up, walking along x over a floor at 0; their parents; frames a second."""
    from scipy.spatial.transform import Rotation

    from playground_amp.robot.record import SIDES

    motion, joints, walker = read_person(arguments)
    legs = np.concatenate([walker.hip, walker.ankle], axis=1).reshape(-1, 3)
    roles = [f"{side}_{part}" for part in ("hip", "ankle") for side in SIDES]
    places = motion.position * (1, 1, -1) if walker.mirrored else motion.position
    given = places[:, [joints[role] for role in roles]].reshape(-1, 3)
    # The walker's legs are the file's, turned upright, in meters: that tells how to bring the other joints there.
    middle, origin = legs.mean(axis=0), given.mean(axis=0)
    turn = Rotation.align_vectors(legs - middle, given - origin)[0]
    meter = np.linalg.norm(legs - middle) / np.linalg.norm(given - origin)
    ahead = Rotation.from_euler("z", -walker.heading[0])
    points = ahead.apply(turn.apply((places - origin).reshape(-1, 3)) * meter + middle)
    points[:, 2] -= np.percentile(points[:, 2], 1)
    rate = 1 / float(np.median(np.diff(motion.time)))
    return _again_and_again(points.reshape(places.shape), round(SECONDS * rate)), motion.parents, rate


def _again_and_again(points: np.ndarray, frames: int) -> np.ndarray:
    """Joints [T, J, 3] m in so many frames: a recording of one cycle goes on where it ended."""
    way = (points[-1] - points[0]).mean(axis=0) * (1, 1, 0)
    rounds = -(-frames // len(points))
    return np.concatenate([points + number * way for number in range(rounds)])[:frames]


def _clip_states(clip: "Clip") -> np.ndarray:
    from playground_amp.motion.film import repeated

    states = repeated(clip, SECONDS) if clip.periodic else clip.qpos
    return states[: round(SECONDS * clip.rate)]


def _policy_states(saved: "SavedPolicy", clip: "Clip") -> np.ndarray:
    """States [T, 7 + J] of the policy at the clip's speed, once it walks."""
    import jax
    import jax.numpy as jnp

    from playground_amp.envs.commands import hold
    from playground_amp.envs.wildrobot_env import WildRobotEnv
    from playground_amp.policies.saved_policy import controller_of
    from playground_amp.rollouts.rollout import UntilFall, roll_out

    env = WildRobotEnv(saved.config)
    command = hold(float(clip.command[0]), float(clip.command[1]), float(clip.command[2]), heading=None)
    if not clip.command[2]:
        command = hold(float(clip.command[0]), float(clip.command[1]), heading=0.0)
    start = jax.jit(jax.vmap(lambda key: env.reset_at_rest(key, command)))(jnp.stack([jax.random.key(0)]))
    settled = round(_SETTLED / saved.config.env.control_dt)
    steps = settled + round(SECONDS / saved.config.env.control_dt)
    states = roll_out(UntilFall(env), controller_of(saved), start, steps, _qpos)
    return np.asarray(states)[settled:, 0]


def _qpos(env: "WildRobotEnv", before: "EnvState", reached: "EnvState") -> "jax.Array":
    return reached.physics.qpos
