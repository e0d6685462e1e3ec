"""How recorded clips fared, for people."""

from collections.abc import Sequence

import numpy as np
from rich.console import Console
from rich.table import Table

from playground_amp.record.followed import COPIES, FollowedClip
from playground_amp.record.followed import criteria as criteria_of_following
from playground_amp.record.recorder import Take, criteria
from playground_amp.robot.record import Robot

_WIDTH_WITHOUT_TERMINAL = 150


def print_takes(robot: Robot, takes: Sequence[Take], console: Console | None = None) -> None:
    """A table: for each criterion its limit, the median and the worst over the takes, and how many failed."""
    table = Table("figure", "limit", "median", "worst", "failed", title=f"recorded clips of {robot.name}")
    for criterion in criteria(robot):
        values = np.array([getattr(take.figures, criterion.figure) for take in takes])
        failed = sum(criterion in take.failed for take in takes)
        table.add_row(
            criterion.figure,
            f"≤ {criterion.limit:g}",
            f"{np.median(values):.3g}",
            f"{values.max():.3g}",
            f"{failed} of {len(takes)}",
        )
    (console or Console()).print(table)


def print_followed(robot: Robot, followed: Sequence[FollowedClip], console: Console | None = None) -> None:
    """Two tables: how each clip was followed, with the verdict; and how far each joint was from the clips'."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
    limits = {each.figure: f"≤ {each.limit:.3g}" for each in criteria_of_following(robot)}
    headings = ("m/s", "reached", "joints off, rad", "speed off, m/s", "RMS, N·m", "W", "falls", "verdict")
    table = Table("clip", *headings, title=f"clips that {robot.name} followed in the engine", title_justify="left")
    table.columns[0].overflow = "fold"
    table.add_row("limit", "", "", limits["joint_error"], limits["speed_error"], limits["torque_rms"], "", "0", "")
    for each in followed:
        f = each.figures
        verdict = ", ".join(criterion.figure.replace("_", " ") for criterion in each.failed)
        speeds = f"{each.asked[0]:.2f}", f"{each.reached[0]:.3f}"
        figures = [f"{x:.3f}" for x in (f.joint_error, f.speed_error)]
        falls = f"{round(f.fell * COPIES)} of {COPIES}"
        table.add_row(
            each.clip.name, *speeds, *figures, f"{f.torque_rms:.2f}", f"{f.power:.1f}", falls, verdict or "recorded"
        )
    console.print(table)
    errors = np.array([each.joint_errors for each in followed])
    joints = Table("joint", "mean, rad", "worst, rad", "of the clip", title="joint by joint", title_justify="left")
    for joint, column in zip(robot.joint_names, errors.T, strict=True):
        joints.add_row(joint, f"{column.mean():.3f}", f"{column.max():.3f}", followed[int(column.argmax())].clip.name)
    console.print(joints)
