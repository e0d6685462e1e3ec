"""What a loop at 50 Hz needs of the machine: to come first, and not to be held up by its own language."""

import gc
import os
import sys

_PRIORITY = 20  # of real-time scheduling, 1 to 99: above ordinary processes, below the kernel's own work
_NICE = -15
_SWITCH_INTERVAL = 2e-4  # s after which a thread that computes lets another one of this process go on


def come_first() -> str:
    """Has this process, with threads that start from now on, come before others; says how far that was allowed."""
    sys.setswitchinterval(_SWITCH_INTERVAL)
    if hasattr(os, "sched_setscheduler"):
        try:
            os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(_PRIORITY))
            return f"real time, priority {_PRIORITY}"
        except OSError:
            pass
    try:
        return f"nice {os.nice(_NICE - os.nice(0))}"
    except OSError:
        return "ordinary (root, or `ulimit -r`, allows more)"


def freeze_memory() -> None:
    """Sets aside what is there for good, and has no collection start by itself; `collect_young` does it in time."""
    gc.collect()
    gc.freeze()
    gc.disable()


def collect_young() -> None:
    """Frees what steps have left behind in circles: within 0.1 ms, if it is called every second."""
    gc.collect(1)
