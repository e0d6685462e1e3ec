"""Whether it matters which engine a policy learned in: `mjx` against `native`, at equal steps, judged alike.

    python benchmarks/engines.py [--seeds 3] [--iterations 600] [--num-envs 128] [--folder DIR] [--set KEY=VALUE ...]

Both train on the standard task with the same seeds, and are judged by the gate `robust` (native engine), shortened to
`--episodes` a cell. Of every cell's figures: the mean over the seeds of each engine, and the difference of the two
over its standard error (Welch). The last line counts the differences beyond what seeds explain, 95 in 100: of figures
that agree, one in twenty lies beyond too.
"""

import math
import sys
import time
from statistics import mean, stdev
from typing import Any

from comparison import ROOT, judge, make_parser, settings, train

FIGURES = ("velocity_error", "yaw_rate_error", "torque_rms", "power")
ENGINES = ("mjx", "native")
Figures = dict[tuple[str, str], float]  # by cell and name


def main() -> int:
    from playground_amp.physics.registry import prepare

    parser = make_parser(__doc__, 600, "runs/engines")
    parser.set_defaults(num_envs=128)
    parser.add_argument("--episodes", type=int, default=32, help="of each cell of the gate")
    arguments = parser.parse_args()
    prepare(*ENGINES)
    judged: dict[str, list[Figures]] = {engine: [] for engine in ENGINES}
    for engine in ENGINES:
        for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
            started = time.monotonic()
            checkpoint = train(make_config(arguments, seed, engine))
            seconds = time.monotonic() - started
            result = judge(checkpoint, "robust", "--episodes", str(arguments.episodes))
            judged[engine].append(figures_of(result))
            print(f"{engine}, seed {seed}: {seconds:.0f} s of training", flush=True)
    print_table(judged["mjx"], judged["native"])
    return 0


def make_config(arguments: Any, seed: int, engine: str) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.paths import STANDARD

    return load_config(STANDARD, [f"physics.engine={engine}", *settings(arguments, seed, engine)])


def figures_of(result: dict[str, Any]) -> Figures:
    """What a gate found; a cell where everybody fell has its survival alone."""
    found = {(cell["name"], "survival"): cell["survival"]["share"] for cell in result["cells"]}
    for cell in result["cells"]:
        means = cell["means"]
        found |= {(cell["name"], name): means[name] for name in FIGURES if means[name] is not None}
    return found


def print_table(mjx: list[Figures], native: list[Figures]) -> None:
    from scipy import stats

    beyond = compared = 0
    print(f"{'cell':18} {'figure':15} {'mjx':>8} {'native':>8} {'t':>7}")
    for key in mjx[0]:
        first, second = ([seed[key] for seed in seeds if key in seed] for seeds in (mjx, native))
        if min(len(first), len(second)) < 2:
            continue
        t, p = (0.0, 1.0) if first[0] == second[0] else (math.inf, 0.0)
        if stdev(first) + stdev(second):  # else there is no spread: nobody fell
            described = [value for seeds in (first, second) for value in (mean(seeds), stdev(seeds), len(seeds))]
            test: Any = stats.ttest_ind_from_stats(*described, equal_var=False)
            t, p = test.statistic, test.pvalue
        beyond, compared = beyond + (p < 0.05), compared + 1
        print(f"{key[0]:18} {key[1]:15} {mean(first):8.3f} {mean(second):8.3f} {t:7.1f}{'  *' if p < 0.05 else ''}")
    print(f"{beyond} of {compared} figures differ by more than seeds explain")


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from playground_amp.cli.parser import run_command

    run_command(main)
