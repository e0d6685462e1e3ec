"""The shipped robot and its disguises, both through `robot.py init`: do they learn alike?

    python benchmarks/disguised.py [--size 1.0] [--seeds 2] [--iterations 60] [--num-envs 256]

Each seed disguises the robot anew: other names and order, turned frames, moved anchors, another zero pose, mesh soles,
a root of slides and a ball, a scene around it, `--size` times as large with everything scaled. The plain one is the
shipped MJCF as a stranger's file. Both are trained by the YAML's settings, without demonstrations, and judged as in
learning_curves.py: mean reward of an episode of 10 s. Of another size, time runs √size times as slow: the control
period and the physics step go with it, and rewards are counted in that time. Exit status 1 if the curves differ by
more than seeds do.
"""

import argparse
import sys
import tempfile
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

from disguise import Disguise, disguise  # noqa: E402 # pyright: ignore[reportMissingImports]  (of the tests)
from learning_curves import STRETCHES, Curve, report, train_wildrobot  # noqa: E402  (beside this file)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--size", type=float, default=1.0)
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--iterations", type=int, default=60)
    parser.add_argument("--num-envs", type=int, default=256)
    arguments = parser.parse_args()
    hidden = Disguise(drive="position", size=arguments.size)
    plain = Disguise(1.0, False, False, False, False, "position", "capsules", "free", False, False)
    curves: dict[str, list[Curve]] = {"plain": [], "disguised": []}
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(arguments.seeds):
            for name, what in (("plain", plain), ("disguised", hidden)):
                robot = made(Path(folder) / f"{name}_{seed}", seed, what)
                slower = 1.0 if what is plain else what.size**0.5
                curve = train_wildrobot(configured(robot, seed, arguments, slower))
                curves[name].append({steps: reward / slower for steps, reward in curve.items()})
                shown = {steps: round(value, 1) for steps, value in curves[name][-1].items()}
                print(name, "seed", seed, shown, flush=True)
    return 0 if report(curves["plain"], curves["disguised"], ("plain", "disguised")) else 1


def made(folder: Path, seed: int, what: Disguise) -> Path:
    """The robot's folder that `init` makes of a disguise."""
    from playground_amp.cli.robot import main as robot_command

    disguised = disguise(folder, seed, what)
    robot_command(["init", str(disguised.path), "--output", str(folder / "robot"), "--no-picture"])
    return folder / "robot"


def configured(robot: Path, seed: int, arguments: argparse.Namespace, slower: float) -> Any:
    """The shipped settings, in time that runs so many times as slow."""
    from playground_amp.configs.loader import load_config
    from playground_amp.paths import STANDARD

    unit = load_config(STANDARD)
    iterations = max(arguments.iterations // STRETCHES, 1) * STRETCHES
    settings = {"num_envs": arguments.num_envs, "num_iterations": iterations, "seed": seed}
    settings = [f"trainer.{key}={value}" for key, value in settings.items()]
    settings += [f"env.control_dt={unit.env.control_dt * slower}", f"physics.timestep={unit.physics.timestep * slower}"]
    return load_config(STANDARD, settings, flags={"robot": str(robot)})


if __name__ == "__main__":
    sys.exit(main())
