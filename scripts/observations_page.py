"""Writes docs/observations.md from the tables of observations: `make docs`."""

from collections.abc import Iterable
from pathlib import Path

from playground_amp.envs.layout import Part
from playground_amp.envs.observations import actor_layout, actor_parts, privileged_parts
from playground_amp.files import write_atomically
from playground_amp.paths import DEFAULT_ROBOT
from playground_amp.robot.robot import load_robot

PAGE = Path(__file__).resolve().parents[1] / "docs" / "observations.md"
HEAD = """# Observations

<!-- made by scripts/observations_page.py: change the table (playground_amp/envs/observations.py), then `make docs` -->

What the networks see each control period. The end of a name is its frame: `_b` base (x forward, y left, z up), `_h`
heading (the base's yaw only). The networks see a value times its scale. Sizes and scales are WildRobot's; another
robot's sizes follow from its joints, its scales from its size and weight, so that numbers have the same magnitude.
"""
TAIL = """
An observation of your own is a row in `playground_amp/envs/observations.py`: its name, unit, mirror image, source, what
it means and its scale. The networks, their symmetry, the exported model, the refusal of saved states of another layout
and this page follow from it. What the actor is to see on the robot, `playground_amp/deploy/runtime.py` has to work out
from the robot's sensors: it stands apart, so that a bundle needs nothing else, and a test holds it against the table.
"""


def page() -> str:
    """The page as Markdown."""
    robot = load_robot(DEFAULT_ROBOT)
    size = actor_layout(robot).size
    return "".join(
        (
            HEAD,
            f"\n## The actor\n\n{size} numbers that the robot's own sensors deliver, as they deliver them; with ",
            "`env.observation_history`, so many\ntimes as many, the newest first. The IMU's readings come turned into ",
            "the base frame.\n\n",
            _table(actor_parts(robot)),
            "\n## The critic besides\n\nIn training only: the truth, as only a simulator knows it.\n\n",
            _table(privileged_parts(robot)),
            TAIL,
        )
    )


def _table(parts: Iterable[Part]) -> str:
    rows = (f"| `{part.name}` | {part.size} | {part.unit} | {_scale(part)} | {part.meaning} |" for part in parts)
    return "\n".join(("| name | size | unit | scale | meaning |", "|---|---|---|---|---|", *rows)) + "\n"


def _scale(part: Part) -> str:
    return ", ".join(f"{each:g}" for each in (part.scale if isinstance(part.scale, tuple) else (part.scale,)))


if __name__ == "__main__":
    write_atomically(PAGE, page().encode())
    print(PAGE)
