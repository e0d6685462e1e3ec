"""The IMU: a thread that keeps its newest orientation and angular velocity. Three ways to a BNO08x."""

# Libraries of the Raspberry Pi are imported where they are needed.
# pyright: reportMissingImports=false

import math
import threading
from typing import NamedTuple

from playground_amp.deploy.control_loop import MACHINE_TIME, Clock
from playground_amp.errors import UserError
from playground_amp.hardware.hardware_file import ImuSetup
from playground_amp.hardware.port import Port, SerialPort
from playground_amp.hardware.shtp import (
    CONTROL,
    EXECUTABLE,
    GAME_ROTATION_VECTOR,
    GYROSCOPE,
    INPUT_REPORTS,
    RESET,
    Packet,
    PacketReader,
    Report,
    encode_packet,
    reports_in,
    set_feature,
)

_BYTE_GAP = 0.0001  # s between bytes sent to the sensor, which it asks for
_ASK_AGAIN = 0.5  # s without a report after which it is asked once more: it may have restarted
_NORM_TOLERANCE = 0.01  # of a quaternion: more is damage on the line
_OLDEST = 1.0  # s: an age that says more is damage on the line


class ImuReading(NamedTuple):
    """The newest report of each kind, in the sensor's frame."""

    orientation: tuple[float, ...] = (1.0, 0.0, 0.0, 0.0)  # wxyz, of the sensor in the world
    gyro: tuple[float, ...] = (0.0, 0.0, 0.0)  # rad/s
    orientation_taken: float = -math.inf  # s of the worker's clock
    gyro_taken: float = -math.inf

    @property
    def taken(self) -> float:
        """When the older of both was measured, s of the worker's clock."""
        return min(self.orientation_taken, self.gyro_taken)


class ImuWorker(threading.Thread):
    """Keeps `reading`; ends by `stop`, or when the sensor is gone: `failure` then says why."""

    def __init__(self, clock: Clock = MACHINE_TIME) -> None:
        super().__init__(name="imu", daemon=True)
        self._clock = clock
        self.reading = ImuReading()
        self.failure: str | None = None
        self._stopping = threading.Event()

    def stop(self) -> None:
        """Ends it."""
        self._stopping.set()

    def run(self) -> None:
        """Report after report."""
        try:
            while not self._stopping.is_set():
                self._take()
        except OSError as error:
            self.failure = f"its line is gone: {error.strerror or error}"
        except Exception as error:  # a thread's end is silent: whoever steers must hear of it
            self.failure = f"its worker has failed: {type(error).__name__} {error}"
        finally:
            self.close()

    def _take(self) -> None:
        """Waits a moment for new reports."""
        raise NotImplementedError

    def close(self) -> None:
        """Lets go of the sensor."""


class UartImu(ImuWorker):
    """A BNO08x that speaks SHTP on a serial line (PS1 high, PS0 low)."""

    def __init__(self, port: Port, rate: float, clock: Clock = MACHINE_TIME) -> None:
        super().__init__(clock)
        self._port, self._rate = port, rate
        self._reader = PacketReader()
        self._asked = -math.inf
        self._sequence = 0

    def _take(self) -> None:
        now = self._clock.now()
        if now - max(self.reading.taken, self._asked) > _ASK_AGAIN:
            self._ask(now)
        packets = self._reader.feed(self._port.read(0.05))
        came = self._clock.now()
        for packet in packets:
            if packet.channel == INPUT_REPORTS:
                for report in reports_in(packet.cargo):
                    self._note(report, came)
            elif packet.channel == EXECUTABLE and packet.cargo[:1] == bytes((RESET,)):
                self._ask(came)  # it has restarted and forgotten what it was asked for

    def _note(self, report: Report, came: float) -> None:
        taken = came - report.age
        if not -_OLDEST < report.age < _OLDEST:
            return
        if report.id == GYROSCOPE:
            self.reading = self.reading._replace(gyro=report.values, gyro_taken=min(taken, came))
        elif abs((norm := math.hypot(*report.values)) - 1) < _NORM_TOLERANCE:
            orientation = tuple(value / norm for value in report.values)
            self.reading = self.reading._replace(orientation=orientation, orientation_taken=min(taken, came))

    def _ask(self, now: float) -> None:
        self._asked = now
        for report in (GAME_ROTATION_VECTOR, GYROSCOPE):
            for byte in encode_packet(Packet(CONTROL, self._sequence, set_feature(report, self._rate))):
                self._port.write(bytes((byte,)))
                self._clock.sleep(_BYTE_GAP)
            self._sequence += 1

    def close(self) -> None:
        """Lets go of the port."""
        self._port.close()


class AdafruitImu(ImuWorker):
    """A BNO08x on SPI or I2C, through Adafruit's library, which is asked at the sensor's rate."""

    def __init__(self, kind: str, rate: float, clock: Clock = MACHINE_TIME) -> None:
        super().__init__(clock)
        self._period = 1 / rate
        try:
            self._sensor = _adafruit_sensor(kind)
            from adafruit_bno08x import BNO_REPORT_GAME_ROTATION_VECTOR, BNO_REPORT_GYROSCOPE
        except ImportError as error:
            raise UserError(f"imu.kind {kind} needs adafruit-circuitpython-bno08x: pip install it ({error})") from None
        for report in (BNO_REPORT_GAME_ROTATION_VECTOR, BNO_REPORT_GYROSCOPE):
            self._sensor.enable_feature(report, round(1e6 * self._period))

    def _take(self) -> None:
        began = self._clock.now()
        x, y, z, w = self._sensor.game_quaternion
        gyro = tuple(float(value) for value in self._sensor.gyro)
        self.reading = ImuReading((w, x, y, z), gyro, began, began)
        self._clock.sleep(began + self._period - self._clock.now())


def _adafruit_sensor(kind: str):
    """The library's sensor, at the pins that its own examples use: SPI's select D5, interrupt D6, reset D9."""
    import board
    import busio

    if kind == "bno085_i2c":
        from adafruit_bno08x.i2c import BNO08X_I2C

        return BNO08X_I2C(busio.I2C(board.SCL, board.SDA, frequency=400_000))
    import digitalio
    from adafruit_bno08x.spi import BNO08X_SPI

    pins = [digitalio.DigitalInOut(pin) for pin in (board.D5, board.D6, board.D9)]
    return BNO08X_SPI(busio.SPI(board.SCLK, board.MOSI, board.MISO), *pins, baudrate=1_000_000)


def open_imu(setup: ImuSetup, clock: Clock = MACHINE_TIME) -> ImuWorker:
    """The worker of an IMU, not yet started. Raises UserError if it cannot be reached."""
    if setup.kind == "bno085_uart":
        return UartImu(SerialPort(setup.port, setup.baud, clock), setup.rate, clock)
    try:
        return AdafruitImu(setup.kind, setup.rate, clock)
    except (OSError, ValueError, RuntimeError) as error:  # what the library says where no sensor answers
        raise UserError(f"the IMU ({setup.kind}) does not answer: {error}") from None
