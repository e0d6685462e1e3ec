"""Environment steps a second, with learning, as ratios of one run on one machine.

    python benchmarks/throughput.py [--num-envs 512] [--parts training start …] [--page docs/performance.md]

Parts, each in a process of its own, one after the other:
    training  this project's trainer, bare stepping of its model, bare stepping of the same robot with four sole boxes,
              and the learner's matrix products at this machine's rate: in turns, since a machine's speed swings
    start     time to the first update from the start of the process, imports and compiling included: cold with an
              empty compilation cache, warm right after
    sizes     the trainer at several numbers of robots (--sizes)
    brax      Brax's stock trainer on MJX, in turns with this project's
    brax_boxes  the same, but Brax steps the robot with four sole boxes at five substeps
    sb3       Stable-Baselines3's PPO (needs the extra `benchmark`)
On a GPU: --parts sizes --sizes 2048 8192 32768 --physics mjx.
"""

import argparse
import json
import math
import os
import platform
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median, quantiles
from typing import Any

STARTED = time.perf_counter()
FOLDER = Path(__file__).resolve().parent
PARTS = ("training", "start", "sizes", "brax", "brax_boxes", "sb3")
SIZES = (64, 256, 512, 1024, 4096, 16384)
# Of each of these parts: whether Brax has the yardstick's physics, and its title.
BRAX = {
    "brax": (False, "Brax's stock trainer on MJX"),
    "brax_boxes": (True, "Brax's stock trainer on MJX with four sole boxes"),
}
BRAX_ROUNDS = 7  # one takes seconds
PATIENCE = 1800  # s for a part
Figures = dict[str, dict[str, Any]]
Row = tuple[str, str]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--iterations", type=int, default=20, help="timed iterations (Brax on MJX: fewer)")
    parser.add_argument("--parts", nargs="+", choices=PARTS, default=list(PARTS))
    parser.add_argument("--sizes", nargs="+", type=int, default=list(SIZES), help="numbers of robots of `sizes`")
    parser.add_argument("--physics", default="auto", help="engine of `training` and `sizes`")
    parser.add_argument("--page", type=Path, help="write the page here besides")
    parser.add_argument("--measure", choices=PARTS[:-1], help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.measure:
        print(json.dumps(measure(arguments.measure, arguments)))
        return 0
    from playground_amp.outputs import OutputKind, require_output, write_output

    earlier = OutputKind(
        "an earlier page of this benchmark", lambda path: path.read_bytes().startswith(b"# Performance\n")
    )
    if arguments.page:
        require_output(arguments.page, earlier)
    figures: Figures = {}
    for part in arguments.parts:
        print(f"{part} …", file=sys.stderr, flush=True)
        try:
            figures |= run_part(part, arguments)
        except subprocess.SubprocessError as error:
            print(f"{part} is left out: {error}", file=sys.stderr)
        if arguments.page and figures:  # after each: a run that is cut off has not been for nothing
            write_output(arguments.page, earlier, page(describe(figures), figures, arguments).encode())
    for name, value in describe(figures):
        print(f"{name:62} {value:>24}")
    return 0


def measure(part: str, arguments: argparse.Namespace) -> dict[str, Any]:
    import measurements

    size, engine = (arguments.num_envs, arguments.iterations), f"physics.engine={arguments.physics}"
    if part == "training":
        return measurements.in_turns(*size, engine)
    if part in BRAX:
        return measurements.brax_training(arguments.num_envs, BRAX_ROUNDS, yardstick=BRAX[part][0])
    return measurements.training(*size, STARTED, engine)


def run_part(part: str, arguments: argparse.Namespace) -> Figures:
    """The figures of a part by name."""
    if part == "sb3":
        return {"sb3": run([str(FOLDER / "sb3.py")])}
    common = [__file__, "--measure", part, "--physics", arguments.physics]
    if part == "sizes":
        return {f"sizes {size}": run([*common, *_effort(size, arguments)]) for size in arguments.sizes}
    command = [*common, *_effort(arguments.num_envs, arguments)]
    if part != "start":
        return {part: run(command)}
    with tempfile.TemporaryDirectory() as cache:
        return {"cold": run(command, cache), "warm": run(command, cache)}


def _effort(size: int, arguments: argparse.Namespace) -> list[str]:
    """The number of robots, and fewer iterations where each is long."""
    iterations = max(3, arguments.iterations * arguments.num_envs // max(size, arguments.num_envs))
    return ["--num-envs", str(size), "--iterations", str(iterations)]


def run(command: list[str], cache: str | None = None) -> dict[str, Any]:
    """What the command prints last; `cache` is a cache folder of its own, which it uses as train.py would."""
    environment = dict(os.environ)
    if cache:
        environment.pop("JAX_COMPILATION_CACHE_DIR", None)
        environment["XDG_CACHE_HOME"] = cache
    done = subprocess.run(
        [sys.executable, *command], env=environment, stdout=subprocess.PIPE, text=True, check=True, timeout=PATIENCE
    )
    return json.loads(done.stdout.splitlines()[-1])


def describe(figures: Figures) -> list[Row]:
    """What was measured, in words, and the ratios that the parts allow."""
    rows: list[Row] = []
    ours = None
    if "training" in figures:
        turns = figures["training"]
        ours = 1 / median(turns["training"])
        limit = [raw + products for raw, products in zip(turns["raw"], turns["products"], strict=True)]
        rows += [
            ("training, environment steps/s", f"{ours:,.0f}"),
            ("training over raw stepping with four sole boxes", _ratio(turns["boxes"], turns["training"])),
            ("training over raw stepping of its own model", _ratio(turns["raw"], turns["training"])),
            ("training over its limit: that and the learner's products", _ratio(limit, turns["training"])),
        ]
    for name, part in figures.items():
        if name.startswith("sizes"):
            rows.append((f"training {int(name.split()[1]):,} robots, environment steps/s", _speed(part)))
    for part, (_, title) in BRAX.items():
        if part in figures:
            turns = figures[part]
            rows += [
                (f"{title}, environment steps/s", f"{1 / median(turns['brax']):,.0f}"),
                (f"training over {title}", f"{_ratio(turns['brax'], turns['training'])} times"),
            ]
    if "sb3" in figures:
        workers, best = max(figures["sb3"].items(), key=lambda item: item[1])
        rows.append((f"Stable-Baselines3 PPO, {workers} workers, environment steps/s", f"{best:,.0f}"))
        if ours:
            rows.append(("training over Stable-Baselines3 PPO", f"{ours / best:.1f} times"))
    if "cold" in figures:
        cold, warm = (figures[name]["first_update"] for name in ("cold", "warm"))
        rows.append(("time to the first update, cold and warm cache", f"{cold:.1f} s, {warm:.1f} s"))
    return rows + memory_rows(figures)


def _speed(part: dict[str, Any]) -> str:
    return f"{part['steps_per_second']:,.0f}"


def _ratio(theirs: list[float], ours: list[float]) -> str:
    """How many times as fast as theirs, by the seconds of each round: median, and quarters."""
    lower, middle, upper = quantiles(their / our for their, our in zip(theirs, ours, strict=True))
    return f"{middle:.2f} ({lower:.2f} to {upper:.2f})"


def memory_rows(figures: Figures) -> list[Row]:
    """Peak memory by number of robots, and what a robot more costs."""
    points = [(int(name.split()[1]), part["peak_memory"]) for name, part in figures.items() if name.startswith("sizes")]
    rows = [(f"peak memory with {size:,} robots", f"{memory / 2**30:.2f} GiB") for size, memory in points]
    if len(points) > 1:
        (few, least), (many, most) = min(points), max(points)
        rows.append(("memory a robot more", f"{(most - least) / (many - few) / 2**10:.0f} KiB"))
    return rows


def page(rows: list[Row], figures: Figures, arguments: argparse.Namespace) -> str:
    """The page of a run. Ratios count: both sides were measured one after the other on the same machine."""
    lines = [
        "# Performance",
        "",
        f"Written by `make benchmark`: one run on {os.cpu_count()} cores ({platform.machine()}), {arguments.num_envs} "
        "robots unless said otherwise, the settings of the YAML. Quote the ratios, medians over rounds with their "
        "quarters: another machine, or a busy one, gives other speeds.",
        "",
        "| measured | |",
        "|---|---|",
        *(f"| {name} | {value} |" for name, value in rows),
        "",
        "One part alone: `.venv/bin/python benchmarks/throughput.py --parts training`. What each part does stands "
        "in `benchmarks/measurements.py` and `benchmarks/sb3.py`.",
        "",
        *brax_lines(figures),
        *workers_lines(figures),
        *walking_lines(),
        *gpu_lines(),
    ]
    return "\n".join(lines)


def brax_lines(figures: Figures) -> list[str]:
    """Why Brax stands in the table twice."""
    if not figures.keys() >= BRAX.keys():
        return []
    return [
        "Brax is timed with this project's physics lent to it (soles of four bars, 8 contacts, four substeps), and "
        "with the robot as it was before: soles of four boxes, 16 contacts, five substeps. Learner, networks and task "
        "are the same.",
        "",
    ]


def workers_lines(figures: Figures) -> list[str]:
    """Stable-Baselines3 by how many processes step the robots."""
    if "sb3" not in figures:
        return []
    speeds = ", ".join(f"{count}: {speed:,.0f}" for count, speed in figures["sb3"].items())
    return [f"Stable-Baselines3 by number of workers, environment steps/s: {speeds}.", ""]


def walking_lines() -> list[str]:
    """The time to the gate `walk` as benchmarks/time_to_walk.py kept it, if it did."""
    kept = FOLDER / "time_to_walk.json"
    if not kept.exists():
        return []
    walk = json.loads(kept.read_text())
    late = f"not in {walk['limit']:.0f} s"
    times = ", ".join(late if seconds is None else f"{seconds} s" for seconds in walk["seconds"])
    middle = median(math.inf if seconds is None else seconds for seconds in walk["seconds"])
    judged = f"every {walk['every']:.0f} s of training" if "every" in walk else f"after {walk['iterations']} iterations"
    return [
        f"From nothing to the gate `walk`, judged {judged}: {times}; median "
        f"{late if middle == math.inf else f'{middle:.0f} s'} (`.venv/bin/python benchmarks/time_to_walk.py`, "
        f"{walk['cores']} cores).",
        "",
    ]


def gpu_lines() -> list[str]:
    """The figures kept from one GPU, made by benchmarks/gpu.py."""
    rows = [json.loads(line) for line in (FOLDER / "gpu_h100.jsonl").read_text().splitlines()]
    return [
        "## One NVIDIA H100",
        "",
        "`benchmarks/gpu.py` on one card (80 GB, JAX 0.11.2): environment steps a second, bare stepping by the "
        "engine and training with learning.",
        "",
        "| engine | robots | bare | with learning | share |",
        "|---|---|---|---|---|",
        *(
            f"| `{row['engine']}` | {row['robots']:,} | {row['bare']:,.0f} | {row['learning']:,.0f} "
            f"| {row['learning'] / row['bare']:.2f} |"
            for row in rows
        ),
        "",
        "With 4,096 robots (`benchmarks/time_to_walk.py --seeds 1 --limit 120 --every 20 --num-envs 4096 --set "
        "num_minibatches=8`) the first policy kept, after 20 s of training and 7.3 million steps, passed the gate "
        "`walk`; one seed. The same seeded targets gave the joint positions of the native engine to 3e-6 rad over 20 "
        "control steps. Eight robust trainings of 512 robots each ran side by side on one card (NVIDIA's MPS) at "
        "0.18 s an iteration, 550,000 environment steps a second in all: a cheap way to compare settings and seeds.",
        "",
    ]


if __name__ == "__main__":
    sys.path[:0] = [str(FOLDER.parent)]
    from playground_amp.cli.parser import run_command

    run_command(main)
