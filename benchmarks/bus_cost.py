"""What the bus costs training: one process, both sides in turns, ratios of neighbors.

    python benchmarks/bus_cost.py [--num-envs 512] [--rounds 20]

Prints steps/s with `env.bus` off and on, and how many times as long a step takes on it, by the clock and by the
processors' time, which a busy machine disturbs less: medians with their quarters. Exits with 1 above 5 %.
"""

import argparse
import sys
import time
from statistics import median, quantiles

from measurements import WARM_UP, Turn, training_turn

LIMIT = 1.05


def timed(turn: Turn) -> tuple[float, float]:
    """Seconds a step by the clock, and seconds of processors an iteration."""
    started = time.process_time()
    return turn(), time.process_time() - started


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--num-envs", type=int, default=512)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE", help="of both sides")
    arguments = parser.parse_args()
    sides = [training_turn(arguments.num_envs, f"env.bus={bus}", *arguments.set) for bus in ("false", "true")]
    rounds = [[timed(turn) for turn in sides] for _ in range(WARM_UP + arguments.rounds)][WARM_UP:]
    for name, figures in zip(("off", "on"), zip(*rounds, strict=True), strict=True):
        print(f"bus {name}: {1 / median(seconds for seconds, _ in figures):,.0f} steps/s")
    middles = []
    for index, name in enumerate(("clock", "processors")):
        lower, middle, upper = quantiles(on[index] / off[index] for off, on in rounds)
        print(f"on / off by the {name}: {middle:.3f} ({lower:.3f} to {upper:.3f})")
        middles.append(middle)
    return 0 if min(middles) <= LIMIT else 1


if __name__ == "__main__":
    sys.exit(main())
