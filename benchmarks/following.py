"""Persons' walks, imported at several speeds and followed in the engine by one policy: is it near enough, and cheap?

    python benchmarks/following.py FILE ... [--speeds M/S ...] [--iterations N] [--seed N] [--robot NAME|PATH]

Each FILE is motion capture as `motion.py import` takes it. Prints how each clip was followed and the throughput of
learning beside that of plain PPO, and ends with exit status 1 where a bar is missed: mean joint error 0.04 rad, speed
within 3 %, no fall in 60 s, RMS torque 1.3 N·m (of WildRobot), 0.8 of PPO's throughput.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from playground_amp.cli import motion
from playground_amp.cli.parser import keep_compiled_programs

keep_compiled_programs()

from playground_amp.configs.loader import load_config  # noqa: E402  (JAX comes after its cache)
from playground_amp.configs.schema import Config  # noqa: E402
from playground_amp.envs.wildrobot_env import WildRobotEnv  # noqa: E402
from playground_amp.learning.iteration import Trainer  # noqa: E402
from playground_amp.motion.clip import Clip, load_clips  # noqa: E402
from playground_amp.paths import DEFAULT_ROBOT, STANDARD  # noqa: E402
from playground_amp.record.followed import FollowedClip, follow  # noqa: E402
from playground_amp.record.follower import follower_config, train_follower  # noqa: E402
from playground_amp.record.following import FollowingEnv  # noqa: E402
from playground_amp.record.table import print_followed  # noqa: E402
from playground_amp.record.track import Track, make_track  # noqa: E402
from playground_amp.robot.robot import load_robot  # noqa: E402
from playground_amp.robot.scale import scale_of  # noqa: E402
from playground_amp.runs.tracking.console import make_console  # noqa: E402

MOST_ERROR, MOST_OFF, MOST_TORQUE, LEAST_PACE = 0.04, 0.03, 1.3, 0.8
TIMED_ITERATIONS = 10


def main() -> int:
    """Runs the measurement and returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("files", type=Path, nargs="+", metavar="FILE")
    parser.add_argument("--speeds", type=float, nargs="+", default=[0.3, 0.4, 0.5, 0.6], metavar="M/S")
    parser.add_argument("--iterations", type=int, default=600, metavar="N")
    parser.add_argument("--seed", type=int, default=0, metavar="N")
    parser.add_argument("--robot", default=DEFAULT_ROBOT, metavar="NAME|PATH")
    arguments = parser.parse_args()
    robot = load_robot(arguments.robot)
    settings = [f"trainer.num_iterations={arguments.iterations}", f"trainer.seed={arguments.seed}"]
    config = load_config(STANDARD, ["trainer.num_envs=512", *settings], flags={"robot": arguments.robot})
    failed = []
    for file in arguments.files:
        clips = imported(file, arguments.speeds, arguments.robot)
        track = make_track(robot, clips, config.env.control_dt)
        begun = time.perf_counter()
        with make_console(arguments.iterations) as console:
            params = train_follower(follower_config(config), track, console)
        learned = time.perf_counter() - begun
        followed = follow(follower_config(config), params, track, clips, arguments.seed)
        print(f"{file.name}: learned in {learned:.0f} s, judged in {time.perf_counter() - begun - learned:.0f} s")
        print_followed(robot, followed)
        failed += [f"{file.name}: {each}" for each in missed(followed, scale_of(robot).torque)]
    pace = steps_a_second(following(config, track)) / steps_a_second(lambda: Trainer(config, WildRobotEnv(config)))
    print(f"throughput: {pace:.2f} of PPO's")
    if pace < LEAST_PACE:
        failed.append(f"throughput {pace:.2f}")
    print("\n".join(failed) or "every bar is met")
    return 1 if failed else 0


def imported(file: Path, speeds: list[float], robot: str) -> list[Clip]:
    """The clips of a file at these speeds."""
    clips = []
    for speed in speeds:
        with tempfile.TemporaryDirectory() as folder:
            motion.main(["import", str(file), "--robot", robot, "--speed", str(speed), "--output", folder])
            clips += load_clips(Path(folder), load_robot(robot))
    return clips


def missed(followed: list[FollowedClip], torque: float) -> list[str]:
    """The bars that clips do not meet, in words; `torque`: how much a robot's servos may give, of WildRobot's."""
    words = []
    for each in followed:
        figures, name = each.figures, f"{each.clip.name} at {each.asked[0]:.2f} m/s"
        off = abs(each.reached[0] / each.asked[0] - 1)
        words += [f"{name}: {figures.joint_error:.3f} rad off"] * (figures.joint_error > MOST_ERROR)
        words += [f"{name}: {off:.1%} too fast or too slow"] * (off > MOST_OFF)
        words += [f"{name}: falls"] * (figures.fell > 0)
        words += [f"{name}: {figures.torque_rms:.2f} N·m"] * (figures.torque_rms > MOST_TORQUE * torque)
    return words


def following(config: Config, track: Track) -> Callable[[], Trainer]:
    """What makes the trainer of following a track."""
    config = follower_config(config)
    return lambda: Trainer(config, FollowingEnv(config, track))


def steps_a_second(make: Callable[[], Trainer]) -> float:
    """Environment steps a second of a trainer, learning included."""
    trainer = make()
    state = trainer.iterate(trainer.init()).state
    state.iteration.block_until_ready()
    begun = time.perf_counter()
    for _ in range(TIMED_ITERATIONS):
        state = trainer.iterate(state).state
    state.iteration.block_until_ready()
    return TIMED_ITERATIONS * trainer.steps_per_iteration / (time.perf_counter() - begun)


if __name__ == "__main__":
    sys.exit(main())
