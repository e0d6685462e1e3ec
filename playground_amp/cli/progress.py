"""How far a command is that takes longer than a few seconds, and how long it will still take."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

Show = Callable[[float, str], None]
_SHARE_TO_TELL = 0.02  # of the work, before the time that is left can be told from it


@contextmanager
def progress(what: str, clock: Callable[[], float] = time.monotonic, first: str = "compiling") -> Iterator[Show]:
    """A line on standard error, where that is a terminal: `what`, what is being done, and about how long it goes on.

    Yields the function (share of the work that is done, words). Time counts from its first call on: before that a
    command does what is `first`, such as compiling, which says nothing of what follows.
    """
    from rich.console import Console

    began: list[tuple[float, float]] = []  # when, and at which share
    with Console(stderr=True).status(f"{what}: {first}") as status:

        def show(share: float, words: str) -> None:
            if not began:
                began.append((clock(), share))
            left = time_left(clock() - began[0][0], began[0][1], share)
            status.update(f"{what}: {words}{f', {left}' if left else ''}")

        yield show


def time_left(elapsed: float, from_share: float, share: float) -> str:
    """In words, the time that the rest of the work takes at the pace so far; empty where that cannot be told yet."""
    if share - from_share < _SHARE_TO_TELL or share >= 1:
        return ""
    seconds = elapsed * (1 - share) / (share - from_share)
    if seconds < 90:
        return f"about {max(1, round(seconds))} s left"
    return f"about {round(seconds / 60)} min left" if seconds < 5400 else f"about {seconds / 3600:.1f} h left"
