"""What randomization gives and costs: the gate `robust` of policies that were trained with it and without.

    python benchmarks/robust.py [--seeds 3] [--iterations 1500] [--num-envs 512] [--folder DIR] [--set KEY=VALUE ...]

Both are trained as `make robust` does, in its stages, which keep their shares of `--iterations`; the second with the
standard file's `domain_randomization:` throughout (the floor's friction alone differs, nobody is pushed). Throughput is
timed in turns, in this one run, of robots that walk already: after `--iterations-before` iterations of each.
"""

import argparse
import json
import sys
import time
from typing import Any

from comparison import ROOT, judge, make_parser, print_throughput, settings, train

TIMED = 15  # iterations of each, in turns
FIGURES = ("velocity_error", "yaw_rate_error", "torque_rms", "power")
FULL = "trainer.curriculum.enabled=false"


def main() -> int:
    parser = make_parser(__doc__, 1500, "runs/robust")
    parser.add_argument("--iterations-before", type=int, default=150, help="before throughput is timed")
    arguments = parser.parse_args()
    if not arguments.skip_throughput:
        configs = {name: make_config(arguments, 0, name, FULL) for name in ("randomized", "nominal")}
        print_throughput(configs, before=arguments.iterations_before, timed=TIMED)
    for seed in range(arguments.first_seed, arguments.first_seed + arguments.seeds):
        for name in ("randomized", "nominal"):
            started = time.monotonic()
            checkpoint = train(make_config(arguments, seed, name))
            trained = time.monotonic() - started
            result = judge(checkpoint, "robust")
            times = f"{trained:.0f} s of training, {time.monotonic() - started:.0f} s with the gate"
            print_result(f"{name}, seed {seed}", result, times)
    return 0


def make_config(arguments: argparse.Namespace, seed: int, name: str, *more: str) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.paths import ROBUST, STANDARD

    robust = load_config(ROBUST)
    ends = [(stage, each.until) for stage, each in robust.stages.items() if each.until]
    shares = [f"stages.{stage}.until={until / robust.trainer.num_iterations}" for stage, until in ends]
    standard = load_config(STANDARD).domain_randomization.model_dump(mode="json")
    nominal = [f"domain_randomization.{key}={json.dumps(value)}" for key, value in standard.items()]
    differs = nominal if name == "nominal" else []
    return load_config(ROBUST, [*shares, *differs, *settings(arguments, seed, name), *more])


def print_result(title: str, result: dict[str, Any], times: str) -> None:
    print(f"{title}: gate robust {'passed' if result['passed'] else 'FAILED'}; {times}")
    for cell in result["cells"]:
        figures = "  ".join(f"{name} {cell['means'][name]:.3f}" for name in FIGURES if cell["means"][name] is not None)
        mark = "" if cell["passed"] else "  FAIL"
        print(f"  {cell['name']:18} survival {cell['survival']['share']:.3f}  {figures}{mark}", flush=True)


if __name__ == "__main__":
    sys.path.insert(0, str(ROOT))
    from playground_amp.cli.parser import run_command

    run_command(main)
