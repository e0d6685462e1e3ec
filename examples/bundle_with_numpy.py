"""Opens the bundled policy as a robot does, with NumPy alone, and steps it: `python examples/bundle_with_numpy.py`.

Nothing of this project is imported: a bundle brings its own runtime. Copy the folder to the robot, replace `read` by
the robot's sensors and `print` by its servos.
"""

import sys
import time
from pathlib import Path

BUNDLE = Path(__file__).parents[1] / "policies" / "walk"
COMMAND = (0.3, 0.0, 0.0)  # forward m/s, to the left m/s, yaw rate rad/s

sys.path.insert(0, str(BUNDLE))
import runtime  # noqa: E402  (the bundle's own)


def read(targets: dict[str, float]) -> runtime.Sensors:
    """Stands in for a robot that hangs upright in the air, whose servos are where they were sent."""
    still = dict.fromkeys(targets, 0.0)
    return runtime.Sensors((1.0, 0.0, 0.0, 0.0), (0.0, 0.0, 0.0), targets, still)


def main(seconds: float = 2.0) -> dict[str, float]:
    """Steps the policy at its control rate; the last targets, rad."""
    policy = runtime.load_policy(BUNDLE, backend="numpy")  # verifies the bundle; raises BundleError
    policy.reset()
    targets = dict(zip(policy.joint_names, policy.home.tolist(), strict=True))
    started = time.perf_counter()
    for step in range(round(seconds / policy.control_dt)):
        targets = policy.step(read(targets), COMMAND)
        print(f"{step * policy.control_dt:.2f} s  left knee {targets['left_knee_pitch']:.3f} rad")
        time.sleep(max(0.0, started + (step + 1) * policy.control_dt - time.perf_counter()))
    return targets


if __name__ == "__main__":
    main()
