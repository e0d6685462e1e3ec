"""Judge a stranger's policy anew, on seeds drawn now, and hold it against its card.  See `wildrobot verify --help`.

Exit status: 0 reproduced, 1 not reproduced, 2 refused, or a mistake in the command line.
"""

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground_amp.cli.parser import (
    CommandParser,
    add_ideal_sensors_flag,
    add_robot_flag,
    positive_float,
    positive_int_to,
    whole_number,
)
from playground_amp.errors import UserError
from playground_amp.paths import command_line
from playground_amp.telling import tell

if TYPE_CHECKING:
    from playground_amp.cli.progress import Show
    from playground_amp.gates.card import PolicyCard
    from playground_amp.gates.cells import Sensors

REPRODUCED_STATUS, NOT_REPRODUCED_STATUS = 0, 1
_MINUTES, _GIBIBYTES = 15.0, 16.0
_LOOK_SECONDS, _PROGRESS_BYTES = 0.5, 40


def build_parser() -> CommandParser:
    parser = CommandParser(
        description="Judge a policy anew in a process without rights, on a seed drawn now, and hold it against its "
        "card. Exit status: 0 reproduced, 1 not reproduced, 2 refused."
    )
    parser.add_argument("policy", type=Path, metavar="POLICY", help="bundle of export, final_iter_<N>.pkl, or a run")
    add_robot_flag(parser)
    parser.add_argument("--card", type=Path, metavar="FILE", help="the card (default: card.json beside the policy)")
    parser.add_argument("--write-card", type=Path, metavar="DIR", help="write card.json and card.md there instead")
    parser.add_argument("--gate", metavar="NAME", help="gate to judge by (default: the card's, else walk)")
    parser.add_argument("--episodes", type=positive_int_to(10_000), metavar="N", help="episodes a cell")
    parser.add_argument("--distance", type=positive_float, metavar="M", help="meters to walk, if not the full gate's")
    add_ideal_sensors_flag(parser)
    parser.add_argument("--seed", type=whole_number, metavar="N", help="of the episodes (default: drawn now)")
    parser.add_argument(
        "--minutes", type=positive_float, default=_MINUTES, metavar="MIN", help=f"it may take ({_MINUTES:g})"
    )
    parser.add_argument(
        "--memory", type=positive_float, default=_GIBIBYTES, metavar="GIB", help=f"it may use ({_GIBIBYTES:g})"
    )
    return parser


def main(argv: Sequence[str] | None = None) -> int:
    """Verifies as the command line says and returns the exit status. Raises UserError for what is refused."""
    arguments = build_parser().parse_args(argv)
    from playground_amp.gates.card import card_page, read_card, shortfalls

    policy = _policy(arguments.policy)
    card_path = arguments.card or _beside(policy)
    claimed = read_card(card_path) if arguments.card or os.path.exists(card_path) else None
    _require_card_place(arguments)
    found = _judged_apart(policy, arguments, claimed)
    tell(card_page(found))
    if arguments.write_card:
        _write_card(found, arguments.write_card)
        return REPRODUCED_STATUS if found.passed else NOT_REPRODUCED_STATUS
    if claimed is None:
        tell(f"there is no card {card_path} to hold it against")
        return REPRODUCED_STATUS if found.passed else NOT_REPRODUCED_STATUS
    _require_same_subject(claimed, found, card_path)
    worse = list(shortfalls(claimed, found))
    if found.reduced != claimed.reduced:
        tell(
            f"another gate than the card's, whose figures it is not held against: {', '.join(found.reduced) or 'full'}"
        )
    tell("\n".join(["not reproduced:", *worse]) if worse else f"reproduced: as {card_path} says, on seed {found.seed}")
    return NOT_REPRODUCED_STATUS if worse else REPRODUCED_STATUS


def _policy(path: Path) -> Path:
    """The bundle or the file that is meant."""
    from playground_amp.policies.opening import MANIFEST
    from playground_amp.runs.checkpoint import find_checkpoint

    return path if os.path.isfile(path / MANIFEST) else find_checkpoint(path)


def _beside(policy: Path) -> Path:
    from playground_amp.gates.card import CARD

    return (policy if os.path.isdir(policy) else policy.parent) / CARD


def _require_card_place(arguments: argparse.Namespace) -> None:
    from playground_amp.gates.card import CARD, CARD_FILE, CARD_PAGE, PAGE
    from playground_amp.outputs import require_output

    if arguments.write_card:
        require_output(arguments.write_card / CARD, CARD_FILE)
        require_output(arguments.write_card / PAGE, CARD_PAGE)


def _write_card(card: "PolicyCard", folder: Path) -> None:
    from playground_amp.gates.card import CARD, CARD_FILE, CARD_PAGE, PAGE, card_bytes, card_page
    from playground_amp.outputs import write_output

    write_output(folder / CARD, CARD_FILE, card_bytes(card))
    write_output(folder / PAGE, CARD_PAGE, card_page(card).encode())
    tell(f"card: {folder / CARD}")


def _require_same_subject(claimed: "PolicyCard", found: "PolicyCard", path: Path) -> None:
    """Raises UserError for a card of another policy or robot."""
    for what in ("policy", "robot"):
        told, is_now = (getattr(card, f"{what}_sha256") for card in (claimed, found))
        if told != is_now:
            raise UserError(f"refused: {path} is the card of another {what}: {told[:12]}…, this is {is_now[:12]}…")


def _judged_apart(policy: Path, arguments: argparse.Namespace, claimed: "PolicyCard | None") -> "PolicyCard":
    """The card of a new judgement, by a process that may do nothing else. Raises UserError if it is refused."""
    from playground_amp.cli.progress import progress
    from playground_amp.gates.card import PolicyCard
    from playground_amp.runs.manifest import code_revision

    seed = secrets.randbelow(2**31) if arguments.seed is None else arguments.seed
    command = command_line("verify", policy.name, "--seed", seed, *_reduced(arguments))
    cache = os.environ.get("JAX_COMPILATION_CACHE_DIR", "")
    with tempfile.TemporaryDirectory(prefix="verify-") as scratch:
        request: dict[str, Any] = {
            "policy": os.path.realpath(policy),
            "robot": arguments.robot and os.path.expanduser(arguments.robot),
            "gate": arguments.gate or (claimed.gate if claimed else "walk"),
            "sensors": _sensors(arguments, claimed),
            "distance": arguments.distance,
            "episodes": arguments.episodes,
            "seed": seed,
            "code": code_revision(),
            "command": command,
            "memory": int(arguments.memory * 2**30),
            "seconds": int(arguments.minutes * 60),
            "writable": [scratch, *([cache] if cache else [])],
            "progress": os.path.join(scratch, "progress"),
            "parent": os.getpid(),
        }
        with progress("judging apart") as show, _followed(Path(request["progress"]), show):
            answer = _answer(request, scratch, 60 * arguments.minutes)
    if "refused" in answer:
        raise UserError(f"refused: {answer['refused']}")
    return PolicyCard.model_validate(answer["card"])


def _sensors(arguments: argparse.Namespace, claimed: "PolicyCard | None") -> "Sensors | None":
    """By which the policy is judged: as its card says, unless a new one is written; None: by the gate's own."""
    if arguments.ideal_sensors:
        return "ideal"
    return claimed.sensors if claimed and not arguments.write_card else None


@contextmanager
def _followed(path: Path, show: "Show") -> Iterator[None]:
    """Shows meanwhile what the other process writes of its progress; whatever else stands there is passed over."""
    over = threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_SECONDS):
            with suppress(OSError, ValueError), path.open(encoding="ascii") as file:
                share, unfinished = file.read(_PROGRESS_BYTES).split()
                show(float(share), f"{int(unfinished)} episodes to go")

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _reduced(arguments: argparse.Namespace) -> list[str]:
    given = (("--gate", arguments.gate), ("--episodes", arguments.episodes), ("--distance", arguments.distance))
    words = [str(part) for flag, value in given if value is not None for part in (flag, value)]
    return [*words, *(["--ideal-sensors"] if arguments.ideal_sensors else [])]


def _answer(request: dict[str, Any], scratch: str, seconds: float) -> dict[str, Any]:
    import playground_amp

    environment = {
        **{name: value for name, value in os.environ.items() if "KEY" not in name and "TOKEN" not in name},
        "PYTHONPATH": str(Path(playground_amp.__file__).parents[1]),
        "PYTHONDONTWRITEBYTECODE": "1",
        "JAX_PLATFORMS": "cpu",
        "MUJOCO_GL": "disable",  # nothing is drawn
        "TMPDIR": scratch,
    }
    child = [sys.executable, "-m", "playground_amp.gates.sandbox"]
    try:
        done = subprocess.run(
            child, input=json.dumps(request), capture_output=True, text=True, env=environment, cwd=scratch,
            timeout=seconds, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise UserError(f"refused: not judged after {seconds / 60:g} minutes") from None
    try:
        return json.loads(done.stdout)
    except ValueError:
        last = (done.stderr.strip().splitlines() or ["without a word"])[-1]
        raise UserError(f"refused: judging it ended with status {done.returncode}: {last[:200]}") from None
