"""Trains for real, kills the process with SIGKILL at random moments, resumes it each time, and compares the end.

`python benchmarks/kill_and_resume.py [--kills 20]` exits with 0 if the state and the metrics of the killed run are
those of an uninterrupted one, bit for bit, and prints where each kill fell. Every second kill waits, after a random
iteration, for the temporary file beside which a state is being written, and strikes while it is there.

A restart costs what compiling costs: JAX keeps no program with a host callback, which the native engine is, in its
compilation cache. `--quick` has XLA optimize less, for the killed run and the other alike.
"""

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from playground_amp.files import temporary_path
from playground_amp.runs.contents import METRICS, STATES, list_states, state_path
from playground_amp.runs.state import read_state
from playground_amp.runs.tracking.metrics_log import read_records

TRAIN = Path(__file__).parents[1] / "playground_amp/train.py"
TIMEOUT = 300.0  # s
SPARE_ITERATIONS = 40  # after the last kill is due: saves enough to be caught at one


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--iterations-a-kill", type=int, default=10, help="iterations added to the run for each kill")
    parser.add_argument("--num-envs", type=int, default=8)
    parser.add_argument("--save-interval", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0, help="of the moments of the kills")
    parser.add_argument("--quick", action="store_true", help="compile with most optimizations off")
    parser.add_argument("extra", nargs="*", help="further arguments of train.py, after --")
    arguments = parser.parse_args()
    if arguments.quick:
        os.environ["JAX_DISABLE_MOST_OPTIMIZATIONS"] = "1"
    total = arguments.kills * arguments.iterations_a_kill + SPARE_ITERATIONS
    command = [sys.executable, str(TRAIN), "--no-wandb", "--num-envs", str(arguments.num_envs)]
    command += ["--num-iterations", str(total), "--set", f"trainer.save_interval={arguments.save_interval}"]
    command += arguments.extra
    with tempfile.TemporaryDirectory() as folder:
        whole, killed = Path(folder) / "whole", Path(folder) / "killed"
        started = time.monotonic()
        subprocess.run([*command, "--checkpoint-dir", str(whole)], check=True, stdout=subprocess.DEVNULL)
        chance = random.Random(arguments.seed)
        torn = 0
        for kill in range(arguments.kills):
            last = (kill + 1) * arguments.iterations_a_kill - arguments.save_interval
            after = done(killed) + chance.randint(1, max(1, last - done(killed)))
            while_saving = kill % 2 == 1
            torn += train_and_kill(resuming(command, killed), killed, after, while_saving, chance)
            print(f"kill {kill + 1:2}: after iteration {done(killed):3}, newest state {newest(killed)}", flush=True)
        subprocess.run(resuming(command, killed), check=True, stdout=subprocess.DEVNULL)
        same = compare(whole, killed, total)
        survived = arguments.kills if same else 0
        print(
            f"{survived} of {arguments.kills} kills left no trace, {torn} of them with a state half written; "
            f"{total} iterations: ",
            end="",
        )
        print("identical bits" if same else "DIFFERENT", f"({time.monotonic() - started:.0f} s)")
        return 0 if same else 1


def resuming(command: list[str], run_folder: Path) -> list[str]:
    resume = ["--resume"] if list_states(run_folder) else []
    return [*command, "--checkpoint-dir", str(run_folder), *resume]


def done(run_folder: Path) -> int:
    """Whole lines in the run's metrics: finished iterations."""
    metrics = run_folder / METRICS
    return metrics.read_bytes().count(b"\n") if metrics.exists() else 0


def newest(run_folder: Path) -> str:
    return next((path.name for path in list_states(run_folder)), "none")


def train_and_kill(command: list[str], run_folder: Path, after: int, while_saving: bool, chance: random.Random) -> bool:
    """Kills a run once it has finished `after` iterations; returns whether a half-written state was left behind."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + TIMEOUT
    while done(run_folder) < after or (while_saving and not being_written(run_folder)):
        if process.poll() is not None or time.monotonic() > deadline:
            raise SystemExit(f"the run ended before it was killed: {process.communicate()[1]}")
        time.sleep(0.0003)
    time.sleep(0 if while_saving else chance.uniform(0, 0.05))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return being_written(run_folder)


def being_written(run_folder: Path) -> bool:
    pattern = temporary_path(Path("iter_*.npz")).name
    return any((run_folder / STATES).glob(pattern))


def compare(whole: Path, killed: Path, total: int) -> bool:
    """Whether two runs end in the same arrays, have the same metrics but for timing, and lack no iteration."""
    states = [read_state(state_path(folder, total)).arrays for folder in (whole, killed)]
    same_arrays = states[0].keys() == states[1].keys() and all(
        array.dtype == states[1][name].dtype and array.tobytes() == states[1][name].tobytes()
        for name, array in states[0].items()
    )
    records = [lines(folder / METRICS) for folder in (whole, killed)]
    complete = [line["iteration"] for line in records[0]] == [*range(1, total + 1)]
    return same_arrays and complete and records[0] == records[1]


def lines(path: Path) -> list[dict[str, float | None]]:
    records = read_records(path)
    return [{name: value for name, value in line.items() if not name.startswith("time/")} for line in records]


if __name__ == "__main__":
    sys.exit(main())
