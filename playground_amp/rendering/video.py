"""A video file: pictures as H.264 MP4. Cheap to import."""

from collections.abc import Iterable
from pathlib import Path

import imageio_ffmpeg
import numpy as np

from playground_amp.errors import UserError
from playground_amp.outputs import OutputKind, output_file

_MARK = "made by WildRobot"
_TAIL = 65536  # bytes; the encoder writes what describes a video behind its pictures


def _is_ours(path: Path) -> bool:
    with path.open("rb") as file:
        head = file.read(16)
        file.seek(max(0, path.stat().st_size - _TAIL))
        return head[4:8] == b"ftyp" and _MARK.encode() in file.read()


VIDEO = OutputKind("a video (MP4) of this program", _is_ours, streamed=False)


def write_video(path: Path, frames: Iterable[np.ndarray], fps: int) -> None:
    """Writes uint8 [height, width, 3] RGB pictures as H.264 MP4; the file appears when it is complete.

    Raises:
        UserError: there are no frames, the folder cannot be written, or another file is in its place.
    """
    frames = iter(frames)
    first = next(frames, None)
    if first is None:
        raise UserError(f"no frames for the video {path}")
    height, width, _ = first.shape
    with output_file(path, VIDEO) as unfinished:
        writer = imageio_ffmpeg.write_frames(
            str(unfinished),
            (width, height),
            fps=fps,
            quality=7,
            macro_block_size=2,
            output_params=["-metadata", f"comment={_MARK}", "-f", "mp4"],
        )
        try:
            writer.send(None)
            writer.send(np.ascontiguousarray(first))
            for frame in frames:
                writer.send(np.ascontiguousarray(frame))
        finally:
            writer.close()
