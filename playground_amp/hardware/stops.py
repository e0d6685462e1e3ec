"""Why a run ends, each reason with an exit status of its own: what a script or a person goes by."""

from enum import Enum
from typing import NamedTuple

_FIRST_STATUS = 10  # 0 asked to stop, 1 a fault in the program, 2 a mistake in files or flags


class Reason(Enum):
    """A reason, in words; its place gives its exit status. New ones go to the end."""

    CHECKS = "a check before the start failed; nothing has moved"
    DECLINED = "the person did not say yes; nothing has moved"
    HOME = "a joint did not get to its home position"
    TILT = "the robot tilted too far, or fell"
    SERVO_LOST = "a servo's readings became too old: it is lost, or its line too slow"
    LINE_LOST = "no servo of a line answers, or its port is gone"
    IMU_LOST = "the IMU's readings became too old, or stand still while the robot moves"
    READING = "readings that cannot be true, again and again"
    HEAT = "a servo is too hot"
    VOLTAGE = "the supply's voltage is too low"
    DEADLINES = "the loop missed too many deadlines in a row"
    NO_COMMAND = "no command came for too long, or their source is gone"
    GUARDIAN_LOST = "the process that would relax the servos if this one died has died itself"
    SIGNAL = "the process was told to end (SIGTERM, SIGHUP)"
    ASKED = "asked to stop"
    LIMP = "asked to go limp at once"
    CRASH = "a fault in the program"
    LOG_LOST = "the log could not be written any more; it stood first, then went limp"

    @property
    def status(self) -> int:
        """Exit status of the process."""
        return _STATUS.get(self, _FIRST_STATUS + list(Reason).index(self))

    @property
    def word(self) -> str:
        """As a log names it: servo_lost."""
        return self.name.lower()


_STATUS = {Reason.ASKED: 0, Reason.LIMP: 0, Reason.CRASH: 1}


class Stop(NamedTuple):
    """The end of a run."""

    reason: Reason
    text: str  # what was found and what is allowed, one sentence


def status_table() -> str:
    """Exit statuses and what they mean, a line each, for help and pages."""
    own = (f"{reason.status:>4}  {reason.word}: {reason.value}" for reason in Reason if reason.status not in (0, 1))
    return "\n".join(["   0  asked to stop", "   1  a fault in the program", "   2  a mistake in files or flags", *own])
