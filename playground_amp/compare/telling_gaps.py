"""A gap report in words and numbers: for the terminal and as JSON."""

import json

import numpy as np

from playground_amp.compare.gap_report import HORIZONS, GapReport, Judged, joint_gaps, tilt_gaps
from playground_amp.hardware.log_format import PHASES

_SHOWN_JOINTS = 4


def verdict_words(report: GapReport) -> str:
    """The result in one sentence."""
    named = report.named
    if named:
        first = named[0]
        where = f" ({first.verdict.where})" if first.verdict.where else ""
        others = f"; or: {', '.join(first.verdict.others)}" if first.verdict.others else ""
        return f"{first.cause.words}{where}: {first.verdict.found}{others}"
    if report.replays is None:
        return "no cause found; but too little was logged of a robot on its feet to say more"
    return "no cause found: the robot does what the simulation says, as far as healthy ones do"


def unjudged_words(report: GapReport) -> list[str]:
    """A sentence a fault that this log could not show at some joints."""
    every = len(report.robot.joint_names)
    return [
        f"{fault} at {'any joint' if len(joints) == every else ', '.join(joints)}: this log moves and loads "
        f"{'it' if len(joints) == 1 else 'them'} too little"
        for fault, joints in report.unjudged.items()
    ]


def summary_text(report: GapReport) -> str:
    """What the terminal shows."""
    signals, header = report.evidence.signals, report.log.header
    loop = signals.loop
    phases = ", ".join(name for place, name in enumerate(PHASES) if (report.log.phase == place).any())
    lines = [
        f"{report.path}: {header.robot}, {loop.seconds:.1f} s, {loop.steps} steps ({phases})",
        f"ended: {report.stop}" if report.stop else "ended: the log does not say how",
        f"loop: {1e3 * loop.period:.2f} ms a step, 98 % at most {1e3 * loop.late:.2f} ms late, "
        f"{loop.skipped:.1%} of the deadlines missed",
        *_bus_lines(report),
        *_gap_lines(report),
        "",
    ]
    for each in report.named:
        lines += _cause_lines(each)
    if not report.named:
        lines.append(verdict_words(report))
        near = max(report.judged, key=lambda each: each.verdict.share)
        lines.append(f"nearest to being named: {near.cause.name}, {near.verdict.share:.0%} of its threshold")
    if report.evidence.search is not None:
        lines += [f"cannot tell: {words}" for words in unjudged_words(report)]
    return "\n".join(lines)


def report_json(report: GapReport) -> bytes:
    """The whole result, for programs."""
    replays = report.replays
    gaps = None
    if replays is not None:
        joint, tilt = joint_gaps(replays), tilt_gaps(replays)
        gaps = {
            "horizons_s": list(HORIZONS),
            "joints_rad": {name: _plain(joint[:, place]) for place, name in enumerate(report.robot.joint_names)},
            "tilt_rad": _plain(tilt),
            "replays": len(replays.gap.start),
        }
    signals = report.evidence.signals
    content = {
        "log": str(report.path),
        "robot": report.robot.name,
        "causes_named": [each.cause.name for each in report.named],
        "causes": [
            {"name": each.cause.name, "named": each.named, "share_of_threshold": round(float(each.verdict.share), 4)}
            | {"where": each.verdict.where, "evidence": each.verdict.found, "or": list(each.verdict.others)}
            for each in report.judged
        ],
        "cannot_tell": {fault: list(joints) for fault, joints in report.unjudged.items()},
        "gaps": gaps,
        "loop": {name: _plain(value) for name, value in signals.loop._asdict().items()},
        "joints": {name: _plain(value) for name, value in signals.joints._asdict().items()},
        "boards": {name: _plain(value) for name, value in signals.boards._asdict().items()},
        "imu": {name: _plain(value) for name, value in signals.imu._asdict().items()},
        "events": list(report.log.events),
        "torn_bytes": report.log.torn_bytes,
    }
    return (json.dumps(content, indent=1) + "\n").encode()


def _bus_lines(report: GapReport) -> list[str]:
    joints, boards = report.evidence.signals.joints, report.evidence.signals.boards
    names = report.robot.joint_names
    lines = []
    if np.isfinite(joints.oldest).any():
        worst = int(np.nanargmax(joints.oldest))
        lines.append(
            f"readings: {1e3 * np.nanmedian(joints.age):.0f} ms old in the median, the oldest of {names[worst]}, "
            f"98 % of them newer than {1e3 * joints.oldest[worst]:.0f} ms"
        )
    lost = ", ".join(f"{name} {share:.2%}" for name, share in zip(report.evidence.boards, boards.lost, strict=True))
    lines.append(f"answers lost: {lost}")
    if np.isfinite(joints.voltage).any() and np.isfinite(joints.temperature).any():
        hottest = int(np.nanargmax(joints.temperature))
        lines.append(
            f"supply: {np.nanmin(joints.voltage):.1f} V at least; heat: {joints.temperature[hottest]:.0f} °C at most "
            f"({names[hottest]})"
        )
    return lines


def _gap_lines(report: GapReport) -> list[str]:
    if report.replays is None:
        return []
    joint, tilt = joint_gaps(report.replays), tilt_gaps(report.replays)
    lines = [f"{len(report.replays.gap.start)} replays from measured states, prediction against measurement:"]
    for place, horizon in enumerate(HORIZONS):
        widest = np.argsort(-np.nan_to_num(joint[place]))[:_SHOWN_JOINTS]
        named = ", ".join(f"{report.robot.joint_names[one]} {joint[place, one]:.3f}" for one in widest)
        lines.append(f"  after {horizon:.1f} s: {named} rad; attitude {tilt[place]:.3f} rad")
    return lines


def _cause_lines(judged: Judged) -> list[str]:
    cause, verdict = judged
    where = f" ({verdict.where})" if verdict.where else ""
    lines = [f"likely cause: {cause.name}{where}: {cause.words}", f"  evidence: {verdict.found}"]
    if verdict.others:
        lines.append(f"  cannot be told apart from: {', '.join(verdict.others)}")
    return [*lines, f"  remedy: {cause.remedy}"]


def _plain(value: object) -> object:
    """Numbers that JSON has; None where there is none."""
    if isinstance(value, np.ndarray):
        return [_plain(each) for each in value.tolist()]
    if isinstance(value, float):
        return round(value, 6) if np.isfinite(value) else None
    return value
