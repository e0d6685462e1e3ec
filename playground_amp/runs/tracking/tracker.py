"""Where the metrics of a run go: `metrics.jsonl` always, TensorBoard and W&B where they are there."""

import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from typing import Protocol, Self, TypeVar

from playground_amp.errors import UserError
from playground_amp.runs.tracking.metrics_log import MetricsLog, Record
from playground_amp.runs.tracking.wandb_run import WandbRun
from playground_amp.untyped import Plain

Say = Callable[[str], None]


class Sink(Protocol):
    """Somewhere else that records go."""

    def log(self, record: Record) -> None: ...
    def finish(self, videos: list[Path]) -> None: ...


S = TypeVar("S", bound=Sink)


class Tracker:
    """Sends each record to `metrics.jsonl`, which counts, and to sinks that may fail, wait for a network or hang.

    These work in a thread of their own, so that training waits for none of them.
    """

    CLOSE_SECONDS = 60.0

    def __init__(
        self, run_folder: Path, config: Mapping[str, Plain], *, through: int, use_wandb: bool, say: Say
    ) -> None:
        """`through`: the iteration already done; records after it are cut off. `say` prints a line to the user."""
        self._run_folder = run_folder
        self._say = say
        self._metrics_refused = False
        try:
            self._log = MetricsLog(run_folder / "metrics.jsonl", through)
        except OSError as error:
            raise UserError(f"{run_folder / 'metrics.jsonl'} cannot be written: {error.strerror}") from error
        if self._log.missing:
            say(f"metrics.jsonl lacks {self._log.missing} of the {through} iterations before this one")
        self._sinks: dict[str, Sink] = {}
        self._open("TensorBoard", lambda: TensorBoard(run_folder / "tensorboard", through))
        if use_wandb:
            run = self._open("W&B", lambda: WandbRun(run_folder, config, amp=config["amp"]["enabled"]))
            if run is not None:
                say(run.message)
        self._queue: SimpleQueue[Record | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._feed_sinks, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def log(self, record: Record) -> None:
        """Sends a record everywhere. A full disk is told once, and `metrics.jsonl` catches up when it has room."""
        try:
            self._log.write(record)
            self._metrics_refused = False
        except OSError as error:
            if not self._metrics_refused:
                self._say(f"metrics.jsonl could not be written ({error.strerror}); its lines are kept and tried again")
            self._metrics_refused = True
        self._queue.put(record)

    def sync(self) -> None:
        """Forces `metrics.jsonl` to the disk. Raises OSError if it refuses."""
        self._log.sync()

    def close(self) -> None:
        """Ends all sinks; videos in the run folder go to those that take them. Gives up on a sink that hangs."""
        try:
            self._log.close()
        except OSError as error:
            self._say(f"the last lines of metrics.jsonl could not be written ({error.strerror})")
        self._queue.put(None)
        self._thread.join(self.CLOSE_SECONDS)
        if self._thread.is_alive():
            self._say(f"{' and '.join(self._sinks)} did not end within {self.CLOSE_SECONDS:.0f} s: left alone")

    def _open(self, name: str, make: Callable[[], S]) -> S | None:
        try:
            self._sinks[name] = sink = make()
        except Exception as error:  # whatever a logging service raises, training goes on without it
            self._say(f"{name}: not used ({_first_line(error)})")
            return None
        return sink

    def _feed_sinks(self) -> None:
        """Passes on all records up to the None that ends them."""
        for record in iter(self._queue.get, None):
            for name in list(self._sinks):
                self._attempt(name, partial(self._sinks[name].log, record))
        videos = sorted(self._run_folder.glob("*.mp4"))
        for name in list(self._sinks):
            self._attempt(name, partial(self._sinks[name].finish, videos))

    def _attempt(self, name: str, act: Callable[[], None]) -> None:
        try:
            act()
        except Exception as error:  # whatever a logging service raises, training goes on without it
            self._say(f"{name}: stopped ({_first_line(error)}); metrics.jsonl goes on")
            del self._sinks[name]


class TensorBoard:
    """An event file in `folder`, written in this thread (tensorboardX's own blocks when the disk is full)."""

    FLUSH_SECONDS = 10.0

    def __init__(self, folder: Path, through: int) -> None:
        from tensorboardX.event_file_writer import EventsWriter
        from tensorboardX.proto.event_pb2 import Event, SessionLog  # pyright: ignore[reportAttributeAccessIssue]
        from tensorboardX.proto.summary_pb2 import Summary  # pyright: ignore[reportAttributeAccessIssue]

        folder.mkdir(parents=True, exist_ok=True)
        self._event, self._summary = Event, Summary
        self._writer = EventsWriter(str(folder / "events"), f".{through}")
        self._flushed = time.monotonic()
        if through:  # TensorBoard drops what an earlier process wrote after this step
            start = SessionLog(status=SessionLog.START)
            self._writer.write_event(Event(wall_time=time.time(), step=through + 1, session_log=start))

    def log(self, record: Record) -> None:
        values = [self._summary.Value(tag=name, simple_value=value) for name, value in record.items()]
        summary = self._summary(value=values)
        self._writer.write_event(self._event(wall_time=time.time(), step=int(record["iteration"]), summary=summary))
        if time.monotonic() - self._flushed > self.FLUSH_SECONDS:
            self._writer.flush()
            self._flushed = time.monotonic()

    def finish(self, videos: list[Path]) -> None:
        self._writer.close()


def _first_line(error: Exception) -> str:
    return (str(error) or type(error).__name__).splitlines()[0]
