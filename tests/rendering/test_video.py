"""Pictures as a video file."""

from pathlib import Path

import imageio_ffmpeg
import numpy as np
import pytest

from playground_amp.errors import UserError
from playground_amp.rendering.video import write_video


def test_a_video_has_every_frame(tmp_path: Path) -> None:
    path = tmp_path / "new folder" / "clip.mp4"
    frames = [np.full((48, 64, 3), shade, dtype=np.uint8) for shade in np.linspace(0, 250, 25)]
    write_video(path, frames, fps=25)
    reader = imageio_ffmpeg.read_frames(str(path))
    properties = next(reader)
    assert isinstance(properties, dict)
    assert properties["size"] == (64, 48)
    assert properties["fps"] == 25
    brightness = [np.frombuffer(bytes(frame), dtype=np.uint8).mean() for frame in reader]
    assert len(brightness) == 25
    assert np.all(np.diff(brightness) > 0)
    assert [file.name for file in path.parent.iterdir()] == ["clip.mp4"]


def test_a_video_without_frames_or_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no frames"):
        write_video(tmp_path / "clip.mp4", [], fps=25)
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"clip\.mp4 cannot be written"):
        write_video(tmp_path / "file" / "clip.mp4", [np.zeros((48, 64, 3), dtype=np.uint8)], fps=25)
