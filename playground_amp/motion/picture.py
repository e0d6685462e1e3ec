"""A clip at a glance: foot heights, contacts and joint angles over time, as a picture."""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.figure import Figure

from playground_amp.motion.clip import Clip
from playground_amp.outputs import OutputKind, output_file
from playground_amp.physics.motion_analysis import sole_motion
from playground_amp.robot.joint_groups import JointGroup, leg_groups
from playground_amp.robot.record import SIDES, Robot

_COLORS = dict(zip(SIDES, ("tab:blue", "tab:orange"), strict=True))
_FIRST = 3  # pictures, of feet and base, before those of the joints
_LONGEST = 3.0  # s shown
_MARK = "made by WildRobot"


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(4096)
    return head.startswith(b"\x89PNG") and _MARK.encode() in head


PICTURE = OutputKind("a picture (PNG) of this program", _is_ours, streamed=False)


def save_picture(robot: Robot, clip: Clip, path: Path) -> None:
    """Writes a PNG of the clip's first cycle, or of its first 3 s if it has no cycles.

    Raises:
        UserError: the file cannot be written, or another one is in its place.
    """
    matplotlib.use("Agg")
    from matplotlib import pyplot

    frames = round(len(clip.qpos) / clip.cycles) if clip.cycles else len(clip.qpos)
    frames = min(frames, round(_LONGEST * clip.rate))
    time = np.arange(frames) / clip.rate
    groups = leg_groups(robot)
    rows = -(-(_FIRST + len(groups)) // 2)
    figure, axes = pyplot.subplots(rows, 2, figsize=(10, 2.75 * rows), sharex=True, layout="constrained")
    speed = "forward {:.2f} m/s, left {:.2f} m/s, turning {:.2f} rad/s".format(*clip.command)
    figure.suptitle(f"{clip.name} ({clip.source}): {speed}")
    _draw_feet(axes[0], robot, clip, time)
    _draw_base(axes[1, 0], clip, time)
    for axis, group in zip(axes.flat[_FIRST:], groups, strict=False):
        _draw_joint(axis, clip, time, group)
    for axis in axes[-1]:
        axis.set_xlabel("time, s")
    try:
        write_picture(figure, path)
    finally:
        pyplot.close(figure)


def write_picture(figure: Figure, path: Path) -> None:
    """Writes a figure as a PNG of this program.

    Raises:
        UserError: the file cannot be written, or another one is in its place.
    """
    with output_file(path, PICTURE) as unfinished:
        figure.savefig(unfinished, format="png", dpi=110, metadata={"Software": _MARK})


def _draw_feet(axes, robot: Robot, clip: Clip, time: np.ndarray) -> None:
    """Heights of toe and heel with the contacts as bars below; and how the feet move forward."""
    count = len(time)
    place = sole_motion(robot, clip.qpos[:count], clip.qvel[:count]).position_w
    for foot, (side, color) in enumerate(_COLORS.items()):
        axes[0].plot(time, 1000 * place[:, foot, :2, 2].mean(axis=1), color=color, label=f"{side} toe")
        axes[0].plot(time, 1000 * place[:, foot, 2:, 2].mean(axis=1), color=color, ls="--", label=f"{side} heel")
        carries = clip.contact[:count, foot]
        axes[0].fill_between(time, -8 - 4 * foot, -5 - 4 * foot, where=carries, color=color, step="mid", linewidth=0)
        axes[1].plot(time, place[:, foot, :, 0].mean(axis=1), color=color, label=f"{side} foot")
    axes[1].plot(time, clip.qpos[:count, 0], color="black", label="waist")
    axes[0].set_ylabel("height of the sole, mm (bars: contact)")
    axes[1].set_ylabel("x, m")
    for axis in axes:
        axis.legend(fontsize="small")


def _draw_base(axis, clip: Clip, time: np.ndarray) -> None:
    count = len(time)
    axis.plot(time, 1000 * (clip.qpos[:count, 2] - clip.qpos[:, 2].mean()), color="black", label="waist up")
    axis.plot(time, 1000 * clip.qpos[:count, 1], color="tab:green", label="waist to the left")
    axis.set_ylabel("mm")
    axis.legend(fontsize="small")


def _draw_joint(axis, clip: Clip, time: np.ndarray, group: JointGroup) -> None:
    """Angle in full lines, speed in thin ones on the right axis."""
    speed = axis.twinx()
    for joint, color in zip(group.joints, _COLORS.values(), strict=True):
        axis.plot(time, clip.joint_position[: len(time), joint], color=color)
        speed.plot(time, clip.joint_velocity[: len(time), joint], color=color, lw=0.6)
    axis.set_ylabel(f"{group.name.replace('_', ' ')}, rad")
    speed.set_ylabel("rad/s", fontsize="small")
