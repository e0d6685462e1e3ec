"""Where a command writes clips: over earlier clips from the same source, never over anything else."""

from collections import Counter
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import numpy as np

from playground_amp.errors import UserError
from playground_amp.files import visible
from playground_amp.motion.clip import Clip, clip_bytes
from playground_amp.outputs import FolderKind, OutputKind, output_folder, require_output, write_output

TASK = "task.yaml"  # beside demonstrations: the configuration of a task that asks for what they show
_TASK_MARK = "# The task that the demonstrations in this folder show, made with them."


def require_clip(path: Path, source: str, *apart_from: Path) -> None:
    """Raises UserError unless `path` is free for a clip from `source`, or holds an earlier one from it."""
    require_output(path, _clip_from(source), *apart_from)


def write_clip(clip: Clip, path: Path, *apart_from: Path) -> None:
    """Writes a clip. Raises UserError as `require_clip`, or if the disk refuses it."""
    write_output(path, _clip_from(clip.source), clip_bytes(clip), *apart_from)


def require_clip_folder(folder: Path, source: str) -> None:
    """Raises UserError if a folder holds .npz files that are not from `source`."""
    other = [path.name for path in visible(folder, "*.npz") if not _is_from(source, path)]
    if other:
        raise UserError(f"{folder} holds clips that are not from here ({other[0]}): name another folder")


def write_clips(clips: Sequence[Clip], folder: Path, task: str | None = None) -> list[Path]:
    """Writes clips from one source, all or none of them; of those with the same name the second gets a number.

    `task`: a configuration for which these clips are all that there is. It is written beside them (`TASK`), and clips
    from that source that were in the folder before are removed.

    Raises UserError if one would take the place of what is not a clip from that source, or the disk refuses them.
    """
    counted: Counter[str] = Counter()
    with output_folder(folder, _clips_from(clips[0].source, removes=task is not None)) as unfinished:
        for clip in clips:
            counted[clip.name] += 1
            number = f"_{counted[clip.name]}" if counted[clip.name] > 1 else ""
            (unfinished / f"{clip.name}{number}.npz").write_bytes(clip_bytes(clip))
        names = sorted(path.name for path in unfinished.iterdir())
        if task is not None:
            (unfinished / TASK).write_text(f"{_TASK_MARK}\n{task}", encoding="utf-8")
    return [folder / name for name in names]


def _clip_from(source: str) -> OutputKind:
    return OutputKind(f"a clip from the same source ({source})", partial(_is_from, source), streamed=False)


def _clips_from(source: str, *, removes: bool) -> FolderKind:
    """Clips that a command made before from the same source may be replaced; it has no list of them."""

    def listed(folder: Path) -> dict[str, None]:
        files = [path for path in visible(folder, "*.npz") if _is_from(source, path)]
        return {path.name: None for path in [*files, *(path for path in visible(folder, TASK) if _is_task(path))]}

    return FolderKind(f"set of clips from the same source ({source})", TASK, listed, removes=removes)


def _is_task(path: Path) -> bool:
    with open(path, "rb") as file:
        return file.read(len(_TASK_MARK)) == _TASK_MARK.encode()


def _is_from(source: str, path: Path) -> bool:
    try:
        with np.load(path, allow_pickle=False) as stored:
            return isinstance(stored, np.lib.npyio.NpzFile) and "qpos" in stored and str(stored["source"]) == source
    except Exception:  # whatever NumPy makes of a file that may be anything
        return False
