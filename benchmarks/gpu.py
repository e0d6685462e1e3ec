"""What one GPU gives: environment steps a second by engine and number of robots, bare and with learning.

    python benchmarks/gpu.py [--engines warp mjx] [--sizes 2048 8192 32768] [--json FILE]

Every pair is timed in a process of its own. Bare: `Engine.step` of all robots in one jitted loop, targets that move
every joint. With learning: this project's trainer, the settings of the YAML. Time to the gate `walk` on the same
machine: python benchmarks/time_to_walk.py --seeds 1 --limit 120 --num-envs 4096 --set num_minibatches=8
"""

import argparse
import json
import subprocess
import sys
import time
from pathlib import Path

PATIENCE = 600  # s for a pair


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--engines", nargs="+", default=["warp", "mjx"])
    parser.add_argument("--sizes", nargs="+", type=int, default=[2048, 8192, 32768])
    parser.add_argument("--iterations", type=int, default=15, help="timed iterations")
    parser.add_argument("--json", type=Path, help="write the figures here, line by line as they come")
    parser.add_argument("--pair", nargs=2, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.pair:
        print(json.dumps(measure(arguments.pair[0], int(arguments.pair[1]), arguments.iterations)))
        return
    if arguments.json:
        from playground_amp.outputs import OutputKind, require_output

        lines = OutputKind(
            "earlier figures of this benchmark", lambda path: path.read_bytes().startswith(b'{"engine": ')
        )
        require_output(arguments.json, lines)
    print(
        f"{'engine':8} {'robots':>7} {'bare/s':>12} {'learning/s':>12} {'share':>6} {'first update':>13} {'memory':>9}"
    )
    for engine in arguments.engines:
        for size in arguments.sizes:
            figures = run_pair(engine, size, arguments.iterations)
            print_row(engine, size, figures)
            if arguments.json:
                with arguments.json.open("a") as file:
                    file.write(json.dumps({"engine": engine, "robots": size, **figures}) + "\n")


def run_pair(engine: str, size: int, iterations: int) -> dict[str, float]:
    """The figures of a pair; empty if it does not run, for instance for want of memory."""
    command = [sys.executable, __file__, "--pair", engine, str(size), "--iterations", str(iterations)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, timeout=PATIENCE, check=False)
    return json.loads(done.stdout.splitlines()[-1]) if done.returncode == 0 else {}


def measure(engine: str, num_envs: int, iterations: int) -> dict[str, float]:
    import jax
    import measurements

    settings = f"physics.engine={engine}"
    bare = measurements.bare_engine(num_envs, iterations, settings)
    learning = measurements.training(num_envs, iterations, time.perf_counter(), settings)
    statistics = jax.local_devices()[0].memory_stats() or {}
    return {
        "bare": bare["steps_per_second"],
        "learning": learning["steps_per_second"],
        "first_update": learning["first_update"],
        "memory": float(statistics.get("peak_bytes_in_use", learning["peak_memory"])),
    }


def print_row(engine: str, size: int, figures: dict[str, float]) -> None:
    if not figures:
        print(f"{engine:8} {size:7,}  did not run", flush=True)
        return
    share = figures["learning"] / figures["bare"]
    print(
        f"{engine:8} {size:7,} {figures['bare']:12,.0f} {figures['learning']:12,.0f} {share:6.2f} "
        f"{figures['first_update']:11.1f} s {figures['memory'] / 2**30:5.1f} GiB",
        flush=True,
    )


if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[1])]
    main()
