"""A run on Weights & Biases: online where an account and a network are there, else offline; it never asks or hangs."""

import json
import netrc
import os
import secrets
import shlex
import socket
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlsplit
from urllib.request import getproxies

from playground_amp.files import write_atomically

PROJECT = "wildrobot-brax-ppo"
DEFAULT_SERVER = "https://api.wandb.ai"
Mode = Literal["online", "offline", "disabled"]
CONNECT_TIMEOUT = 3.0
INIT_TIMEOUT = 20.0
FINISH_TIMEOUT = 30.0
TEARDOWN_TIMEOUT = 10.0


class WandbRun:
    """One run; a run that is resumed goes on under the same identity.

    Anything W&B raises comes out of these methods as it is: the caller drops the run and goes on without it.
    """

    def __init__(self, run_folder: Path, config: Mapping[str, Any], *, amp: bool) -> None:
        import wandb

        mode, reason = choose_mode(os.environ)
        identity = _identity(run_folder / "wandb_run.json", amp)
        arguments: dict[str, Any] = {"project": PROJECT, "config": dict(config), "dir": str(run_folder), **identity}
        settings = wandb.Settings(
            silent=True, console="off", init_timeout=INIT_TIMEOUT, finish_timeout=FINISH_TIMEOUT, disable_git=True
        )
        if mode == "online":
            try:
                self._run = wandb.init(mode="online", resume="allow", settings=settings, **arguments)
            except (wandb.Error, OSError, TimeoutError) as error:
                mode, reason = "offline", f"the server refused: {' '.join(str(error).split())}"
                _tear_down(wandb.teardown)
        if mode != "online":
            self._run = wandb.init(mode=mode, settings=settings, **arguments)
        self.message = _message(mode, reason, self._run)

    def log(self, record: Mapping[str, float | int]) -> None:
        """Logs a record under its iteration."""
        self._run.log(dict(record), step=int(record["iteration"]))

    def finish(self, videos: list[Path]) -> None:
        """Uploads the videos and ends the run; gives up after a while."""
        if videos:
            import wandb

            self._run.log({f"video/{path.stem}": wandb.Video(str(path), format="mp4") for path in videos})
        self._run.finish()


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
    server = environment.get("WANDB_BASE_URL", DEFAULT_SERVER)
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


def _answers(server: str) -> bool:
    """Whether the server, or the proxy on the way to it, takes a connection within CONNECT_TIMEOUT."""
    scheme = urlsplit(server).scheme or "https"
    target = urlsplit(getproxies().get(scheme, server))
    address = (target.hostname or "", target.port or (80 if target.scheme == "http" else 443))
    connected = threading.Event()

    def connect() -> None:
        try:
            socket.create_connection(address, CONNECT_TIMEOUT).close()
        except OSError:
            return
        connected.set()

    thread = threading.Thread(target=connect, daemon=True)  # name resolution knows no timeout of its own
    thread.start()
    thread.join(CONNECT_TIMEOUT)
    return connected.is_set()


def _identity(path: Path, amp: bool) -> dict[str, str]:
    """The id and the name of this folder's run: made once, then read back."""
    if path.exists():
        return json.loads(path.read_text())
    prefix = "brax_ppo_amp" if amp else "brax_ppo"
    identity = {"id": secrets.token_hex(8), "name": f"{prefix}_{time.strftime('%Y%m%d_%H%M%S')}"}
    write_atomically(path, json.dumps(identity).encode())
    return identity


def _message(mode: str, reason: str, run: Any) -> str:
    if mode == "online":
        return f"W&B: {run.url}"
    if mode == "disabled":
        return f"W&B: off ({reason})"
    return f"W&B: logging offline: {reason}. Upload later with: wandb sync {shlex.quote(str(Path(run.dir).parent))}"
