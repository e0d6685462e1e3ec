"""Servos whose constants are drawn, on a bench in plain MuJoCo: what logs tell, how far off, how true intervals are.

python benchmarks/identify_twins.py --servos 20
"""

import argparse
import json
import sys
import time
from pathlib import Path

import numpy as np

from playground_amp.identify.identification import identify, usual_servo
from playground_amp.identify.servo_parameters import NAMES
from playground_amp.robot.robot import load_robot

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tests" / "helpers")]

from bench_twin import GRAVITY, drawn_servo, protocol_logs  # noqa: E402 # pyright: ignore[reportMissingImports]  (of the tests)


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--servos", type=int, default=20)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--json", type=Path)
    arguments = parser.parse_args()
    usual = usual_servo(load_robot("wildrobot"))
    rows = []
    for seed in range(arguments.first, arguments.first + arguments.servos):
        true, began = drawn_servo(seed, usual), time.perf_counter()
        found = identify(protocol_logs(true, seed, 4.0), [], usual, GRAVITY)
        row: dict[str, object] = {
            "seed": seed, "held_out_error_rad": found.held_out_error, "seconds": time.perf_counter() - began
        }  # fmt: skip
        for each in found.constants:
            if each.name in NAMES:
                truth = float(getattr(true, each.name))
                row[each.name] = {
                    "off": each.value / truth - 1,
                    "told": each.told,
                    "inside": each.interval[0] <= truth <= each.interval[1],
                }
        rows.append(row)
        print(f"{seed}: held out {found.held_out_error:.4f} rad, {row['seconds']:.0f} s", flush=True)
    for name in NAMES:
        cells = [row[name] for row in rows]
        told = [abs(cell["off"]) for cell in cells if cell["told"]]
        worst = f"{100 * max(told):.1f} %" if told else "–"
        inside = sum(cell["inside"] for cell in cells)
        print(f"{name:14} told {len(told):2} of {len(rows)}, worst {worst:>7}, interval holds the truth {inside}")
    print(f"held-out error at most {max(row['held_out_error_rad'] for row in rows):.4f} rad")
    if arguments.json:
        arguments.json.write_text(json.dumps(rows, indent=1, default=np.ndarray.tolist) + "\n")


if __name__ == "__main__":
    main()
