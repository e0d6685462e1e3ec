"""How many files an addition touches: each kind is made for real on a throw-away branch, tried, counted and removed.

    python benchmarks/additions.py [KIND ...]

The kinds are a reward with a new input, an actor observation, a randomized parameter, a training engine, a gate's
cell, a stage of training, and a robot of the same build with other numbers. Ends with exit status 1 if one touches
more files than it may; pages of docs/ are not counted.
"""

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGE = "playground_amp"
TRAIN = (f"{PACKAGE}/train.py", "--verify", "--no-wandb", "--num-iterations", "1", "--checkpoint-dir", "{folder}/run")


@dataclass(frozen=True)
class Addition:
    """A kind of addition: what it edits, how it is tried, and how many files it may touch."""

    make: Callable[[Path], None]  # edits the package of a checkout
    trial: Sequence[str]  # arguments of the interpreter; must succeed
    allowed: int


def insert(path: Path, before: str, text: str) -> None:
    """Puts a text before the first place that matches a pattern."""
    content = path.read_text()
    found = re.search(before, content, re.MULTILINE)
    if not found:
        raise SystemExit(f"{path}: nothing matches {before!r}")
    path.write_text(content[: found.start()] + text + content[found.start() :])


def reward(package: Path) -> None:
    """Pays for a torso that keeps its yaw rate: needs the change of the gyro, which no term had asked for."""
    rewards = package / "envs" / "rewards.py"
    insert(
        rewards,
        r"^\ndef alive",
        "\ndef gyro_change(s: RewardInputs) -> jax.Array:\n"
        '    """Squared change of the angular velocity, rad²/s²."""\n'
        "    return jnp.sum(s.spin_change**2) / s.scale.rate**2\n\n",
    )
    insert(
        rewards,
        r"^    @cached_property\n    def swing\(",
        "    @cached_property\n    def spin_change(self) -> jax.Array:\n"
        '        """[3] rad/s, from the step before."""\n'
        "        return self.after.readings.gyro_b - self.before.readings.gyro_b\n\n",
    )
    insert(package / "configs" / "wildrobot_phase3_training.yaml", r"^  joint_speed:", "  gyro_change: -0.001\n")


def observation(package: Path) -> None:
    """Shows the actor the foot switches."""
    row = '        Part("foot_switch", "1", _SWITCHES, lambda s: s.measured.foot_switch * 1.0, "closed or not"),\n'
    table = package / "envs" / "observations.py"
    insert(table, r"^        Part\(\"previous_action\"", row)
    insert(table, r"^def actor_parts", "_SWITCHES = mirror.both_sides(mirror.signs(1, 1))\n\n\n")


def parameter(package: Path) -> None:
    """The left leg's motors are weaker than the others."""
    row = '    leg_strength: ScaleRange = _range("strength of the left leg\'s servos, share of its own", nominal=1.0)\n'
    insert(package / "configs" / "randomization.py", r"^    no_load_speed: ", row)
    individuals = package / "envs" / "individuals.py"
    insert(
        individuals,
        r"^PARAMETERS",
        "def _leg_strength(drawn: Drawing) -> jax.Array:\n"
        '    """Of each servo [J]."""\n'
        "    whole = jnp.ones(drawn.robot.num_joints)\n"
        '    return whole.at[drawn.robot.legs[0].joints].set(drawn.value("leg_strength"))\n\n\n',
    )
    content = individuals.read_text()
    last = re.search(r"^PARAMETERS.*?^}", content, re.MULTILINE | re.DOTALL)
    assert last
    row = '    "leg_strength": Parameter(_one, "motor_strength", _leg_strength),\n'
    individuals.write_text(content[: last.end() - 1] + row + content[last.end() - 1 :])


def engine(package: Path) -> None:
    """Another engine that trains: the native one under another name."""
    shutil.copy(package / "physics" / "engines" / "native.py", package / "physics" / "engines" / "twin.py")
    row = (
        "    EngineEntry(\n"
        '        "twin",\n'
        '        "twin.NativeEngine",\n'
        '        needs=(Package("mujoco.batch", "mujoco >= 4", "pip install mujoco"),),\n'
        '        runs_on="cpu",\n        trains=True,\n        judges=True,\n        has_pgs=True,\n    ),\n'
    )
    insert(package / "configs" / "engines.py", r"^    EngineEntry\(\n        \"mjx\"", row)


def cell(package: Path) -> None:
    """The gate robust asks for a slow walk too."""
    insert(
        package / "gates" / "gates.py",
        r"^        _robust_cell\(\"backward\"",
        '        _robust_cell("forward_{speed:.3g}", Segment(20.0, forward=0.2)),\n',
    )


def stage(package: Path) -> None:
    """The standard recipe begins with a stage of cheaper torque."""
    insert(
        package / "configs" / "wildrobot_phase3_training.yaml",
        r"^  follow:",
        "  start:\n    until: 1\n    changes: {reward_weights: {torque: -0.01}}\n",
    )


def robot(package: Path) -> None:
    """The same build with stronger servos."""
    twin = package / "robots" / "strong"
    shutil.copytree(package / "robots" / "wildrobot", twin, ignore=shutil.ignore_patterns("demonstrations", "policy"))
    model = twin / "wildrobot.xml"
    model.write_text(
        model.read_text().replace('kp="21.1"', 'kp="30"').replace('forcerange="-4 4"', 'forcerange="-6 6"')
    )


JUDGE = (f"{PACKAGE}/evaluate.py", "--bundle", "policies/walk")
STARTS = ("--set", "env.reference_start_share=0")
ADDITIONS = {
    "reward": Addition(reward, TRAIN, 2),
    "observation": Addition(observation, TRAIN, 1),
    "parameter": Addition(parameter, (*TRAIN, "--set", "leg_strength=[0.8,1.0]"), 2),
    "engine": Addition(engine, (*TRAIN, "--physics", "twin"), 2),
    "cell": Addition(
        cell,
        (*JUDGE, "--gate", "robust", "--cells", "forward_0.2", "--episodes", "4"),
        1,
    ),
    "stage": Addition(stage, (*TRAIN, "--num-iterations", "2"), 1),
    "robot": Addition(robot, (*TRAIN, "--robot", "strong", *STARTS), 2),  # its two files: MJCF and robot.yaml
}


def git(*arguments: str, folder: Path = ROOT) -> str:
    return subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True).stdout


def touched(name: str, addition: Addition) -> list[str]:
    """Makes an addition on a branch of its own and returns the files it touched; branch and checkout are removed."""
    branch = f"throw-away/{name}"
    with tempfile.TemporaryDirectory() as folder:
        checkout = Path(folder) / "checkout"
        git("worktree", "add", "-q", "-b", branch, str(checkout))
        try:
            addition.make(checkout / PACKAGE)
            git("add", "-A", folder=checkout)
            git(
                "-c",
                "user.name=addition",
                "-c",
                "user.email=addition@example.org",
                "commit",
                "-qm",
                name,
                folder=checkout,
            )
            words = [sys.executable, *(word.format(folder=folder) for word in addition.trial)]
            environment = os.environ | {"PYTHONPATH": str(checkout)}
            done = subprocess.run(words, cwd=checkout, env=environment, capture_output=True, text=True)
            if done.returncode not in (0, 1):  # 1: a gate failed
                raise SystemExit(f"{name} does not work:\n{done.stdout}{done.stderr}")
            return git("show", "--name-only", "--format=", "HEAD", folder=checkout).split()
        finally:
            git("worktree", "remove", "--force", str(checkout))
            git("branch", "-D", branch)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=f"of {', '.join(ADDITIONS)} (default: all)")
    within = True
    for name in parser.parse_args().kinds or ADDITIONS:
        files = touched(name, ADDITIONS[name])
        within = within and len(files) <= ADDITIONS[name].allowed
        print(f"{name}: {len(files)} of at most {ADDITIONS[name].allowed}: {', '.join(files)}", flush=True)
    return 0 if within else 1


if __name__ == "__main__":
    sys.exit(main())
