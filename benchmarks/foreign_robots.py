"""What `robot.py inspect` says of other people's robots, beside what is known of them.

python benchmarks/foreign_robots.py op3=FOLDER/op3.xml cassie=FOLDER/cassie.xml ...

A line a robot: processor seconds of a process of its own, mass, leg length, worst distance of mirrored axis lines,
contact points a foot, ankle gain, action scale and status; behind a slash the figure measured by hand, where there is
one. A robot is known by the name before its path; others are only shown. Exit status 1 if a figure is off by more than
its tolerance, a robot that cannot be used was not refused in one sentence, or one took more than 5 s.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]
LONGEST = 5.0  # s of a processor: others may keep this machine busy
MASS, LENGTH, MIRROR = 0.05, 0.12, 2.0  # relative, relative (hips are measured to one axis or another), mm


class Known(NamedTuple):
    """Measured by hand; None: not known."""

    mass: float | None = None  # kg
    leg: float | None = None  # m
    mirror: float | None = None  # mm
    refused: bool = False


KNOWN = {
    "wildrobot": Known(4.1, 0.44, 0.0),
    "wildrobot_v2": Known(4.1, 0.44, 0.57),
    "open_duck": Known(2.1, 0.20, 1.6),
    "open_duck_backlash": Known(2.1, 0.20, 1.6),
    "op3": Known(3.2, 0.25, 0.0),
    "zbot": Known(3.4, 0.23, 2.0),
    "bruce": Known(4.7, 0.43, 0.0),
    "berkeley_lite": Known(11.3, 0.41, 0.05),
    "berkeley": Known(16, 0.45, 0.0),
    "k1": Known(20, 0.48, 0.0),
    "t1": Known(32, 0.57, 0.0),
    "h1": Known(51, 0.87, 0.0),
    "r1": Known(29, 0.65, 0.0),
    "kbot_v2": Known(36, 0.72, 0.7),
    "cassie": Known(refused=True),
    "tron1_pf": Known(refused=True),
}


def inspected(path: Path) -> tuple[dict[str, Any], float]:
    """The plain form of an inspection in a process of its own, and the processor's seconds that it took."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "inspection.json"
        command = [sys.executable, str(ROOT / "playground_amp/robot.py"), "inspect", str(path), "--json", str(file)]
        before = resource.getrusage(resource.RUSAGE_CHILDREN)
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        after = resource.getrusage(resource.RUSAGE_CHILDREN)
        took = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
        if not file.is_file():
            return {"status": done.returncode, "refused": done.stderr.strip(), "findings": []}, took
        return json.loads(file.read_text()), took


def line(name: str, plain: dict[str, Any], took: float) -> tuple[str, bool]:
    """What is shown of a robot, and whether it is as known."""
    known, fine = KNOWN.get(name, Known()), took <= LONGEST
    if "anatomy" not in plain:
        fine &= name not in KNOWN or known.refused
        fine &= "\n" not in plain["refused"] and "Traceback" not in plain["refused"]
        return f"{name:20} {took:4.1f} s  refused: {plain['refused']}", fine
    anatomy, design = plain["anatomy"], plain["design"]
    mirror = 1000 * anatomy["symmetry"]["axis_lines"]["amount"]
    fine &= not known.refused
    fine &= known.mass is None or abs(anatomy["mass"] / known.mass - 1) < MASS
    fine &= known.leg is None or abs(anatomy["leg_length"] / known.leg - 1) < LENGTH
    fine &= known.mirror is None or abs(mirror - known.mirror) < MIRROR
    mends = [finding["kind"] for finding in plain["findings"] if finding["severity"] == "mend"]
    figures = (
        f"{anatomy['mass']:.3g}/{known.mass} kg",
        f"{anatomy['leg_length']:.3f}/{known.leg} m",
        f"{mirror:.2f}/{known.mirror} mm",
        f"{anatomy['feet'][0]['contacts']} contacts",
        f"ankle {design['ankle_gain']['value']:.2f}",
        f"action {design['action_scale']['value']:.3f}",
    )
    shown = "  ".join(f"{figure:18}" for figure in figures)
    return f"{name:20} {took:4.1f} s  {shown} status {plain['status']} ({', '.join(mends)})", fine


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("robots", nargs="+", metavar="NAME=PATH", help="MJCF, URDF or a robot's folder")
    wrong = 0
    for each in parser.parse_args().robots:
        name, _, path = each.partition("=")
        text, fine = line(name, *inspected(Path(path)))
        wrong += not fine
        print(text + ("" if fine else "   ✗"), flush=True)
    print(f"{wrong} not as known")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
