"""The whole chain on one machine: `twin` and `run`, two processes, and serial lines between them.

python benchmarks/robot_chain.py walk [--walks 5] [--speeds 0.3 0.5] [--meters 20] [--push 5]
python benchmarks/robot_chain.py faults [--drawings 3] [--only dead_servo …] [--healthy 10]
python benchmarks/robot_chain.py kills [--kills 20]
python benchmarks/robot_chain.py memory [--minutes 60] [--fast 10]

This script sees the robot through the twin's control socket, and holds its heading by yaw rates, as gates do.

Exit status 0: all as it must be. `--keep DIR` keeps hardware files and logs. A bundle with run.pyz is run by that file.
"""

import argparse
import contextlib
import json
import math
import os
import random
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from playground_amp.hardware.hardware_file import PROTOCOLS, read_hardware
from playground_amp.hardware.hardware_writing import write_hardware
from playground_amp.hardware.log import RobotLog, read_log
from playground_amp.hardware.log_format import PHASES
from playground_amp.hardware.stops import Reason
from playground_amp.twin.control import ask
from playground_amp.twin.faults import FAULTS

ROOT = Path(__file__).parents[1]
REAL_TIME = ["chrt", "-f", "10"]  # where it is allowed
PATIENCE = 90.0  # s for a start
FROM_THE_BEGINNING = {"swapped_ids", "wrong_sign", "zero_off", "tilted_imu", "weak_servo", "slack"}
LIMP_WITHIN = 0.2  # s from a fault until all servos are limp, where run.py is the one to see it
STALL = 1.0  # s of this machine, for which it may hold up a robot that lives faster
BOILING = 1000.0  # °C: legs that walk in the air for an hour get hot, which is no matter of memory
WARM = 2.0  # minutes of the robot's time, after which memory is compared
LOOKS = 10.0  # minutes of the robot's time from one look at memory to the next
# kB in an hour: 180,000 steps of 50 Hz make it 11 bytes a step, and Python has no object as small as that.
MOST_GROWN = 2048
CHECKED = {  # which checks may keep a robot with such a fault from starting
    "dead_servo": {"servos", "lines"},
    "lost_bytes": {"servos", "lines", "voltage", "temperature"},
    "late_answers": {"servos", "lines", "voltage", "temperature"},
    "brown_out": {"voltage"},
    "hot_servo": {"temperature"},
    "tilted_imu": {"IMU"},
    "swapped_ids": {"pose"},
    "wrong_sign": {"pose"},
    "zero_off": {"pose"},
}
NAMED = {  # what run.py may say of a fault that it sees
    "dead_servo": {Reason.SERVO_LOST, Reason.CHECKS},
    "lost_bytes": {Reason.SERVO_LOST, Reason.LINE_LOST, Reason.CHECKS},
    "late_answers": {Reason.SERVO_LOST, Reason.LINE_LOST, Reason.CHECKS},
    "brown_out": {Reason.VOLTAGE, Reason.CHECKS},
    "hot_servo": {Reason.HEAT, Reason.CHECKS},
    "frozen_imu": {Reason.IMU_LOST},
    "tilted_imu": {Reason.CHECKS},
    "swapped_ids": {Reason.CHECKS, Reason.HOME},
    "wrong_sign": {Reason.CHECKS, Reason.HOME},
    "zero_off": {Reason.CHECKS, Reason.HOME},
}


class Ended(NamedTuple):
    """What a run left behind."""

    status: int
    said: str
    log: RobotLog
    cpu: float  # s

    @property
    def stop(self) -> dict[str, Any]:
        return next((event for event in reversed(self.log.events) if event["name"] == "stop"), {})

    @property
    def failed_checks(self) -> set[str]:
        return {str(it["check"]) for it in self.log.events if it["name"] == "check" and not it["passed"]}

    @property
    def lateness(self) -> np.ndarray:
        """s, of each step that moved it; NaN if there was none."""
        late = self.log.lateness[(self.log.phase > 0) & (self.log.phase < PHASES.index("stopped"))]
        return late if len(late) else np.array([math.nan])


class Chain:
    """A twin that lives and a program that runs it."""

    def __init__(
        self, bundle: Path, folder: Path, name: str, seed: int, twin_flags: list[str], real_time: bool, speed: float
    ):
        """`speed`: times real time, of both; unless it is 1, neither heat nor what this machine is late by stop it."""
        self.hardware, self.log_path = folder / f"{name}.yaml", folder / f"{name}.wrlog"
        self.control, self.commands = free_port(), free_port()
        self._said = (folder / f"{name}.txt").open("w+")
        twin = [sys.executable, "-m", "playground_amp", "twin", "--no-window", "--seed", str(seed), *twin_flags]
        twin += ["--write-hardware", str(self.hardware), "--control", str(self.control)]
        twin += ["--speed", str(speed)]
        self.twin = subprocess.Popen([*(REAL_TIME if real_time else []), *twin], stdout=subprocess.PIPE, text=True)
        self.state()
        if speed != 1:
            written = read_hardware(self.hardware)
            age, steps = STALL * speed, int(STALL * speed / 0.02)
            limits = written.limits._replace(
                reading_age=age, imu_age=age, missed_deadlines=steps, temperature_high=BOILING
            )
            write_hardware(self.hardware, written._replace(limits=limits))
        self._before = of_children()
        program = bundle / "run.pyz"
        run = [str(program)] if program.exists() else ["-m", "playground_amp", "run", "--bundle", str(bundle)]
        run += ["--hardware", str(self.hardware), "--yes", "--log", str(self.log_path)]
        run += ["--command-udp", str(self.commands), "--speed", str(speed)]
        self.run = subprocess.Popen(
            [sys.executable, *run], stdin=subprocess.DEVNULL, stdout=self._said, stderr=subprocess.STDOUT, cwd=ROOT
        )
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)

    def state(self) -> dict[str, Any]:
        """The twin's truth."""
        until = time.monotonic() + PATIENCE
        while True:
            try:
                return ask(self.control, {"do": "state"}, 1.0)
            except OSError:
                if time.monotonic() > until or self.twin.poll() is not None:
                    raise

    def steer(self, speed: float) -> dict[str, Any]:
        """Tells it to walk along x for the next moment; the truth."""
        state = self.state()
        w, x, y, z = state["qpos"][3:7]
        heading = math.atan2(2 * (w * z + x * y), 1 - 2 * (y * y + z * z))
        turn = max(-0.5, min(0.5, -heading - 0.3 * state["qpos"][1])) if speed else 0.0
        self.tell(f"{speed} 0 {turn:.3f}")
        time.sleep(0.04)
        return state

    def tell(self, text: str) -> None:
        self._socket.sendto(text.encode(), ("127.0.0.1", self.commands))

    def walk_for(self, seconds: float, speed: float) -> bool:
        """Steers so long from its first step; whether it still runs."""
        until = None
        while self.run.poll() is None and (until is None or time.monotonic() < until):
            state = self.steer(speed)
            if until is None and state["stand"] == "free":
                until = time.monotonic() + seconds
        return self.run.poll() is None

    def all_limp(self) -> bool:
        return not any(self.state()["stiff"].values())

    def ended(self) -> Ended:
        """Waits for the run's end."""
        status = self.run.wait(60)
        self._said.seek(0)
        return Ended(status, self._said.read(), read_log(self.log_path), of_children() - self._before)

    def close(self) -> None:
        for process in (self.run, self.twin):
            if process.poll() is None:
                process.send_signal(signal.SIGINT)
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(10)
                process.kill()
            process.wait()
        self._socket.close()
        self._said.close()


def of_children() -> float:
    """Processor time of those that have ended, s."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def may_be_real_time() -> bool:
    with contextlib.suppress(OSError):
        return subprocess.run([*REAL_TIME, "true"], capture_output=True, check=False).returncode == 0
    return False


@contextlib.contextmanager
def chain(arguments: argparse.Namespace, name: str, seed: int, *twin_flags: str, speed: float = 1.0) -> Iterator[Chain]:
    flags = [*twin_flags, *(["--protocol", arguments.protocol] if arguments.protocol else [])]
    lives = Chain(arguments.bundle, arguments.keep, name, seed, flags, may_be_real_time(), speed)
    try:
        yield lives
    finally:
        lives.close()


def walks(arguments: argparse.Namespace) -> bool:
    good, push = True, ["--push", str(arguments.push)] if arguments.push else []
    for speed in arguments.speeds:
        for seed in range(arguments.seed, arguments.seed + arguments.walks):
            with chain(arguments, f"walk_{speed}_{seed}", seed, *push) as lives:
                good &= walk(lives, speed, arguments.meters, seed)
    return good


def walk(lives: Chain, speed: float, meters: float, seed: int) -> bool:
    """One walk, told in a line."""
    began: tuple[float, float] | None = None
    state, at, lowest = {"qpos": [0.0] * 7, "time": 0.0}, 0.0, math.inf
    while lives.run.poll() is None and at < meters:
        state = lives.steer(speed)
        at = state["qpos"][0]
        if began is None and at > 0.5:
            began = state["time"], at
        if began is not None and state["time"] - began[0] > 2 * meters / speed:
            break
        if state["stand"] == "free":
            lowest = min(lowest, state["qpos"][2])
    reached = at >= meters and began is not None
    is_speed = (at - began[1]) / (state["time"] - began[0]) if began and state["time"] > began[0] else math.nan
    lives.tell("stop")
    ended = lives.ended()
    error, p99 = is_speed / speed - 1, 1e3 * float(np.quantile(ended.lateness, 0.99))
    lasted = ended.log.time[-1] - ended.log.time[0]
    good = reached and ended.status == 0 and abs(error) <= 0.1 and p99 < 3
    print(
        f"{speed} m/s, seed {seed}: {at:.1f} m, {is_speed:.3f} m/s ({error:+.1%}), base at {lowest:.2f} m at least; "
        f"late p99 {p99:.2f} ms, at most {1e3 * ended.lateness.max():.1f} ms, {int(ended.log.skipped[30:].sum())} "
        f"skipped; CPU {ended.cpu / lasted:.0%}; twin held up {state.get('pace', {}).get('held_up', 0):.2f} s; "
        f"{ended.stop.get('reason')}: {'good' if good else 'BAD'}",
        flush=True,
    )
    return good


def faults(arguments: argparse.Namespace) -> bool:
    good = True
    for kind in arguments.only or FAULTS:
        for seed in range(arguments.seed, arguments.seed + arguments.drawings):
            good &= fault(arguments, kind, seed)
    for seed in range(arguments.seed, arguments.seed + arguments.healthy):
        with chain(arguments, f"healthy_{seed}", seed) as lives:
            lives.walk_for(arguments.seconds, 0.3)
            lives.tell("stop")
            ended = lives.ended()
        causes = compared(lives.log_path)
        good &= (fine := ended.status == 0 and not causes.named)
        print(
            f"healthy, seed {seed}: {ended.stop.get('reason')}; compare: {causes.words or 'no cause'}: {word(fine)}",
            flush=True,
        )
    return good


def fault(arguments: argparse.Namespace, kind: str, seed: int) -> bool:
    """One fault, told in a line."""
    at_once = kind in FROM_THE_BEGINNING
    with chain(arguments, f"{kind}_{seed}", seed, *(["--fault", kind] if at_once else [])) as lives:
        moment, limp_after, name = 0.0, math.nan, kind
        if at_once:
            lives.walk_for(arguments.seconds, 0.3)
            name = ", ".join(lives.state()["faults"])
        else:
            lives.walk_for(3 + random.Random(seed).random() * 3, 0.3)
            moment = time.monotonic()
            name = str(ask(lives.control, {"do": "fault", "name": kind})["fault"])
            while time.monotonic() - moment < 8 and lives.run.poll() is None and not lives.all_limp():
                lives.tell("0.3 0 0")
                time.sleep(0.002)
            limp_after = time.monotonic() - moment
        if lives.run.poll() is None:
            lives.tell("stop")
        ended, limp = lives.ended(), lives.all_limp()
    reason = ended.stop.get("reason", "")
    seen = reason in {each.word for each in NAMED.get(kind, ())}
    if reason == Reason.CHECKS.word:
        seen = ended.failed_checks <= CHECKED.get(kind, set())
    in_time = reason == Reason.CHECKS.word or at_once or limp_after <= LIMP_WITHIN
    causes = Compared("-", {}, {}) if seen and limp and in_time else compared(lives.log_path)
    place = name.partition(":")[2].partition("=")[0]
    good = limp and ((seen and in_time) or causes.says(kind, place))
    print(
        f"{name}, seed {seed}: {reason} (status {ended.status}): {ended.stop.get('text', '')[:110]}; "
        f"limp {f'after {limp_after:.2f} s' if not at_once and seen else limp}; compare: {causes.words}: {word(good)}",
        flush=True,
    )
    return good


class Compared(NamedTuple):
    """What compare says of a log."""

    words: str
    named: dict[str, str]  # causes and where, with what it cannot tell them from
    cannot_tell: dict[str, list[str]]  # joints by fault

    def says(self, kind: str, place: str) -> bool:
        """Whether it names the fault at its place, or says of this very place that the log cannot tell."""
        is_named = kind in self.named and place in self.named[kind]
        return is_named or place in self.cannot_tell.get(kind, [])


def compared(log: Path) -> Compared:
    """Holds it against the simulation."""
    figures = log.with_suffix(".json")
    command = [sys.executable, "-m", "playground_amp", "compare", str(log), "--json", str(figures)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode not in (0, 1):
        return Compared(f"FAILED ({(done.stderr.strip().splitlines() or ['?'])[-1][:80]})", {"FAILED": ""}, {})
    told = json.loads(figures.read_text())
    named = {it["name"]: ", ".join([it["where"], *it["or"]]) for it in told["causes"] if it["named"]}
    words = [f"{name} {where}".strip() for name, where in named.items()]
    words += [f"cannot tell {kind} at {'/'.join(joints)}" for kind, joints in told["cannot_tell"].items()]
    return Compared("; ".join(words), named, told["cannot_tell"])


def kills(arguments: argparse.Namespace) -> bool:
    good, chance = True, random.Random(arguments.seed)
    for number in range(arguments.kills):
        after = chance.uniform(1.0, 14.0)
        with chain(arguments, f"kill_{number}", arguments.seed + number) as lives:
            until = time.monotonic() + after
            while time.monotonic() < until:
                lives.steer(0.3)
            killed = time.perf_counter()
            lives.run.kill()
            while not (limp := lives.all_limp()) and time.perf_counter() - killed < 3:
                time.sleep(0.01)
            limp_after = time.perf_counter() - killed
            lives.run.wait()
            log = read_log(lives.log_path) if lives.log_path.exists() else None
        if log is None or not log.events:
            fine, missing, phase = limp, math.nan, "no log yet"
        else:
            began = log.events[0]["perf_counter"]
            missing = killed - began - (log.time[-1] if len(log.time) else 0.0)
            phase = PHASES[log.phase[-1]] if len(log.phase) else "start"
            fine = limp and missing < 0.1 + 0.05
        good &= fine
        print(
            f"killed after {after:.2f} s ({phase}): limp {limp_after:.3f} s later, log ends {1e3 * missing:.0f} ms "
            f"before, {0 if log is None else log.torn_bytes} bytes torn: {word(fine)}",
            flush=True,
        )
    return good


def memory(arguments: argparse.Namespace) -> bool:
    """Both processes' memory over `minutes` of the robot's time, lived `fast` times as fast as this machine's.

    The robot walks in its stand: what this machine is late by is so many times as late for it, and a fall would end it.
    """
    with chain(arguments, "memory", arguments.seed, "--hold", speed=arguments.fast) as lives:
        processes, seen = {"run": lives.run.pid, "twin": lives.twin.pid}, []
        while lives.run.poll() is None and not all(lives.state()["stiff"].values()):
            lives.steer(0.3)
        began, before = time.monotonic(), lives.state()["time"]
        for minutes in (0.0, WARM, *np.arange(LOOKS, arguments.minutes, LOOKS), arguments.minutes):
            while lives.run.poll() is None and (lived := lives.state()["time"] - before) < 60 * minutes:
                lives.steer(0.3 if lived % 20 < 15 else 0.0)
            if lives.run.poll() is not None:
                break
            seen.append({name: kilobytes(pid) for name, pid in processes.items()})
            told = ", ".join(f"{name} {size} kB" for name, size in seen[-1].items())
            print(f"{minutes:.0f} min: {told}", flush=True)
        kept = (lives.state()["time"] - before) / (time.monotonic() - began)
        pace = lives.state()["pace"]
        lives.tell("stop")
        ended = lives.ended()
    lasted = time.monotonic() - began
    whole = len(seen) > 2 and ended.status == 0
    grown = {name: seen[-1][name] - seen[1][name] for name in processes} if whole else {}
    good = whole and all(size < MOST_GROWN for size in grown.values()) and kept > 0.95 * arguments.fast
    late = 1e3 * float(np.quantile(ended.lateness, 0.99)) / arguments.fast
    print(
        f"{ended.stop.get('reason')} ({ended.stop.get('text', '')[:90]}): {grown} kB from {WARM:g} to "
        f"{arguments.minutes:g} min (at most {MOST_GROWN}), lived {kept:.2f} times as fast (asked for "
        f"{arguments.fast:g}; twin held up {pace['held_up']:.1f} s); CPU {ended.cpu / lasted:.0%}, "
        f"late p99 {late:.2f} ms of this machine: {word(good)}"
    )
    return good


def kilobytes(pid: int) -> int:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return int(next(line.split()[1] for line in lines if line.startswith("VmRSS")))


def word(good: bool) -> str:
    return "good" if good else "BAD"


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("mode", choices=[*MODES])
    parser.add_argument("--bundle", type=Path, default=ROOT / "policies/walk")
    parser.add_argument("--keep", type=Path, metavar="DIR")
    parser.add_argument("--protocol", choices=PROTOCOLS, help="of the twin's servos (default: the robot's)")
    parser.add_argument("--seed", type=int, default=0, help="the first one")
    parser.add_argument("--walks", type=int, default=5, help="at each speed")
    parser.add_argument("--speeds", type=float, nargs="+", default=[0.3, 0.5])
    parser.add_argument("--meters", type=float, default=20.0)
    parser.add_argument("--push", type=float, default=5.0, metavar="N")
    parser.add_argument("--drawings", type=int, default=3)
    parser.add_argument("--healthy", type=int, default=10)
    parser.add_argument("--seconds", type=float, default=10.0, help="that a faulty or healthy robot walks")
    parser.add_argument("--only", nargs="+", choices=[*FAULTS])
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--minutes", type=float, default=60.0, help="of the robot's time, for memory")
    parser.add_argument("--fast", type=float, default=10.0, help="times real time, for memory")
    arguments = parser.parse_args()
    os.environ["PYTHONPATH"] = os.pathsep.join([str(ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
    with tempfile.TemporaryDirectory(prefix="robot_chain-") as folder:
        arguments.keep = arguments.keep or Path(folder)
        arguments.keep.mkdir(parents=True, exist_ok=True)
        return 0 if MODES[arguments.mode](arguments) else 1


MODES = {"walk": walks, "faults": faults, "kills": kills, "memory": memory}

if __name__ == "__main__":
    sys.exit(main())
