"""metrics.jsonl, TensorBoard, W&B and the console."""

import json
import math
import os
import struct
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import jax
import pytest
from fake_trainer import fake_config

from playground_amp.learning.iteration import Trainer
from playground_amp.runs.tracking import tracker as tracking
from playground_amp.runs.tracking import wandb_run
from playground_amp.runs.tracking.console import PlainConsole
from playground_amp.runs.tracking.metrics_log import MetricsLog, read_records
from playground_amp.runs.tracking.tracker import Tracker
from playground_amp.runs.tracking.wandb_run import choose_mode

CONFIG = {"trainer": {"lr": 3e-4}, "amp": {"enabled": False}}


def record(iteration: int, **values: float) -> dict[str, float | int]:
    return {"iteration": iteration, "env_steps": iteration * 320, "reward": iteration / 3, **values}


def write(path: Path, iterations: range) -> None:
    log = MetricsLog(path, through=iterations.start - 1)
    for iteration in iterations:
        log.write(record(iteration))
    log.close()


def test_each_line_is_strict_json_with_the_exact_number(tmp_path: Path) -> None:
    log = MetricsLog(tmp_path / "m.jsonl", 0)
    log.write(record(1, nan=math.nan, inf=-math.inf, third=1 / 3))
    log.close()
    assert read_records(tmp_path / "m.jsonl") == [record(1) | {"nan": None, "inf": None, "third": 1 / 3}]


def test_resuming_cuts_what_follows_and_doubles_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.jsonl"
    write(path, range(1, 8))
    write(path, range(5, 11))
    assert [line["iteration"] for line in read_records(path)] == list(range(1, 11))


@pytest.mark.parametrize("torn", [b'{"iteration": 5, "rew', b'{"iteration": 5}', b"\x00\x00", b"[]\n"])
def test_a_torn_last_line_is_repaired(tmp_path: Path, torn: bytes) -> None:
    path = tmp_path / "m.jsonl"
    write(path, range(1, 5))
    with open(path, "ab") as file:
        file.write(torn)
    write(path, range(5, 7))
    assert [line["iteration"] for line in read_records(path)] == list(range(1, 7))


def test_lines_that_are_not_there_are_told(tmp_path: Path) -> None:
    write(tmp_path / "metrics.jsonl", range(1, 4))
    said: list[str] = []
    Tracker(tmp_path, CONFIG, through=10, use_wandb=False, say=said.append).close()
    assert said == ["metrics.jsonl lacks 7 of the 10 iterations before this one"]


class FullDisk:
    """A file that takes `room` bytes more and then refuses."""

    def __init__(self, file: Any, room: int) -> None:
        self.file, self.room = file, room

    def write(self, data: bytes) -> int:
        if not self.room:
            raise OSError(28, "No space left on device")
        taken = self.file.write(data[: self.room])
        self.room -= taken
        return taken

    def __getattr__(self, name: str) -> Any:
        return getattr(self.file, name)


def test_lines_that_a_full_disk_refuses_are_written_later(tmp_path: Path) -> None:
    said: list[str] = []
    tracker = Tracker(tmp_path, CONFIG, through=0, use_wandb=False, say=said.append)
    tracker.log(record(1))
    sound = tracker._log._file
    tracker._log._file = FullDisk(sound, 20)  # pyright: ignore[reportAttributeAccessIssue]
    tracker.log(record(2))
    tracker.log(record(3))
    assert [line["iteration"] for line in read_records(tmp_path / "metrics.jsonl")] == [1]
    tracker._log._file = sound
    tracker.log(record(4))
    tracker.close()
    assert [line["iteration"] for line in read_records(tmp_path / "metrics.jsonl")] == [1, 2, 3, 4]
    assert len(said) == 1
    assert "No space left" in said[0]


def test_tensorboard_holds_every_iteration(tmp_path: Path) -> None:
    tracker = Tracker(tmp_path, CONFIG, through=0, use_wandb=False, say=print)
    for iteration in range(1, 4):
        tracker.log(record(iteration))
    tracker.close()
    (path,) = (tmp_path / "tensorboard").iterdir()
    steps = [event.step for event in tensorboard_events(path) if event.HasField("summary")]
    assert steps == [1, 2, 3]


def tensorboard_events(path: Path) -> list[Any]:
    from tensorboardX.proto.event_pb2 import Event  # pyright: ignore[reportAttributeAccessIssue]

    data, events = path.read_bytes(), []
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        events.append(Event.FromString(data[12 : 12 + length]))
        data = data[16 + length :]
    return events


def test_a_sink_that_fails_is_left_out_and_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: Any, **__: Any) -> None:
        raise RuntimeError("broken\nat length")

    said: list[str] = []
    monkeypatch.setattr(tracking, "WandbRun", fails)
    monkeypatch.setattr(tracking.TensorBoard, "log", fails)
    tracker = Tracker(tmp_path, CONFIG, through=0, use_wandb=True, say=said.append)
    tracker.log(record(1))
    tracker.log(record(2))
    tracker.close()
    assert said == ["W&B: not used (broken)", "TensorBoard: stopped (broken); metrics.jsonl goes on"]
    assert len(read_records(tmp_path / "metrics.jsonl")) == 2


def test_wandb_that_is_not_installed_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "wandb", None)
    said: list[str] = []
    Tracker(tmp_path, CONFIG, through=0, use_wandb=True, say=said.append).close()
    assert len(said) == 1
    assert said[0].startswith("W&B: not used")


def test_wandb_mode_follows_variable_account_and_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wandb_run, "_answers", lambda server: server == "https://there")
    no_account = {"NETRC": str(tmp_path / "none"), "WANDB_BASE_URL": "https://there"}
    assert choose_mode({"WANDB_MODE": "offline", "WANDB_API_KEY": "k"}) == ("offline", "WANDB_MODE=offline")
    assert choose_mode({"WANDB_MODE": "disabled"})[0] == "disabled"
    assert "no account" in choose_mode(no_account)[1]
    assert choose_mode(no_account | {"WANDB_API_KEY": "k"}) == ("online", "")
    assert "no network" in choose_mode({"WANDB_API_KEY": "k", "WANDB_BASE_URL": "https://gone"})[1]
    (tmp_path / "netrc").write_text("machine there login user password secret\n")
    assert choose_mode(no_account | {"NETRC": str(tmp_path / "netrc")}) == ("online", "")


def test_a_server_that_does_not_answer_is_given_up_on() -> None:
    assert not wandb_run._answers("http://127.0.0.1:9")


def test_wandb_offline_holds_every_iteration_and_the_video(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WANDB_MODE", "offline")
    said: list[str] = []
    tracker = Tracker(tmp_path, CONFIG, through=0, use_wandb=True, say=said.append)
    for iteration in range(1, 21):
        tracker.log(record(iteration))
    (tmp_path / "walk.mp4").write_bytes(b"a video")
    tracker.close()
    assert len(said) == 1
    assert said[0].startswith("W&B: logging offline: WANDB_MODE=offline. Upload later with: wandb sync ")
    (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    contents = wandb_contents(path)
    rows = [content["history"]["item"] for content in contents if content["type"] == "history"]
    logged = [row for row in rows if "iteration" in row]
    assert [row["iteration"] for row in logged] == list(range(1, 21))
    assert [row["_step"] for row in logged] == list(range(1, 21))
    assert [row["reward"] for row in logged] == [iteration / 3 for iteration in range(1, 21)]
    assert any("video/walk" in name for row in rows for name in row)
    (run,) = (content["run"] for content in contents if content["type"] == "run")
    identity = json.loads((tmp_path / "wandb_run.json").read_text())
    assert (run["project"], run["run_id"]) == ("wildrobot-brax-ppo", identity["id"])
    assert run["config"]["update"]["trainer"] == CONFIG["trainer"]
    assert identity["name"].startswith("brax_ppo_2")


class Refusing(BaseHTTPRequestHandler):
    """A W&B server for which the account is none."""

    def do_POST(self) -> None:
        self.send_response(401)
        self.send_header("Content-Length", "2")
        self.end_headers()
        self.wfile.write(b"{}")

    do_GET = do_POST

    def log_message(self, format: str, *_: Any) -> None:
        pass


@pytest.mark.slow
def test_wandb_that_is_refused_by_its_server_logs_offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), Refusing) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        monkeypatch.setenv("WANDB_BASE_URL", f"http://127.0.0.1:{server.server_port}")
        monkeypatch.setenv("WANDB_API_KEY", "k" * 40)
        monkeypatch.delenv("WANDB_MODE", raising=False)
        said: list[str] = []
        tracker = Tracker(tmp_path, CONFIG, through=0, use_wandb=True, say=said.append)
        tracker.log(record(1))
        tracker.close()
        server.shutdown()
    assert len(said) == 1
    assert said[0].startswith("W&B: logging offline: the server refused: ")
    (path,) = tmp_path.glob("wandb/offline-run-*/*.wandb")
    assert [content["history"]["item"]["reward"] for content in wandb_contents(path) if "history" in content] == [1 / 3]


class FallingSilent(BaseHTTPRequestHandler):
    """A W&B server that answers `answers` requests and then keeps connections open and sends nothing."""

    answers = 0

    def do_POST(self) -> None:
        type(self).answers -= 1
        if type(self).answers < 0:
            threading.Event().wait()
        asked = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        project = {"id": "p", "name": "wildrobot-brax-ppo", "entity": {"id": "e", "name": "us"}}
        run = {"id": "r", "name": "r", "displayName": "r", "project": project, "historyLineCount": 0}
        upserted = {"upsertBucket": {"bucket": run, "inserted": True}} if b"UpsertBucket" in asked else {}
        resumed = {"model": {"id": "p", "name": "p", "bucket": None}} if b"RunResumeStatus" in asked else {}
        answer = json.dumps({"data": upserted or resumed}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_HEAD = do_POST

    def log_message(self, format: str, *_: Any) -> None:
        pass


SHORT_RUN = """
import sys
from pathlib import Path
from playground_amp.runs.tracking import wandb_run
from playground_amp.runs.tracking.tracker import Tracker

wandb_run.ANSWER_TIMEOUT = wandb_run.FINISH_TIMEOUT = 1.0
tracker = Tracker(Path(sys.argv[1]), {"amp": {"enabled": False}}, through=0, use_wandb=True, say=print)
tracker.log({"iteration": 1, "env_steps": 320, "reward": 1 / 3})
tracker.close()
"""


@pytest.mark.parametrize(
    ("answers", "told"), [(0, "logging offline: no network"), (5, "the server did not take everything")]
)
def test_a_server_that_hangs_holds_up_no_end(tmp_path: Path, answers: int, told: str) -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), FallingSilent) as server:
        server.daemon_threads, FallingSilent.answers = True, answers
        threading.Thread(target=server.serve_forever, daemon=True).start()
        variables = {name: value for name, value in os.environ.items() if not name.startswith("WANDB_")}
        variables |= {"WANDB_BASE_URL": f"http://127.0.0.1:{server.server_port}", "WANDB_API_KEY": "k" * 40}
        run = [sys.executable, "-c", SHORT_RUN, str(tmp_path)]
        done = subprocess.run(run, capture_output=True, text=True, timeout=15, check=True, env=variables)
        server.shutdown()
    assert told in done.stdout.splitlines()[-1]
    assert "Upload later with: wandb sync " in done.stdout
    (path,) = tmp_path.glob("wandb/*run-*/*.wandb")
    assert [content["history"]["item"]["reward"] for content in wandb_contents(path) if "history" in content] == [1 / 3]


def test_a_failed_start_that_does_not_end_is_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wandb_run, "TEARDOWN_TIMEOUT", 0.01)

    def never_ends() -> None:
        threading.Event().wait()

    wandb_run._tear_down(never_ends)


def wandb_contents(path: Path) -> list[dict[str, Any]]:
    """The contents of a .wandb file up to the run's end, by W&B's own reader."""
    reader = [
        sys.executable,
        "-m",
        "wandb",
        "leet",
        "inspect",
        "--json",
        "--follow",
        "--idle-timeout",
        "60s",
        str(path),
    ]
    done = subprocess.run(reader, capture_output=True, text=True, timeout=120, check=True, stdin=subprocess.DEVNULL)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_plain_lines_are_those_of_the_guide(capsys: pytest.CaptureFixture[str]) -> None:
    console = PlainConsole()
    values = {"reward": -25.43, "episode_length": 150.5, "policy_loss": -0.0023, "value_loss": 2.45}
    for steps in range(1000, 3000, 250):
        console.show({"iteration": steps, "env_steps": steps, **values})
    assert capsys.readouterr().out.splitlines() == [
        "Step 1,000: reward=-25.43, length=150.5, policy_loss=-0.0023, value_loss=2.45",
        "Step 2,000: reward=-25.43, length=150.5, policy_loss=-0.0023, value_loss=2.45",
    ]


def test_every_metric_of_the_trainer_is_documented() -> None:
    trainer = Trainer(fake_config("run"))
    metrics = jax.eval_shape(trainer.iterate, jax.eval_shape(trainer.init)).metrics
    page = (Path(__file__).parents[2] / "docs/metrics.md").read_text()
    names = {"reward/<term>" if name.startswith("reward/") else name for name in metrics}
    assert [name for name in sorted(names) if f"`{name}`" not in page] == []


def test_a_sink_that_hangs_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    said: list[str] = []
    monkeypatch.setattr(tracking.TensorBoard, "log", lambda *_: threading.Event().wait())
    monkeypatch.setattr(Tracker, "CLOSE_SECONDS", 0.1)
    tracker = Tracker(tmp_path, CONFIG, through=0, use_wandb=False, say=said.append)
    tracker.log(record(1))
    tracker.close()
    assert said == ["TensorBoard did not end within 0 s: left alone"]
    assert len(read_records(tmp_path / "metrics.jsonl")) == 1
