"""Gives the readers of this program files that strangers, disks and frauds may hand them, damaged at random.

    python benchmarks/fuzz.py [TARGET ...] [--seconds 60] [--first 0]

Every damaged file must be read, or refused in one `UserError` (in a bundle's runtime a `BundleError`): no other error,
nothing that takes over 10 s of a processor, nothing written outside of the folder given, no code run. A case is a
target and a seed, so that any can be repeated: `fuzz.py bundle --first 280 --cases 1`. Ends with exit status 1 if one
failed.
"""

import argparse
import contextlib
import faulthandler
import io
import os
import random
import signal
import sys
import tempfile
import time
import traceback
import warnings
from pathlib import Path
from types import FrameType
from typing import NamedTuple

from fuzz_targets import MARKER, TARGETS, Target

from playground_amp.deploy.runtime import BundleError
from playground_amp.errors import UserError

PATIENCE = 10  # s of a processor: the machine may be busy
STANDSTILL = 120  # s, for what waits instead of computing


class TookTooLong(Exception):
    """A case that went on for longer than anybody waits."""


class Failure(NamedTuple):
    """A case that was neither read nor refused in a sentence."""

    target: str
    seed: int
    what: str

    def __str__(self) -> str:
        return f"{self.target} {self.seed}: {self.what}"


def try_case(target: Target, seed: int, folder: Path) -> Failure | None:
    """Makes the damaged file of a seed in a folder that is empty, and has it read."""
    marker = folder.parent / MARKER
    before = _listing(folder.parent)
    begun = time.process_time()
    for number, timer in ((signal.SIGPROF, signal.ITIMER_PROF), (signal.SIGALRM, signal.ITIMER_REAL)):
        signal.signal(number, _too_long)
        signal.setitimer(timer, PATIENCE if timer == signal.ITIMER_PROF else STANDSTILL)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):  # warnings are no failure
            warnings.simplefilter("error", RuntimeWarning)  # NumPy's: nobody asked what it divides by
            target(random.Random(seed), folder)
    except (UserError, BundleError) as error:
        if not str(error).strip():
            return Failure(target.__name__, seed, "an empty sentence")
    except BaseException as error:  # whatever it is, it is found
        if isinstance(error, KeyboardInterrupt):
            raise
        place = traceback.extract_tb(error.__traceback__)[-1]
        said = str(error).partition("\n")[0][:100]
        return Failure(target.__name__, seed, f"{type(error).__name__} {said} ({place.filename}:{place.lineno})")
    finally:
        for timer in (signal.ITIMER_PROF, signal.ITIMER_REAL):
            signal.setitimer(timer, 0)
    if marker.exists():
        marker.unlink()
        return Failure(target.__name__, seed, "code of the file was run")
    if more := _listing(folder.parent) - before:
        return Failure(target.__name__, seed, f"wrote {sorted(more)[0]} outside of the folder given")
    took = time.process_time() - begun
    return Failure(target.__name__, seed, f"took {took:.0f} s") if took > PATIENCE else None


def _too_long(number: int, frame: FrameType | None) -> None:
    raise TookTooLong(f"not done after {PATIENCE} s")


def _listing(folder: Path) -> set[str]:
    return set(os.listdir(folder))


def _parse() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("targets", nargs="*", metavar="TARGET", help=f"of {', '.join(TARGETS)} (default: all)")
    parser.add_argument("--seconds", type=float, default=60.0, help="how long to try, all targets in turn")
    parser.add_argument("--cases", type=int, default=10**9, help="at most so many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first seed")
    arguments = parser.parse_args()
    if unknown := set(arguments.targets) - set(TARGETS):
        parser.error(f"no target {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    return arguments


def main() -> int:
    """Tries seed after seed at every target until the time is over; prints each failure when it is found."""
    arguments = _parse()
    faulthandler.enable()
    targets = [TARGETS[name] for name in arguments.targets or TARGETS]
    end, failures, tried = time.monotonic() + arguments.seconds, 0, 0
    with tempfile.TemporaryDirectory(prefix="fuzz-") as place:
        os.chdir(place)
        for seed in range(arguments.first, arguments.first + arguments.cases):
            for target in targets:
                if time.monotonic() > end:
                    break
                with tempfile.TemporaryDirectory(prefix="case-", dir=place) as folder:
                    failure = try_case(target, seed, Path(folder))
                tried += 1
                if failure:
                    failures += 1
                    print(failure, flush=True)
            if time.monotonic() > end:
                break
    print(f"{tried} cases, {failures} failures; the last seed was {seed}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
