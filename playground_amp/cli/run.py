"""Run a policy on the robot itself, from checks to limp servos.  See `wildrobot run --help`.

Needs NumPy and pyserial alone, and is on the robot as one file, `run.pyz` in the bundle. Exit status: 0 asked to stop,
2 a mistake in files or flags; `hardware/stops.py` has the others, each with its reason.
"""

import argparse
import os
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from playground_amp.cli.parser import CommandParser, finite_float, positive_float
from playground_amp.errors import UserError
from playground_amp.telling import tell, warn

if TYPE_CHECKING:
    from playground_amp.deploy.control_loop import Clock
    from playground_amp.deploy.runtime import WalkingPolicy
    from playground_amp.hardware.commands import CommandSource
    from playground_amp.hardware.hardware_file import HardwareFile
    from playground_amp.hardware.step_record import StepRecorder
    from playground_amp.hardware.stops import Stop

_LOGS = Path("robot_logs")
_YES = "yes"


def build_parser(bundle: Path | None = None) -> CommandParser:
    """`bundle`: the one that is run if none is named."""
    from playground_amp.hardware.stops import status_table

    parser = CommandParser(
        description="Run a policy on the robot: checks, a person's yes, home, stand, walk, limp servos."
    )
    parser.epilog = f"exit status:\n{status_table()}"
    if bundle is not None:
        parser.epilog += f"\n\n{parser.prog} calibrate makes hardware.yaml what this robot is"
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    needed = bundle is None
    shown = "" if needed else f" (default: {bundle})"
    parser.add_argument(
        "--bundle", type=Path, required=needed, default=bundle, metavar="DIR", help=f"of `wildrobot export`{shown}"
    )
    parser.add_argument("--hardware", type=Path, required=True, metavar="FILE", help="hardware.yaml of this robot")
    parser.add_argument(
        "--log", type=Path, metavar="FILE", help=f"every step goes there (default: {_LOGS}/<time>.wrlog)"
    )
    parser.add_argument("--yes", action="store_true", help="a script's yes: it moves without asking anybody")
    parser.add_argument(
        "--seconds", type=positive_float, metavar="S", help="stop after so long with the policy (default: no end)"
    )
    parser.add_argument(
        "--speed",
        type=positive_float,
        default=1.0,
        metavar="X",
        help="times real time, against a twin of the same --speed; refused where a port is no pseudo-terminal",
    )
    source = parser.add_argument_group("who leads it (default: the keyboard)").add_mutually_exclusive_group()
    source.add_argument(
        "--command-udp", type=_port, metavar="PORT", help="datagrams on localhost: FORWARD LEFT TURN, or stop, or limp"
    )
    source.add_argument(
        "--gamepad", type=Path, nargs="?", const=Path("/dev/input/js0"), metavar="DEVICE", help="(default: %(const)s)"
    )
    source.add_argument(
        "--command",
        type=finite_float,
        nargs=3,
        metavar=("FORWARD", "LEFT", "TURN"),
        help="m/s, m/s and rad/s, the same all the time",
    )
    return parser


def main(argv: Sequence[str] | None = None, bundle: Path | None = None) -> int:
    """Runs the robot and returns the exit status. Raises UserError for a mistake, before anything moves."""
    arguments = build_parser(bundle).parse_args(argv)
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # before NumPy: helpers would only be in the loop's way
    from playground_amp.deploy.control_loop import Clock
    from playground_amp.deploy.runtime import BundleError, load_policy
    from playground_amp.hardware.checks import require_fitting, require_twin
    from playground_amp.hardware.commander import ToldToEnd
    from playground_amp.hardware.hardware_file import parse_hardware
    from playground_amp.hardware.log import LogWriter
    from playground_amp.hardware.realtime import come_first
    from playground_amp.hardware.step_record import StepRecorder, header_of
    from playground_amp.hardware.stops import Reason

    text = _hardware_text(arguments.hardware)
    hardware = parse_hardware(text, str(arguments.hardware))
    try:
        policy = load_policy(arguments.bundle)
    except BundleError as error:
        raise UserError(str(error)) from error
    require_fitting(policy, hardware, arguments.hardware)
    if arguments.speed != 1:
        require_twin(hardware, arguments.speed)
    sources = _sources(arguments, policy, hardware)
    tell(f"bundle {arguments.bundle}: as it was exported ({policy.backend}); scheduling: {come_first()}")
    log_path = arguments.log or _LOGS / f"{time.strftime('%Y-%m-%d_%H-%M-%S')}.wrlog"
    with LogWriter(log_path, header_of(policy, arguments.bundle, hardware, text)) as log:
        clock = Clock(arguments.speed)
        recorder = StepRecorder(policy, hardware, log, clock)
        try:
            stop = _run(arguments, policy, hardware, sources, recorder, clock)
        except ToldToEnd as told:  # before the checks
            warn(f"{told}: nothing has moved")
            return Reason.SIGNAL.status
    _summarize(stop, recorder, log_path)
    if log.failure or log.dropped:
        warn(f"the log is not whole: {log.dropped} records are missing{f' ({log.failure})' if log.failure else ''}")
    return stop.reason.status


def _hardware_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else "it is no text"
        raise UserError(f"the hardware file {path} cannot be read: {reason}") from None


def _sources(arguments: argparse.Namespace, policy: "WalkingPolicy", hardware: "HardwareFile") -> "list[CommandSource]":
    """Who leads it, then who else may stop it. Raises UserError."""
    from playground_amp.hardware.commander import Signals
    from playground_amp.hardware.commands import CommandRange, FixedCommand, UdpCommands
    from playground_amp.hardware.gamepad import Gamepad
    from playground_amp.hardware.keyboard import Keyboard

    commands = CommandRange(policy.manifest["command"])
    terminal = sys.stdin if sys.stdin is not None and sys.stdin.isatty() else None
    keyboard = [Keyboard(commands, terminal.fileno())] if terminal else []
    try:
        if arguments.command_udp is not None:
            leader = [UdpCommands(arguments.command_udp, hardware.limits.command_age)]
        elif arguments.gamepad is not None:
            leader = [Gamepad(commands, arguments.gamepad)]
        else:
            leader = [FixedCommand(tuple(arguments.command))] if arguments.command else []
    except OSError as error:
        asked = f"--gamepad {arguments.gamepad}" if arguments.gamepad else f"--command-udp {arguments.command_udp}"
        raise UserError(f"{asked}: {error.strerror}") from None
    if not leader and not keyboard:
        raise UserError("there is no terminal whose keys could lead it: name --command-udp, --gamepad or --command")
    if not terminal and not arguments.yes:
        raise UserError("there is no terminal to ask whether it may move: --yes says so")
    signals = Signals()
    signals.break_off()
    return [*leader, *keyboard, signals]


def _run(
    arguments: argparse.Namespace,
    policy: "WalkingPolicy",
    hardware: "HardwareFile",
    sources: "list[CommandSource]",
    recorder: "StepRecorder",
    clock: "Clock",
) -> "Stop":
    from playground_amp.hardware.commander import Commander
    from playground_amp.hardware.commands import CommandRange
    from playground_amp.hardware.guardian import Guardian
    from playground_amp.hardware.realtime import freeze_memory
    from playground_amp.hardware.robot_bus import RobotBus
    from playground_amp.hardware.robot_run import Plan, RobotRun

    commander = Commander(sources, CommandRange(policy.manifest["command"]))
    plan = Plan(
        confirm=lambda: arguments.yes or _asked(),
        waits_for_go=not arguments.yes,
        seconds=arguments.seconds,
        tell=tell,
    )
    for source in commander.sources:
        tell(f"{source.name}: {source.help}")
    freeze_memory()  # before lines are read: it takes longer than an answer is waited for
    with Guardian(arguments.hardware) as guardian, RobotBus(hardware, clock) as bus:
        try:
            return RobotRun(policy, hardware, bus, commander, recorder, guardian, plan, clock).run()
        finally:
            commander.close()


def _asked() -> bool:
    """Whether the person at the terminal says yes."""
    tell(f"The servos get stiff and the robot moves home: hold it, and keep clear. Type {_YES} to let it:")
    try:
        return input().strip().lower() == _YES
    except EOFError:
        return False


def _summarize(stop: "Stop", recorder: "StepRecorder", log_path: Path) -> None:
    tell(f"stopped, {stop.reason.word} (exit status {stop.reason.status}): {stop.text}")
    late = recorder.lateness
    if late.steps:
        used = time.process_time() / recorder.lasted
        median, p99 = (1e3 * late.quantile(share) for share in (0.5, 0.99))
        tell(
            f"{late.steps} steps, late by median {median:.2f} ms, p99 {p99:.2f} ms, "
            f"at most {1e3 * late.worst:.1f} ms, {late.skipped} deadlines missed; {used:.0%} of a processor"
        )
    tell(f"log: {log_path}")


def _port(text: str) -> int:
    if not text.isdecimal() or not 0 < int(text) < 2**16:
        raise argparse.ArgumentTypeError(f"'{text}' is no port: a whole number from 1 to 65535")
    return int(text)
