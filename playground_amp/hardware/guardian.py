"""A second process that lets the servos go when the first one dies or hangs: by themselves they hold their last target.

It is started before the robot moves and hears a heartbeat of every control step. If the pipe between them closes
without a farewell, or the heart stops, it kills what is left of the first process, opens the lines itself and relaxes
all servos. Against a cut of the computer's power nothing helps here: the servos hold on as long as they have theirs.
"""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from pathlib import Path

from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import HardwareFile, read_hardware
from playground_amp.hardware.lines import open_line
from playground_amp.hardware.stops import Reason, Stop
from playground_amp.telling import warn

_READY, _BEAT, _FAREWELL = b"r", b"b", b"f"
SILENCE = 0.5  # s without a heartbeat: far more than a run survives that misses its deadlines
_START = 10.0  # s it may take to get ready
_ROUNDS, _PAUSE = (
    3,
    0.03,
)  # a line may have been left in the middle of a frame, which swallows the first bytes of the next


class Guardian:
    """The first process' side; a context manager. Raises UserError if the second one does not start."""

    def __init__(self, hardware_path: Path, silence: float = SILENCE):
        start = f"from {__name__} import watch; watch()"
        places = [str(Path(__file__).parents[2]), *filter(None, sys.path)]  # the first may be a folder or one file
        self._process = subprocess.Popen(
            [sys.executable, "-c", start, str(hardware_path.resolve()), str(os.getpid()), str(silence)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(places), "OPENBLAS_NUM_THREADS": "1"},
            start_new_session=True,  # what ends a terminal or a group of processes does not end it
        )
        self._lost = False

    def wait_until_ready(self) -> None:
        """Returns when it watches. Raises UserError if it does not."""
        assert self._process.stdout is not None
        readable, _, _ = select.select([self._process.stdout], [], [], _START)
        if not readable or self._process.stdout.read(1) != _READY:
            raise UserError("the process that relaxes the servos if this one dies does not start: nothing will move")
        os.set_blocking(self._pipe, False)

    def beat(self) -> Stop | None:
        """To be called in every control step from the moment that servos get stiff; a stop if nobody hears it."""
        self._send(_BEAT)
        return Stop(Reason.GUARDIAN_LOST, "the process that guards this one has died") if self._lost else None

    def dismiss(self) -> None:
        """All servos are limp: it has nothing to do any more."""
        self._send(_FAREWELL)

    def __enter__(self) -> "Guardian":
        return self

    def __exit__(self, *_: object) -> None:
        """Without `dismiss` before, it relaxes the servos now if there was a heartbeat."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(5.0)
        self._process.stdout.close()

    @property
    def _pipe(self) -> int:
        assert self._process.stdin is not None
        return self._process.stdin.fileno()

    def _send(self, message: bytes) -> None:
        try:
            os.write(self._pipe, message)
        except BlockingIOError:  # a full pipe: it is stopped, and would not come if it was needed
            self._lost = True
        except OSError:
            self._lost = True


def watch() -> None:
    """The second process: argv holds the hardware file, the first process' id and how long it may be silent."""
    hardware, watched, silence = read_hardware(Path(sys.argv[1])), int(sys.argv[2]), float(sys.argv[3])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    try:
        import serial  # noqa: F401  (now rather than when every moment counts)
    except ImportError:  # the first process says so
        return
    os.write(1, _READY)
    if _until_it_dies(watched, silence):
        relax_lines(hardware)


def _until_it_dies(watched: int, silence: float) -> bool:
    """Listens; returns whether there is something to relax. One that hangs, and still holds the lines, is killed."""
    armed = False
    while True:
        readable, _, _ = select.select([0], [], [], silence if armed else None)
        if not readable:
            warn(f"process {watched} has hung for {silence:g} s: it is killed, and the servos are let go")
            if os.getppid() == watched:
                os.kill(watched, signal.SIGKILL)
            return True
        heard = os.read(0, 1 << 16)
        if _FAREWELL in heard:
            return False
        if not heard:  # it has died, or its program has ended without a farewell
            return armed
        armed = True


def relax_lines(hardware: HardwareFile) -> None:
    """Lets all servos go, whatever state their lines are in; lines that are gone are left out."""
    for _ in range(_ROUNDS):
        for board in hardware.boards.values():
            with contextlib.suppress(OSError, UserError):
                line = open_line(board)
                line.set_torque(None, False)
                line.close()
        time.sleep(_PAUSE)
