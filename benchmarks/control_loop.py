"""Does a policy's loop hold its rate? Runs a bundle against a servo bus on the loopback interface.

python benchmarks/control_loop.py --bundle DIR [--seconds 10]
"""

import argparse
from pathlib import Path

import numpy as np

from playground_amp.deploy.control_loop import LoopTiming, run_control_loop
from playground_amp.deploy.runtime import load_policy
from playground_amp.deploy.servo_bus import ServoStandIn, UdpServoBus


def main() -> None:
    parser = argparse.ArgumentParser(description="Period jitter of a policy's control loop over a loopback servo bus.")
    parser.add_argument("--bundle", type=Path, required=True, metavar="DIR")
    parser.add_argument("--seconds", type=float, default=10.0)
    arguments = parser.parse_args()
    policy = load_policy(arguments.bundle)
    speed_limit = [joint["speed_limit"] for joint in policy.manifest["joints"]]
    half_speed = policy.manifest["command"]["trained"][0][1] / 2
    with ServoStandIn(policy.home, policy.control_dt, speed_limit) as servos:
        bus = UdpServoBus(servos.address, policy.joint_names)
        steps = round(arguments.seconds / policy.control_dt)
        timing = run_control_loop(policy, bus, lambda seconds: (half_speed, 0.0, 0.0), steps)
        bus.close()
    print(summary(timing))


def summary(timing: LoopTiming) -> str:
    """Rate, jitter and time used, in words."""
    late, busy = 1e3 * np.abs(timing.period_error), 1e3 * timing.busy
    rate = (len(timing.starts) - 1) / (timing.starts[-1] - timing.starts[0])
    return (
        f"{len(timing.starts)} periods at {rate:.3f} Hz; period off by median {np.median(late):.3f} ms, "
        f"p99 {np.quantile(late, 0.99):.3f} ms, at most {late.max():.3f} ms; "
        f"busy median {np.median(busy):.3f} ms, p99 {np.quantile(busy, 0.99):.3f} ms; {timing.overruns} overruns"
    )


if __name__ == "__main__":
    main()
