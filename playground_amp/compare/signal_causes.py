"""Causes that a log shows by itself: supply, heat, lines, computer, a silent IMU. Pure functions of the evidence."""

import numpy as np

from playground_amp.compare.evidence import Evidence, Verdict

_LOST = 0.1  # share of the answers of half a second; healthy: 0.03, where the computer is late
_LATE = 0.1  # the same, of answers that came after their time
_OLDER = 2.0  # times the age that the bus should give; healthy: 0.7 to 1.3
FROZEN = 0.2  # s of the same reading while joints move; healthy: a few reports that are lost, 0.08
_MISSED = 3.0  # times its usual age: a joint that a round has left out; healthy ones get twice as old
_OLD = 0.5  # of the age that is allowed, which no healthy reading reaches
_NEAR_LOW = 0.15  # of the least voltage, above which the supply is far from it
_DROP = 0.15  # of the supply's voltage; healthy: 0.04
_HALF_A_PERIOD, _SKIPPED = 0.5, 0.05  # of the control period; of the deadlines


def brown_out(evidence: Evidence) -> Verdict:
    """The supply gives way."""
    signals, limit = evidence.signals, evidence.hardware.limits.voltage_low
    volts = signals.joints.voltage
    if not np.isfinite(volts).any():
        return Verdict(0.0, "", "no voltage was read")
    worst = int(np.nanargmin(volts))
    drop = signals.voltage_drop / max(volts[worst] + signals.voltage_drop, 1e-6)
    share = max(1 - (volts[worst] - limit) / (_NEAR_LOW * max(limit, 1e-6)), drop / _DROP, 0.0)
    told = evidence.told("voltage")
    return Verdict(
        max(share, 1.0) if told else share,
        "",
        told
        or f"{evidence.names[worst]} got {volts[worst]:.1f} V at least ({limit:g} V are needed), "
        f"the deepest dip was {signals.voltage_drop:.1f} V",
    )


def hot_servo(evidence: Evidence) -> Verdict:
    """A servo near or over its limit."""
    heat, limit = evidence.signals.joints.temperature, evidence.hardware.limits.temperature_high
    if not np.isfinite(heat).any():
        return Verdict(0.0, "", "no temperature was read")
    worst = int(np.nanargmax(heat))
    others = np.delete(heat, worst)
    usual = f", the others {np.nanmedian(others):.0f} °C" if np.isfinite(others).any() else ""
    return Verdict(heat[worst] / limit, evidence.names[worst], f"it reached {heat[worst]:.0f} °C of {limit:g}{usual}")


def silent_servo(evidence: Evidence) -> Verdict:
    """A servo that does not answer any more while its line goes on."""
    joints, limit = evidence.signals.joints, evidence.hardware.limits.reading_age
    age = np.nan_to_num(joints.last, nan=np.inf)
    worst = int(age.argmax())
    line = evidence.on_board(evidence.hardware.servos[evidence.names[worst]].board)
    alone = line.sum() == 1 or bool((age[line] < limit).any())
    share = min(age[worst] / limit, 9.0) if alone else 0.0
    if max(lost_bytes(evidence).share, late_answers(evidence).share) >= 1:
        share = min(share, 0.99)  # its line is to blame
    said = "it never answered" if np.isinf(age[worst]) else f"its reading was {1e3 * age[worst]:.0f} ms old at the end"
    return Verdict(share, evidence.names[worst], f"{said}, {1e3 * limit:.0f} are allowed")


def lost_line(evidence: Evidence) -> Verdict:
    """No servo of a line answers."""
    joints, limit = evidence.signals.joints, evidence.hardware.limits.reading_age
    age = np.nan_to_num(joints.last, nan=np.inf)
    if told := evidence.told("line_lost"):
        return Verdict(1.0, told.partition(":")[0] if ":" in told else "", told)
    found = Verdict(0.0, "", "every line answered to the end")
    for board in evidence.boards:
        line = evidence.on_board(board)
        if line.sum() > 1 and (youngest := float(age[line].min())) / limit > max(found.share, 0.5):
            found = Verdict(min(youngest / limit, 9.0), board, "none of its servos answered at the end")
    return found


def lost_bytes(evidence: Evidence) -> Verdict:
    """A line that loses answers of more than one servo."""
    boards = evidence.signals.boards
    lost = np.array([_lost_by_line(evidence, board) for board in range(len(evidence.boards))])
    worst = int(lost.argmax())
    return Verdict(
        lost[worst] / _LOST,
        evidence.boards[worst],
        f"{boards.worst_lost[worst]:.0%} of its answers of the worst half second were lost, {boards.lost[worst]:.1%} "
        f"of all {boards.reads[worst]:.0f}; {boards.garbled[worst]:.0f} garbled bytes and sums then",
    )


def late_answers(evidence: Evidence) -> Verdict:
    """Readings older than the bus should make them, or answers after their time."""
    joints, boards = evidence.signals.joints, evidence.signals.boards
    worst = int(boards.worst_late.argmax())
    ratio = np.nan_to_num(joints.age / joints.expected_age)
    ratio[~(joints.age < evidence.hardware.limits.reading_age)] = 0.0  # lost, not late
    oldest = int(ratio.argmax())
    by_age = Verdict(
        ratio[oldest] / _OLDER,
        evidence.hardware.servos[evidence.names[oldest]].board,
        f"readings of {evidence.names[oldest]} are {1e3 * joints.age[oldest]:.0f} ms old in the median, "
        f"this bus should give {1e3 * joints.expected_age[oldest]:.0f}",
    )
    by_count = Verdict(
        boards.worst_late[worst] / _LATE if _rather_late(evidence, worst) else 0.0,
        evidence.boards[worst],
        f"{boards.worst_late[worst]:.0%} of its answers of half a second came too late",
    )
    return max(by_count, by_age, key=lambda verdict: verdict.share)


def late_computer(evidence: Evidence) -> Verdict:
    """The loop does not keep its rate."""
    loop = evidence.signals.loop
    allowed = _HALF_A_PERIOD * evidence.control_dt
    return Verdict(
        max(loop.late / allowed, loop.skipped / _SKIPPED),
        "",
        f"2 % of the steps began {1e3 * loop.late:.1f} ms late, {loop.skipped:.1%} of the deadlines were missed",
    )


def frozen_imu(evidence: Evidence) -> Verdict:
    """An IMU that says the same for ever, or nothing."""
    imu, limit = evidence.signals.imu, evidence.hardware.limits.imu_age
    same = Verdict(imu.frozen / FROZEN, "", f"it said the same for {imu.frozen:.2f} s while joints moved")
    silent = Verdict(min(imu.last / limit, 9.0), "", f"its newest report was {1e3 * imu.last:.0f} ms old at the end")
    told = evidence.told("imu_lost")
    return max(same, silent, Verdict(float(bool(told)), "", told), key=lambda verdict: verdict.share)


def _lost_by_line(evidence: Evidence, board: int) -> float:
    """Share of a line's answers that are lost, in its worst half second; 0 if that is the doing of one servo."""
    boards, joints = evidence.signals.boards, evidence.signals.joints
    line = evidence.on_board(evidence.boards[board])
    old = np.nan_to_num(joints.peak[line], nan=np.inf) > _OLD * evidence.hardware.limits.reading_age
    silent = np.nan_to_num(joints.last[line], nan=np.inf) > evidence.hardware.limits.reading_age
    if _rather_late(evidence, board):
        return 0.0
    if boards.garbled[board] == 0 and (old.sum() <= 1 or silent.any()):
        return 0.0
    missed = joints.peak[line] > _MISSED * joints.expected_age[line]
    if silent.sum() == 1 and missed.sum() <= 1:
        return 0.0  # the others were read in every round
    return float(boards.worst_lost[board])


def _rather_late(evidence: Evidence, board: int) -> bool:
    """Whether most of what a line did not answer in time it answered later."""
    boards = evidence.signals.boards
    return bool(boards.worst_late[board] > 0.5 * boards.worst_lost[board])
