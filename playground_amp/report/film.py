"""The video in the report: one that is there already, or the robot under the program; as a data URI."""

import base64
import tempfile
from pathlib import Path

from playground_amp.rendering.film import LONGEST, write_film
from playground_amp.report.program import Performance
from playground_amp.robot.scale import scale_of

_BEFORE_TURNING = 4.0  # s of walking at the start of the film, for WildRobot
_SIZE = (480, 360)  # kept small: the film travels within the page


def data_uri(path: Path) -> str:
    """An MP4 file as text that a page can hold."""
    return "data:video/mp4;base64," + base64.b64encode(path.read_bytes()).decode()


def film_program(performance: Performance) -> str:
    """Films the end of the walk and what comes after it, as a data URI.

    Raises UserError if this machine cannot draw; the message names the missing system packages.
    """
    fastest = max(range(len(performance.stages)), key=lambda index: performance.stages[index].forward)
    walked = sum(stage.seconds for stage in performance.stages[: fastest + 1])
    dt = performance.control_dt
    before_turning = _BEFORE_TURNING * scale_of(performance.robot).time
    last = min(len(performance.qpos), round((walked - before_turning + LONGEST) / dt))
    shown = performance.qpos[max(0, last - round(LONGEST / dt)) : last]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "film.mp4"
        write_film(shown, dt, performance.robot, path, size=_SIZE)
        return data_uri(path)
