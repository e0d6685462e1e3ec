"""What must hold before anything moves, looked at while all servos are as they were found."""

from collections.abc import Iterator, Sequence
from typing import NamedTuple

import numpy as np

from playground_amp.deploy.runtime import WalkingPolicy
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.port import is_pseudo_terminal
from playground_amp.hardware.robot_bus import BusSnapshot
from playground_amp.hardware.safety import tilt_of

NEAR_HOME = 0.6  # rad: legs that hang bend less than at home, a joint with another's zero is further off
UPRIGHT = 0.15  # rad, of the base at the start, which people and stands hold well
_STILL = 1.0  # rad/s of the base
_MOST_LOST = 0.05  # of the answers that a line was asked for


class Check(NamedTuple):
    """One thing that was looked at."""

    name: str
    passed: bool
    text: str  # what was found and what is allowed
    joint: str = ""  # where it is about one


def require_fitting(policy: WalkingPolicy, hardware: HardwareFile, source: object) -> None:
    """Raises UserError unless the hardware file `source` is of the bundle's robot, and can be as it says."""
    robot = policy.manifest["robot"]["name"]
    if hardware.robot != robot:
        raise UserError(f"{source} is of a robot {hardware.robot}, the bundle of a robot {robot}")
    missing = [name for name in policy.joint_names if name not in hardware.servos]
    others = [name for name in hardware.joint_names if name not in policy.joint_names]
    if missing:
        raise UserError(f"{source} has no servo for {', '.join(missing)}, which the bundle's policy moves")
    if others:
        raise UserError(f"{source} has servos that the bundle's policy does not move: {', '.join(others)}")
    _require_reachable_home(policy, hardware, source)
    _require_own_ports(hardware, source)


def _require_reachable_home(policy: WalkingPolicy, hardware: HardwareFile, source: object) -> None:
    low, high = hardware.count_range
    for name, angle in zip(policy.joint_names, policy.home, strict=True):
        if not low <= (counts := hardware.servos[name].counts(angle)) <= high:
            raise UserError(f"{source}: home of {name} is at count {counts}, beyond count_range [{low}, {high}]")


def _require_own_ports(hardware: HardwareFile, source: object) -> None:
    lines: dict[str, str] = {}
    ports = {**{name: board.port for name, board in hardware.boards.items()}, "imu": hardware.imu.port}
    for line, port in ports.items():
        if port and (other := lines.setdefault(port, line)) != line:
            raise UserError(f"{source}: {other} and {line} are both at port {port}")


def require_twin(hardware: HardwareFile, speed: float) -> None:
    """Raises UserError if anything but a program on this machine is behind the lines: a robot lives in real time."""
    ports = [*(board.port for board in hardware.boards.values()), hardware.imu.port]
    for port in ports:
        if not is_pseudo_terminal(port):
            raise UserError(
                f"--speed {speed:g} is for a twin of the same --speed: {port or 'the IMU'} is no pseudo-terminal"
            )


def run_checks(
    policy: WalkingPolicy, hardware: HardwareFile, seen: Sequence[BusSnapshot], gravity_b: np.ndarray
) -> list[Check]:
    """What all of `seen` (some time of readings, joints in the policy's order) says; `gravity_b` [3] of the last."""
    newest = seen[-1]
    answering = [*_answering(policy, hardware, newest)]
    checks = [*answering, *_lines(hardware, seen[0], newest)]
    if all(check.passed for check in answering):
        checks += [*_supply(policy, hardware, newest), *_pose(policy, newest)]
    return [*checks, *_imu(hardware, newest, gravity_b)]


def _answering(policy: WalkingPolicy, hardware: HardwareFile, newest: BusSnapshot) -> Iterator[Check]:
    for place, failure in newest.failures.items():
        yield Check("lines", False, f"{place}: {failure}")
    limit = hardware.limits.reading_age
    silent = [name for name, age in zip(policy.joint_names, newest.joint_age, strict=True) if not age <= limit]
    for name in silent:
        servo = hardware.servos[name]
        yield Check("servos", False, f"{name} does not answer: servo {servo.id} on {servo.board}", name)
    if not silent and not newest.failures:
        oldest = 1e3 * newest.joint_age.max()
        yield Check("servos", True, f"all {len(newest.joint_age)} answer, the oldest reading is {oldest:.0f} ms old")


def lines_answer(hardware: HardwareFile, first: BusSnapshot, newest: BusSnapshot) -> bool:
    """Whether no line lost too many answers from `first` to `newest`."""
    return all(check.passed for check in _lines(hardware, first, newest))


def _lines(hardware: HardwareFile, first: BusSnapshot, newest: BusSnapshot) -> Iterator[Check]:
    for board in hardware.boards:
        before, now = first.counters[board], newest.counters[board]
        asked, lost = now.reads - before.reads, now.lost - before.lost
        share = lost / max(asked, 1)
        text = f"{board}: {lost} of {asked} answers lost"
        if now.bad_checksums > before.bad_checksums:
            text += f", {now.bad_checksums - before.bad_checksums} with a wrong checksum"
        yield Check("lines", asked > 0 and share <= _MOST_LOST, f"{text}, {_MOST_LOST:.0%} are the most")


def _supply(policy: WalkingPolicy, hardware: HardwareFile, newest: BusSnapshot) -> Iterator[Check]:
    limits = hardware.limits
    for quantity, values, unit in (
        ("voltage", newest.voltage, "V"),
        ("temperature", newest.temperature, "°C"),
    ):
        if not np.isfinite(values).all():
            name = policy.joint_names[int(np.isnan(values).argmax())]
            yield Check(quantity, False, f"{name} has not told its {quantity}", name)
            continue
        worst = int(values.argmin() if quantity == "voltage" else values.argmax())
        name, value = policy.joint_names[worst], values[worst]
        if quantity == "voltage":
            passed, rule = value >= limits.voltage_low, f"{limits.voltage_low:g} {unit} at least are needed"
        else:
            passed, rule = value < limits.temperature_high, f"it must stay below {limits.temperature_high:g} {unit}"
        yield Check(quantity, bool(passed), f"{value:.1f} {unit} at {name}, {rule}", "" if passed else name)


def _pose(policy: WalkingPolicy, newest: BusSnapshot) -> Iterator[Check]:
    position = np.array([newest.sensors.joint_position[name] for name in policy.joint_names], float)
    off = position - policy.home
    far = np.flatnonzero(~(np.abs(off) <= NEAR_HOME))
    for joint in far:
        name = policy.joint_names[joint]
        yield Check(
            "pose",
            False,
            f"{name} is {off[joint]:+.2f} rad from home, {NEAR_HOME:g} are the most: put it there, "
            "or its id, direction or zero is wrong",
            name,
        )
    if not far.size:
        worst = int(np.abs(off).argmax())
        yield Check("pose", True, f"{policy.joint_names[worst]} is {off[worst]:+.2f} rad from home, all others nearer")


def _imu(hardware: HardwareFile, newest: BusSnapshot, gravity_b: np.ndarray) -> Iterator[Check]:
    limit = hardware.limits.imu_age
    if not newest.imu_age <= limit:
        yield Check("IMU", False, f"no report for {1e3 * limit:.0f} ms")
        return
    tilt, turning = tilt_of(gravity_b), float(np.abs(np.asarray(newest.sensors.gyro, float)).max())
    toward = f"gravity ({gravity_b[0]:+.2f}, {gravity_b[1]:+.2f}, {gravity_b[2]:+.2f})"
    if not tilt <= UPRIGHT:
        yield Check(
            "IMU",
            False,
            f"tilted by {tilt:.2f} rad ({toward}), {UPRIGHT:g} are the most: hold it upright, or calibrate",
        )
    elif not turning <= _STILL:
        yield Check("IMU", False, f"turns at {turning:.1f} rad/s, {_STILL:g} are the most: hold it still")
    else:
        yield Check("IMU", True, f"upright within {tilt:.2f} rad, {1e3 * newest.imu_age:.0f} ms old")


def check_table(checks: Sequence[Check]) -> str:
    """The checks as lines for a person."""
    return "\n".join(f"  {'ok    ' if each.passed else 'FAILED'}  {each.name:<12} {each.text}" for each in checks)
