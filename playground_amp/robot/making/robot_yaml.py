"""The text of `robot.yaml`: every derived value with its origin in a comment."""

from collections.abc import Iterable, Iterator, Mapping

from playground_amp.robot.making.anatomy import Anatomy, JointFacts
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.evenness import is_nearly_even
from playground_amp.robot.making.gains import NAMED
from playground_amp.robot.making.layout import Layout
from playground_amp.robot.making.normal_form import ENDS, IMU
from playground_amp.robot.making.own_value import OwnValue
from playground_amp.robot.making.source import Source
from playground_amp.yaml_text import write_yaml


def description_text(
    source: Source,
    anatomy: Anatomy,
    design: Design,
    layout: Layout,
    model_file: str,
    task: Mapping[str, OwnValue],
) -> str:
    """The file's text. `task`: by dotted key."""
    return "\n".join([*_parts(source, anatomy, design, layout, model_file, task), ""])


def _parts(
    source: Source,
    anatomy: Anatomy,
    design: Design,
    layout: Layout,
    model_file: str,
    task: Mapping[str, OwnValue],
) -> Iterator[str]:
    joints = layout.joints
    yield f"# Made by robot.py init from {source.path.name}. What is derived says how: correct what is wrong."
    yield "# Lengths in m, angles in rad, speeds in rad/s; the gains, limits and ranges are in the MJCF."
    yield f"title: {_scalar(f'{anatomy.name}, {len(joints)} joints')}"
    yield f"model: {_scalar(model_file)}"
    yield ""
    yield f"# forward is told by {anatomy.frame.told_by}; the base was {anatomy.base} (root: {anatomy.root})"
    yield "feet:"
    for foot in anatomy.feet:
        names = ", ".join(f"{end}: {foot.side}_{end}" for end in ENDS)
        size = f"{2000 * foot.half_length:.0f} x {2000 * foot.half_width:.0f} mm"
        yield f"  {foot.side}: {{sole: {foot.side}_sole, {names}}} # {size}, from {_FOOT.get(foot.shape, foot.shape)}"
    yield f"imu: {IMU} # {_imu_origin(anatomy)}"
    yield ""
    yield f"home: # {design.home.origin}"
    yield f"  height: {design.home.height:.6g}"
    yield "  joints:"
    for joint in joints:
        yield f"    {_scalar(joint.name)}: {_number(design.home.angles[joint.name])}"
    if held := {name: angle for name, angle in design.home.angles.items() if name not in design.acts}:
        angles = ", ".join(f"{name} {_number(angle)}" for name, angle in held.items())
        yield f"# held there, welded: {angles}"
    yield ""
    yield from _servo_parts(design, joints)
    yield ""
    worst = anatomy.symmetry.axis_lines
    evened = "; evened out" if is_nearly_even(anatomy) else ""
    yield f"mirror: # by axis lines, which are at most {1000 * worst.amount:.1f} mm off ({worst.where}){evened}"
    for left, right in anatomy.mirror_pairs:
        if left in design.acts:
            yield f"  - [{_scalar(left)}, {_scalar(right)}]"
    if task:
        yield ""
        yield "# In place of the shipped configuration's values scaled to this robot; SI units."
        yield "task:"
        yield from _task_parts(task)


_FOOT = {"mesh": "the meshes' hull", "inertia": "its mass and inertia: its shape is unknown, MEASURE IT"}


def _servo_parts(design: Design, joints: Iterable[JointFacts]) -> Iterator[str]:
    servos = {joint.name: design.servos[joint.name] for joint in joints}
    speeds = [servo.speed_limit for servo in servos.values()]
    usual = max(set(speeds), key=speeds.count)
    origins = {f"{servo.origin}; torque limit: {servo.limit_origin}": None for servo in servos.values()}
    for origin in list(origins)[:4]:
        named = [name for name, s in servos.items() if f"{s.origin}; torque limit: {s.limit_origin}" == origin]
        who = "all joints" if len(named) == len(servos) else ", ".join(named)
        yield f"# gains of {who}: {origin}"
    ranges = {name: servo.range_origin for name, servo in servos.items() if servo.range_origin != "model"}
    if ranges:
        yield "# ranges that are guessed, in the MJCF: " + "; ".join(f"{name}: {why}" for name, why in ranges.items())
    yield f"# ankles: 2 kp / (m g h) = {design.ankle_gain.value:.2f}; below about 1.1 they do not hold the robot"
    yield "servo:"
    named = {servo.origin.removesuffix(NAMED) for servo in servos.values() if servo.origin.endswith(NAMED)}
    yield f"  model: {_scalar(named.pop()) if len(named) == 1 else 'unknown'}"
    yield f"  speed_limit: {_number(usual)} # {next(s.speed_origin for s in servos.values() if s.speed_limit == usual)}"
    if others := {name: servo.speed_limit for name, servo in servos.items() if servo.speed_limit != usual}:
        yield "  speed_limits:"
        yield from (f"    {_scalar(name)}: {_number(speed)}" for name, speed in others.items())


def _task_parts(task: Mapping[str, OwnValue]) -> Iterator[str]:
    """Sections of the configuration, from dotted keys that come section by section."""
    before: list[str] = []
    for key, own in task.items():
        *sections, name = key.split(".")
        for depth, section in enumerate(sections):
            if before[: depth + 1] != sections[: depth + 1]:
                yield f"{'  ' * (depth + 1)}{section}:"
                before = sections[: depth + 1]
        before = sections
        value = write_yaml({name: own.value}).rstrip()
        yield f"{'  ' * (len(sections) + 1)}{value} # {own.origin}"


def _imu_origin(anatomy: Anatomy) -> str:
    if anatomy.imu.site is None:
        return f"the model has no IMU: it is taken to be at {anatomy.imu.body}, its axes the body's"
    return f"site {anatomy.imu.site!r} on {anatomy.imu.body}"


def _scalar(text: str) -> str:
    """A name as YAML reads it back as the same text."""
    return write_yaml({"_": text}).partition(": ")[2].strip()


def _number(value: float) -> str:
    return f"{0.0 if abs(value) < 5e-7 else value:.6g}"
