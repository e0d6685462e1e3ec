"""An inspection for people: what the robot is, then what is wrong with it, each with what mends it."""

import math
from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from playground_amp.robot.inspection.finding import listed
from playground_amp.robot.inspection.inspection import Inspection
from playground_amp.robot.inspection.joints import span
from playground_amp.robot.making.anatomy import JointFacts

_WIDTH_WITHOUT_TERMINAL = 140
_MARKS = {"mend": "[bold red]✗[/]", "note": "[yellow]·[/]"}
_DIRECTIONS = ("roll", "pitch", "yaw")  # about x, y, z
_MOSTLY = 0.9  # of a unit axis


def print_inspection(inspection: Inspection, console: Console | None = None) -> None:
    """The page, on stdout unless a console is given."""
    console = console or Console()
    if not console.is_terminal:
        console = Console(file=console.file, width=_WIDTH_WITHOUT_TERMINAL)
    facts = Table(
        title=escape(f"{inspection.anatomy.name} ({inspection.path})"), title_justify="left", show_header=False
    )
    facts.add_column(style="bold", no_wrap=True)
    facts.add_column()
    for word, fact in facts_of(inspection):
        facts.add_row(word, escape(fact))
    console.print(facts)
    console.print(_legs(inspection))
    for finding in inspection.findings:
        console.print(f"{_MARKS[finding.severity]} {escape(finding.what)}", soft_wrap=True, highlight=False)
        console.print(f"  → {escape(finding.mend)}", soft_wrap=True, highlight=False, style="dim")
    console.print(verdict(inspection), soft_wrap=True, highlight=False)


def verdict(inspection: Inspection) -> str:
    """One sentence, with rich's markup."""
    count = len(inspection.to_mend)
    if not count:
        return "[bold green]fine[/]: nothing needs to be mended"
    return f"[bold yellow]usable[/]: {count} {'thing' if count == 1 else 'things'} to mend (✗), each with what mends it"


def facts_of(inspection: Inspection) -> Iterator[tuple[str, str]]:
    """What the robot is: a word and a sentence each."""
    anatomy, design = inspection.anatomy, inspection.design
    driven = [joint for joint in anatomy.joints if not joint.passive]
    yield "base", f"{anatomy.base}, {_root(anatomy.root)}; forward is told by {anatomy.frame.told_by}"
    yield (
        "size",
        f"{anatomy.mass:.4g} kg, legs of {anatomy.leg_length:.3f} m, hips {design.home.height:.3f} m high at home",
    )
    parts = {part: anatomy.joints_of(part) for part in ("leg", "waist", "arm", "head")}
    shares = ", ".join(f"{part} {len(joints)}" for part, joints in parts.items() if joints)
    yield "joints", f"{len(driven)} driven ({shares}); {_acting(len(design.acts), len(driven))}"
    if anatomy.passive:
        yield "passive", f"{_passive(anatomy.passive)}: {listed([joint.name for joint in anatomy.passive])}"
    left, right = anatomy.feet
    yield (
        "soles",
        f"{2000 * left.half_length:.0f} × {2000 * left.half_width:.0f} mm on {left.body} and {right.body} "
        f"({left.shape}, {left.contacts} contact points each)",
    )
    imu = anatomy.imu
    yield "IMU", f"site {imu.site} on {imu.body}" if imu.site else f"no site: {imu.body} is taken"
    yield "mirror", _mirror(inspection)
    yield "home", _home(inspection)
    yield "servos", _servos(inspection)
    slow, fast = inspection.gait_cycles[1], inspection.gait_cycles[0]
    yield (
        "cadence",
        f"gait cycles of {fast:.2f} to {slow:.2f} s fit its legs; its servos follow up to "
        f"{design.bandwidth.value:.3g} rad/s ({design.bandwidth.origin})",
    )
    yield (
        "action",
        f"±1 of an action turns a joint by {design.action_scale.value:.3g} rad ({design.action_scale.origin})",
    )


def _acting(acting: int, driven: int) -> str:
    return "all act" if acting == driven else f"{acting} act, the others are held"


def _root(root: str) -> str:
    return {"free": "free joint", "fixed": "fixed to the world"}.get(root, f"on {root}")


def _passive(joints: Sequence[JointFacts]) -> str:
    plays = sum(joint.play_of is not None for joint in joints)
    springs = sum(joint.stiffness > 0 for joint in joints)
    kinds = [f"{plays} of backlash"] * (plays > 0) + [f"{springs} with a spring"] * (springs > 0)
    return f"{len(joints)}" + (f" ({', '.join(kinds)})" if kinds else "")


def _mirror(inspection: Inspection) -> str:
    symmetry = inspection.anatomy.symmetry
    return (
        f"{len(inspection.anatomy.mirror_pairs)} pairs; axis lines within "
        f"{_tidy(1000 * symmetry.axis_lines.amount)} mm and {_tidy(math.degrees(symmetry.axis_angles.amount))}°, "
        f"masses within {_tidy(1000 * symmetry.masses.amount)} g"
    )


def _home(inspection: Inspection) -> str:
    home = inspection.design.home
    return (
        f"{home.origin}; center of mass {1000 * home.support_margin:.0f} mm inside the soles' edge, "
        f"{100 * home.load_share:.0f} % of a servo's torque"
    )


def _servos(inspection: Inspection) -> str:
    anatomy, design = inspection.anatomy, inspection.design
    drives = sorted({joint.drive for joint in anatomy.joints_of("leg")})
    servos = [design.servos[name] for leg in anatomy.legs for name in leg]
    words = {"position": "position servos", "motor": "torque motors", "velocity": "velocity servos"}
    words |= {"other": "actuators of another kind", "none": "no actuators"}
    gains, torques = span([servo.kp for servo in servos]), span([servo.torque_limit for servo in servos])
    return (
        f"{' and '.join(words[drive] for drive in drives)} in the model; kp {gains} N·m/rad, torque {torques} N·m, "
        f"speed {span([servo.speed_limit for servo in servos])} rad/s "
        f"({servos[0].speed_origin}); 2·kp/(m·g·h) of the ankles {design.ankle_gain.value:.2g}"
    )


def _legs(inspection: Inspection) -> Table:
    """The leg chains, a pair of joints a row."""
    anatomy, design = inspection.anatomy, inspection.design
    table = Table(title="legs, from the hip to the foot", title_justify="left")
    for heading in ("left", "right", "turns", "range, °", "home, °", "kp, N·m/rad", "limit, N·m", "inertia, kg·m²"):
        table.add_column(heading)
    for left, right in zip(*anatomy.legs, strict=True):
        joint, servo = anatomy.joint(left), design.servos[left]
        table.add_row(
            escape(left),
            escape(right),
            _direction(joint),
            f"{math.degrees(servo.lower):.0f} … {math.degrees(servo.upper):.0f}",
            f"{round(math.degrees(design.home.angles.get(left, 0.0)))}",
            f"{servo.kp:.3g}",
            f"{servo.torque_limit:.3g}",
            f"{joint.inertia + servo.armature:.2g}",
        )
    return table


def _tidy(amount: float) -> str:
    """An amount to three digits; what rounding leaves is 0."""
    return f"{amount:.3g}" if amount >= 1e-3 else "0"


def _direction(joint: JointFacts) -> str:
    """What a joint does, by the part of the robot's frame that its axis follows."""
    for axis, word in enumerate(_DIRECTIONS):
        if abs(joint.axis[axis]) > _MOSTLY:
            return word
    return "oblique"
