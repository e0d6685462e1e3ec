"""A process that judges a stranger's policy and can do nothing else: `python -m playground_amp.gates.sandbox`.

It reads a request from standard input and writes an answer to standard output, both JSON. Its memory, its time and the
files it writes are bounded by the system. A policy is data: it is read by `safe_pickle` or as a graph of arithmetic,
and the code in a bundle is never run. Should anything get it to run code all the same, sockets, other programs and
writing are closed to Python by an audit hook, which cannot be taken off again, and on Linux the network is gone.
"""

import ctypes
import json
import os
import sys
import threading
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from playground_amp.configs.schema import Config
    from playground_amp.gates.cells import Gate
    from playground_amp.robot.record import Robot

_FORBIDDEN = ("socket.connect", "socket.bind", "socket.getaddrinfo", "socket.sendto", "subprocess.Popen", "os.system")
_FORBIDDEN += ("os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "pty.spawn", "ftplib.connect")
_CHANGES = ("os.remove", "os.rename", "os.rmdir", "os.mkdir", "os.link", "os.symlink", "os.chmod", "os.truncate")
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_LARGEST_FILE = 256 * 2**20  # bytes
_NEW_USER, _NEW_NETWORK = 0x10000000, 0x40000000  # of unshare(2)


def confine(memory: int, seconds: int, writable: tuple[Path, ...]) -> None:
    """Bounds this process for good: bytes of memory, seconds of processor a core, and where it may write."""
    if sys.platform != "win32":
        import resource

        cores = os.cpu_count() or 1
        for what, most in (
            (resource.RLIMIT_AS, memory),
            (resource.RLIMIT_CPU, seconds * cores),
            (resource.RLIMIT_FSIZE, _LARGEST_FILE),
            (resource.RLIMIT_CORE, 0),
        ):
            _, hard = resource.getrlimit(what)
            bound = most if hard == resource.RLIM_INFINITY else min(most, hard)
            resource.setrlimit(what, (bound, bound))
    _leave_network()
    roots = tuple(os.path.realpath(path) for path in writable)

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        if event in _FORBIDDEN:
            raise PermissionError(f"{event} is closed to who judges a stranger's policy")
        if event == "open" and _writes(arguments) and not _within(arguments[0], roots):
            raise PermissionError(f"{arguments[0]!r} is closed to writing")
        if event in _CHANGES and not _within(arguments[0], roots):
            raise PermissionError(f"{event} of {arguments[0]!r} is closed")

    sys.addaudithook(audit)


def end_with(parent: int, look_every: float = 1.0) -> None:
    """Ends this process when its parent, who waits for the answer, has ended, however that did."""

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(look_every)
        os._exit(1)

    threading.Thread(target=look, daemon=True).start()


def judge(request: dict[str, Any]) -> dict[str, Any]:
    """The card of a policy, judged as the request says, as plain data. Raises UserError if it is refused."""
    import dataclasses

    from playground_amp.configs.changes import changed
    from playground_amp.deploy.manifest import trained_commands
    from playground_amp.gates.card import FORMAT, PolicyCard, cell_claims
    from playground_amp.gates.gate_report import report_of
    from playground_amp.gates.gates import find_gate
    from playground_amp.gates.runner import run_gate
    from playground_amp.policies.opening import open_policy
    from playground_amp.robot.robot import load_robot

    path = Path(request["policy"])
    judged = path / "policy.onnx" if os.path.isdir(path) else path
    _require_own_code(path)
    source = open_policy(path, request["robot"])
    robot = load_robot(source.config.robot, "flat")
    _require_own_bounds(path, source.config, robot)
    gate = find_gate(request["gate"]).scaled_for(robot).reduced(request["distance"], request["episodes"])
    gate = gate.with_ideal_sensors() if request["sensors"] == "ideal" else gate
    gate = dataclasses.replace(gate, seed=request["seed"])
    config = changed(source.config, {"env.bus": True}) if request["sensors"] == "bus" else source.config
    run = run_gate(gate, config, source.controller, partial(_report_progress, Path(request["progress"]), gate))
    report = report_of(run, judged, 0.0)
    card = PolicyCard(
        format=FORMAT,
        policy_sha256=report.checkpoint.sha256,
        robot=report.robot.name,
        robot_sha256=report.robot.sha256,
        code=request["code"],
        command=request["command"],
        gate=gate.name,
        passed=run.passed,
        reduced=run.reductions,
        seed=gate.seed,
        sensors=run.sensors,
        commands=[(low, high) for low, high in trained_commands(source.config)],
        cells=cell_claims(run),
    )
    return card.model_dump()


def _require_own_code(policy: Path) -> None:
    """Raises UserError if a bundle brings other code than this version's."""
    from playground_amp.deploy import runtime
    from playground_amp.deploy.robot_program import NAME, robot_program
    from playground_amp.errors import UserError

    carried = policy / "runtime.py"
    if os.path.isdir(policy) and (not os.path.isfile(carried) or carried.read_bytes() != _own(runtime.__file__)):
        raise UserError(f"{carried} is not the runtime of this version: whatever it does, it would do on the robot")
    program = policy / NAME
    if os.path.isfile(program) and program.read_bytes() != robot_program():
        raise UserError(f"{program} is not the program of this version: whatever it does, it would do on the robot")


def _require_own_bounds(policy: Path, config: "Config", robot: "Robot") -> None:
    """Raises UserError if a bundle has the robot obey other commands, or believe other readings, than an export."""
    from playground_amp.deploy.manifest import foreign_entries
    from playground_amp.errors import UserError
    from playground_amp.policies.opening import MANIFEST

    if os.path.isdir(policy):
        manifest = json.loads(_own(policy / MANIFEST))
        for entry in foreign_entries(manifest, config, robot, bounds=True):
            raise UserError(f"{entry} in {policy / MANIFEST} is not what this version exports: export the policy anew")


def _report_progress(path: Path, gate: "Gate", unfinished: int, seconds: float) -> None:
    """Leaves the share that is done, and the episodes that are not, where whoever waits looks for them."""
    longest = max(cell.time_limit for cell in gate.cells)
    path.write_text(f"{seconds / longest:.4f} {unfinished}")


def _import_what_judges() -> None:
    import importlib.util

    import playground_amp.gates.runner
    import playground_amp.policies.bundle
    import playground_amp.policies.saved_state  # noqa: F401

    if importlib.util.find_spec("onnxruntime"):
        import onnxruntime  # noqa: F401


def _own(file: str | Path) -> bytes:
    return Path(file).read_bytes()


def _leave_network() -> None:
    """A network of this process's own, with nothing in it, where the kernel grants that to users."""
    if sys.platform == "linux":
        unshare = getattr(ctypes.CDLL(None), "unshare", None)
        if unshare and unshare(_NEW_NETWORK) != 0:
            unshare(_NEW_USER | _NEW_NETWORK)


def _writes(arguments: tuple[Any, ...]) -> bool:
    _, mode, flags = arguments
    return bool(set(mode or "") & set("wax+")) or (isinstance(flags, int) and bool(flags & _WRITING))


def _within(path: Any, roots: tuple[str, ...]) -> bool:
    if isinstance(path, int) or path == os.devnull:
        return True
    real = os.path.realpath(os.fsdecode(path))
    return any(real == root or real.startswith(root + os.sep) for root in roots)


def main() -> int:
    """Answers one request: `{"card": …}`, or `{"refused": "…"}`."""
    request = json.loads(sys.stdin.read())
    answer_to = os.dup(1)
    os.dup2(2, 1)  # whatever a library prints is no answer
    from playground_amp.errors import UserError

    _import_what_judges()  # before that is closed: libraries look at the machine when they are imported
    confine(request["memory"], request["seconds"], tuple(map(Path, request["writable"])))
    end_with(request["parent"])  # after it: a process of several threads cannot leave its user
    try:
        answer = {"card": judge(request)}
    except UserError as error:
        answer = {"refused": str(error)}
    except MemoryError:
        answer = {"refused": "it needs more memory than it may have"}
    with os.fdopen(answer_to, "w") as stream:
        json.dump(answer, stream)
    return 0


if __name__ == "__main__":
    sys.exit(main())
