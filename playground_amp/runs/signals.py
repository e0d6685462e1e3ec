"""A request to stop: the first SIGTERM or SIGINT asks the loop to save and end, the second ends the process at once.

SIGHUP, of a terminal that was closed, asks too. It comes more than once, from the system and from the shell, so it
never ends the process at once; where it was ignored at the start (nohup), it still is.
"""

import contextlib
import os
import signal
import sys
import threading
from typing import Self

from playground_amp.telling import warn

SIGNALS = (signal.SIGTERM, signal.SIGINT)
SHOW_CURSOR = "\x1b[?25h"


class StopRequest:
    """A context in which `requested` tells whether a signal has asked for an end.

    Python runs its signal handlers between two bytecodes of the main thread, which compiled training keeps for seconds
    at a time. So a thread of its own reads the numbers that the C handler writes to a pipe, and acts at once.
    Outside the main thread, where no handler can be set, nothing is caught.
    """

    def __init__(self) -> None:
        self.requested = False

    def __enter__(self) -> Self:
        self._catching = threading.current_thread() is threading.main_thread()
        if self._catching:
            self._read_end, self._write_end = os.pipe()
            os.set_blocking(self._write_end, False)
            self._wakeup_before = signal.set_wakeup_fd(self._write_end, warn_on_full_buffer=False)
            hung_up = () if signal.getsignal(signal.SIGHUP) is signal.SIG_IGN else (signal.SIGHUP,)
            self._handlers_before = {number: signal.signal(number, lambda *_: None) for number in (*SIGNALS, *hung_up)}
            self._watcher = threading.Thread(target=self._watch, daemon=True)
            self._watcher.start()
        return self

    def __exit__(self, *_: object) -> None:
        if self._catching:
            for number, handler in self._handlers_before.items():
                signal.signal(number, handler)
            signal.set_wakeup_fd(self._wakeup_before)
            os.close(self._write_end)
            self._watcher.join()
            os.close(self._read_end)

    def _watch(self) -> None:
        asked = 0  # times, by a signal that is sent on purpose
        while number := os.read(self._read_end, 1):
            if number[0] not in self._handlers_before:
                continue
            asked += number[0] in SIGNALS
            if asked > 1:
                _show_cursor()
                os._exit(128 + number[0])
            first, self.requested = not self.requested, True
            if first or number[0] in SIGNALS:
                hint = " (again: stop at once)" if asked else ""
                warn(f"{signal.Signals(number[0]).name}: finishing this iteration, then saving{hint}")


def _show_cursor() -> None:
    with contextlib.suppress(AttributeError, OSError, ValueError):  # a stream that is gone
        if sys.stderr.isatty():
            sys.stderr.write(SHOW_CURSOR)
            sys.stderr.flush()
