"""From a board's setup to its line, whatever it speaks."""

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.hardware.dynamixel import DynamixelLine
from playground_amp.hardware.feetech import FeetechLine
from playground_amp.hardware.hardware_file import BoardSetup
from playground_amp.hardware.hiwonder import HiwonderLine
from playground_amp.hardware.line import PATIENCE, ServoLine
from playground_amp.hardware.port import SerialPort


def open_line(board: BoardSetup, clock: Clock = MACHINE_TIME, patience: float = PATIENCE) -> ServoLine:
    """The line of a board, its port opened; answers are waited for `patience` s.

    Raises:
        UserError: the port cannot be opened, or a library that the servos need is not installed.
    """
    port = SerialPort(board.port, board.baud, clock)
    try:
        match board.protocol:
            case "hiwonder":
                return HiwonderLine(port, board.baud, clock.now, patience)
            case "dynamixel":
                return DynamixelLine(port, board.baud, clock.now, patience)
            case _:
                return FeetechLine(port, board.baud, clock.now, patience)
    except BaseException:
        port.close()
        raise
