"""Figures that a page tells and the code, the configuration or a result knows: they are the same."""

import json
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest

from playground_amp.amp.features import frame_names
from playground_amp.configs.loader import load_config
from playground_amp.configs.randomization import DomainRandomizationConfig
from playground_amp.gates.gates import GATES, ROBUST, ROUGH, SIMULATORS, WALK
from playground_amp.motion.generate.table import commands_of
from playground_amp.paths import ROBOTS, STANDARD
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

ROOT = Path(__file__).parents[2]
CONFIG = load_config(STANDARD)
ROBOT = load_robot(CONFIG.robot)


def text_of(page: str) -> str:
    """A page in one line."""
    return " ".join((ROOT / page).read_text().split())


def rows_of(page: str, heading: str) -> Iterator[list[str]]:
    """The cells of the table whose first cell is that heading."""
    table = (ROOT / page).read_text().partition(f"\n| {heading} |")[2].partition("\n\n")[0]
    for line in table.splitlines()[2:]:
        yield [cell.strip() for cell in line.strip("|").split("|")]


def test_the_first_walk_shows_what_the_bundled_policy_does() -> None:
    cell = json.loads((ROOT / "policies/walk/gate_walk.json").read_text())["cells"][0]
    worst = {check["figure"]: check["worst"] for check in cell["checks"]}
    limits = {criterion.figure: criterion.limit for criterion in WALK.criteria}
    told = {row[0].partition(":")[0].replace(" ", "_"): row for row in rows_of("docs/first_walk.md", "check")}
    assert told.keys() == worst.keys()
    for figure, (_, limit, value) in told.items():
        if value == "all":
            assert worst[figure] == limits[figure] == 1
            continue
        number, unit = re.findall(r"[\d.]+", value)[0], 1000 if value.endswith(" mm") else 1
        digits = len(number.partition(".")[2])
        assert round(unit * worst[figure], digits) == pytest.approx(float(number)), figure
        assert float(re.findall(r"[\d.]+", limit)[0]) == pytest.approx(unit * limits[figure]), figure


def test_the_page_on_gates_lists_their_cells() -> None:
    for gate, heading in ((ROBUST, "cell"), (ROUGH, "`rough`'s cell")):
        told = {}
        for names, _, survival in rows_of("docs/gates.md", heading):
            told |= dict.fromkeys(re.findall(r"`(\w[\w.]*)`", names), float(survival))
        assert told == {
            cell.name: next(each.required_share for each in cell.criteria if each.figure == "survived")
            for cell in gate.cells
        }
    page = text_of("docs/gates.md")
    assert f"{ROBUST.cells[0].episodes} episodes a cell" in page
    assert [row[0].strip("`") for row in rows_of("docs/gates.md", "simulator")] == [c.name for c in SIMULATORS.cells]
    assert {f"`{name}`" for name in GATES if name != SIMULATORS.name} <= set(re.findall(r"`\w+`", page))


def test_how_it_works_tells_the_settings_that_hold() -> None:
    page, trainer, env = text_of("docs/how_it_works.md"), CONFIG.trainer, CONFIG.env
    assert (env.reference_start_share, trainer.num_epochs, trainer.num_minibatches) == (0.8, 4, 4)
    assert "four out of five times to mid-stride" in page
    assert "four passes over the data in four parts" in page
    assert (trainer.average_share, env.episode_length) == (0.1, 1000)
    assert "the average of its weights over the last tenth of the run" in page
    assert "to a fall, or to 1,000 control steps" in page
    assert (env.control_dt, CONFIG.physics.timestep) == (0.02, 0.005)
    assert "Each control step (20 ms)" in page
    assert "by four steps of 5 ms" in page


def test_make_walk_does_what_pages_say() -> None:
    makefile = (ROOT / "Makefile").read_text()
    robots, iterations = (
        int(re.findall(rf"^{name} \?= (\d+)$", makefile, re.MULTILINE)[0]) for name in ("WALK_ENVS", "WALK_ITERATIONS")
    )
    steps = robots * iterations * CONFIG.trainer.rollout_steps
    assert f"({steps / 1e6:.1f} million control steps)" in text_of("README.md")
    page = text_of("docs/first_walk.md")
    assert f"{robots} robots walk side by side in simulation. In each of {iterations} iterations" in page
    assert f"learns from the {robots * CONFIG.trainer.rollout_steps:,} steps" in page
    until = CONFIG.stages["follow"].until
    assert f"`follow`, {until} iterations" in text_of("docs/recipes.md")


def test_counts_of_clips_features_and_draws() -> None:
    shipped = list((ROBOTS / "wildrobot" / "demonstrations").glob("*.npz"))
    assert f"the {len(shipped)} demonstrations that come with the robot" in text_of("docs/amp.md")
    assert f"{len(frame_names(ROBOT))} numbers for WildRobot" in text_of("docs/amp.md")
    commands = commands_of(CONFIG.env.commands, scale_of(ROBOT))
    assert f"{len(commands)} clips for every command of the task" in text_of("docs/motion.md")


def test_every_item_of_randomization_is_explained() -> None:
    named = {name for row in rows_of("docs/randomization.md", "item") for name in re.findall(r"`([\w*]+)`", row[0])}
    assert "*_noise" in named
    items = {item for item in DomainRandomizationConfig.model_fields if not item.endswith("_noise")}
    assert named - {"*_noise"} == items


def test_rewards_say_which_are_not_paid_by_default() -> None:
    rows = re.findall(r"^\| `(\w+)` \|(.*)$", (ROOT / "docs/rewards.md").read_text(), re.MULTILINE)
    staged = {name for stage in CONFIG.stages.values() for name in stage.changes.get("reward_weights", {})}
    unpaid = {name for name, _ in rows if not CONFIG.reward_weights.get(name) and name not in staged}
    assert {name for name, row in rows if "not in the default" in row} == unpaid


def test_every_extra_is_told_of() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    told = {row[0].strip("`") for row in rows_of("docs/installation.md", "extra")}
    assert told - {"(none)"} == set(extras)
