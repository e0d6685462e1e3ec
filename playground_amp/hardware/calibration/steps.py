"""The steps of a calibration, each from a hardware file to a better one; nothing is written here."""

from collections.abc import Mapping, Sequence

from playground_amp.hardware.calibration.bench import ServoPlace, open_bench
from playground_amp.hardware.calibration.imu_axes import mounting_from, read_gravities
from playground_amp.hardware.calibration.person import Person
from playground_amp.hardware.calibration.robot_facts import RobotFacts
from playground_amp.hardware.calibration.servos import (
    assign_servos,
    find_directions,
    require_safe,
    with_ports,
    with_servos,
)
from playground_amp.hardware.calibration.zeros import ZeroChange, read_pose, with_zeros
from playground_amp.hardware.hardware_file import BoardSetup, HardwareFile
from playground_amp.hardware.imu import open_imu


def servos_step(
    person: Person, hardware: HardwareFile, robot: RobotFacts, way: str, ports: Sequence[str], ids: Sequence[int]
) -> HardwareFile:
    """Boards, ids and directions."""
    if way == "moving":
        require_safe(person)
    hardware = with_ports(hardware, ports) if ports else hardware
    with open_bench(hardware.boards, hardware.count_range) as bench:
        found = bench.find(ids)
        for board in hardware.boards:
            answering = " ".join(str(place.id) for place in found if place.board == board)
            person.tell(f"{hardware.boards[board].port}: servos {answering or 'none'}")
        assigned = assign_servos(person, bench, found, robot.joints, _count(hardware), way)
    return with_servos(hardware, assigned)


def directions_step(
    person: Person, hardware: HardwareFile, robot: RobotFacts, way: str, chosen: Sequence[str]
) -> HardwareFile:
    """Directions of these joints."""
    if way == "moving":
        require_safe(person)
    places = {name: ServoPlace(servo.board, servo.id) for name, servo in hardware.servos.items()}
    joints = [joint for joint in robot.joints if joint.name in chosen]
    with open_bench(_boards_in_use(hardware), hardware.count_range) as bench:
        found = find_directions(person, bench, places, joints, _count(hardware), way)
    turned = {name: hardware.servos[name]._replace(direction=direction) for name, direction in found.items()}
    return hardware._replace(servos={**hardware.servos, **turned})


def zeros_step(
    person: Person, hardware: HardwareFile, robot: RobotFacts, pose: Mapping[str, float]
) -> tuple[HardwareFile, list[ZeroChange]]:
    """Zeros of the joints of a pose, rad by name."""
    with open_bench(_boards_in_use(hardware), hardware.count_range) as bench:
        counts = read_pose(person, bench, hardware, pose)
    hardware, changes = with_zeros(hardware, robot, pose, counts)
    for change in changes:
        person.tell(f"  {change.joint:24} center {change.before} → {change.after} {change.problem}".rstrip())
    return hardware, changes


def imu_step(person: Person, hardware: HardwareFile, robot: RobotFacts) -> HardwareFile:
    """The IMU's mounting."""
    imu = open_imu(hardware.imu)
    imu.start()
    try:
        mounting = mounting_from(read_gravities(person, imu), robot.imu_in_base)
    finally:
        imu.stop()
        imu.join()
    person.tell(f"IMU mounted by {', '.join(f'{part:+.4f}' for part in mounting)} (wxyz)")
    return hardware._replace(imu=hardware.imu._replace(mounting=mounting))


def _boards_in_use(hardware: HardwareFile) -> dict[str, BoardSetup]:
    used = {servo.board for servo in hardware.servos.values()}
    return {name: board for name, board in hardware.boards.items() if name in used}


def _count(hardware: HardwareFile) -> float:
    return next(iter(hardware.servos.values())).count
