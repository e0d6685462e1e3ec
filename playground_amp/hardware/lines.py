"""From a board's setup to its line, whatever it speaks."""

from playground_amp.hardware.dynamixel import DynamixelLine
from playground_amp.hardware.feetech import FeetechLine
from playground_amp.hardware.hardware_file import BoardSetup
from playground_amp.hardware.hiwonder import HiwonderLine
from playground_amp.hardware.line import ServoLine
from playground_amp.hardware.port import SerialPort


def open_line(board: BoardSetup) -> ServoLine:
    """The line of a board, its port opened. Raises UserError if that fails or a library is not installed."""
    port = SerialPort(board.port, board.baud)
    try:
        match board.protocol:
            case "hiwonder":
                return HiwonderLine(port)
            case "dynamixel":
                return DynamixelLine(port, board.baud)
            case _:
                return FeetechLine(port, board.baud)
    except BaseException:
        port.close()
        raise
