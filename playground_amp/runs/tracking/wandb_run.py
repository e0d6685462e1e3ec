"""A run on Weights & Biases: online where an account and a network are there, else offline; it never asks or hangs."""

import json
import netrc
import os
import secrets
import shlex
import ssl
import threading
import time
from collections.abc import Callable, Mapping
from http.client import HTTPException
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import Request, urlopen

from playground_amp.files import write_atomically

if TYPE_CHECKING:
    import wandb

PROJECT = "wildrobot-brax-ppo"
DEFAULT_SERVER = "https://api.wandb.ai"
Mode = Literal["online", "offline", "disabled"]
ANSWER_TIMEOUT = 4.0
INIT_TIMEOUT = 20.0
FINISH_TIMEOUT = 5.0  # what has not arrived by then lies in the run's folder
TEARDOWN_TIMEOUT = 2.0


class WandbRun:
    """One run; a run that is resumed goes on under the same identity.

    Anything W&B raises comes out of these methods as it is: the caller drops the run and goes on without it.
    """

    def __init__(self, run_folder: Path, config: Mapping[str, object], *, amp: bool) -> None:
        os.environ.setdefault("WANDB_ERROR_REPORTING", "false")  # its reports hold up the process's end
        import wandb

        mode, reason = choose_mode(os.environ)
        identity = _identity(run_folder / "wandb_run.json", amp)
        settings = wandb.Settings(
            silent=True,
            console="off",
            init_timeout=INIT_TIMEOUT,
            finish_timeout=FINISH_TIMEOUT,
            finish_timeout_raises=True,
            disable_git=True,
        )

        def start(mode: Mode, resume: Literal["allow"] | None = None) -> wandb.Run:
            return wandb.init(
                project=PROJECT,
                dir=str(run_folder),
                id=identity["id"],
                name=identity["name"],
                config=dict(config),
                mode=mode,
                resume=resume,
                settings=settings,
            )

        if mode == "online":
            try:
                self._run = start("online", resume="allow")
            except (wandb.Error, OSError, TimeoutError) as error:
                mode, reason = "offline", f"the server refused: {' '.join(str(error).split())}"
                _tear_down(wandb.teardown)
        if mode != "online":
            self._run = start(mode)
        self.message = _message(mode, reason, self._run)

    def log(self, record: Mapping[str, float | int]) -> None:
        """Logs a record under its iteration."""
        self._run.log(dict(record), step=int(record["iteration"]))

    def finish(self, videos: list[Path]) -> None:
        """Uploads the videos and ends the run.

        Raises TimeoutError that names the command for later, if the server has not taken everything in a few seconds.
        """
        if videos:
            import wandb

            self._run.log({f"video/{path.stem}": wandb.Video(str(path), format="mp4") for path in videos})
        try:
            self._run.finish()
        except TimeoutError as error:
            raise TimeoutError(f"the server did not take everything. {_upload_later(self._run)}") from error


def _tear_down(teardown: Callable[[], None]) -> None:
    """Ends what a start that failed has left: its process still holds the run's id. Gives up on one that hangs."""
    thread = threading.Thread(target=teardown, daemon=True)
    thread.start()
    thread.join(TEARDOWN_TIMEOUT)


def choose_mode(environment: Mapping[str, str]) -> tuple[Mode, str]:
    """("online" | "offline" | "disabled", why not online), by WANDB_MODE, an API key and whether the server answers."""
    asked = environment.get("WANDB_MODE", "").lower()
    if asked in ("disabled", "offline", "dryrun"):
        return ("disabled" if asked == "disabled" else "offline"), f"WANDB_MODE={asked}"
    server = _server(environment)
    if not _has_account(environment, server):
        return "offline", "no account (no API key; `wandb login` stores one)"
    if not _answers(server):
        return "offline", f"no network ({server} does not answer)"
    return "online", ""


def _has_account(environment: Mapping[str, str], server: str) -> bool:
    if environment.get("WANDB_API_KEY") or environment.get("WANDB_IDENTITY_TOKEN_FILE"):
        return True
    path = environment.get("NETRC", os.path.expanduser("~/.netrc"))
    try:
        entry = netrc.netrc(path).authenticators(urlsplit(server).hostname or "")
    except (OSError, netrc.NetrcParseError):
        return False
    return entry is not None


def _server(environment: Mapping[str, str]) -> str:
    return environment.get("WANDB_BASE_URL", DEFAULT_SERVER)


def _answers(server: str) -> bool:
    """Whether anything comes back from the server, a refusal too, through the proxy if there is one, in a few seconds.

    A connection alone says little: a server that hangs takes connections.
    """
    answered = threading.Event()

    def ask() -> None:
        try:
            urlopen(Request(server, method="HEAD"), timeout=ANSWER_TIMEOUT).close()
        except HTTPError:
            pass
        except URLError as error:
            if not isinstance(error.reason, ssl.SSLError):  # W&B has certificates of its own
                return
        except (OSError, ValueError, HTTPException):
            return
        answered.set()

    thread = threading.Thread(target=ask, daemon=True)  # name resolution knows no timeout of its own
    thread.start()
    thread.join(ANSWER_TIMEOUT)
    return answered.is_set()


def _identity(path: Path, amp: bool) -> dict[str, str]:
    """The id and the name of this folder's run: made once, then read back."""
    if path.exists():
        return json.loads(path.read_text())
    prefix = "brax_ppo_amp" if amp else "brax_ppo"
    identity = {"id": secrets.token_hex(8), "name": f"{prefix}_{time.strftime('%Y%m%d_%H%M%S')}"}
    write_atomically(path, json.dumps(identity).encode())
    return identity


def _message(mode: Mode, reason: str, run: "wandb.Run") -> str:
    if mode == "online":
        return f"W&B: {run.url}"
    if mode == "disabled":
        return f"W&B: off ({reason})"
    return f"W&B: logging offline: {reason}. {_upload_later(run)}"


def _upload_later(run: "wandb.Run") -> str:
    return f"Upload later with: wandb sync {shlex.quote(str(Path(run.dir).parent))}"
