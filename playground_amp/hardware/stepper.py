"""The beginning of every control step: wait, look, listen, and see whether to stop."""

from collections.abc import Mapping
from typing import NamedTuple, Protocol

import numpy as np

from playground_amp.deploy.control_loop import MACHINE_TIME, Beat, Clock, Pacer
from playground_amp.deploy.runtime import Sensors, WalkingPolicy
from playground_amp.hardware.commander import Commander, Heard
from playground_amp.hardware.commands import STAND, Velocity
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.robot_bus import BusSnapshot
from playground_amp.hardware.safety import Moment, SafetyWatch
from playground_amp.hardware.stops import Stop


class RunBus(Protocol):
    """What a run needs of `RobotBus`."""

    def snapshot(self) -> BusSnapshot: ...
    def write(self, targets: Mapping[str, float]) -> None: ...
    def set_torque(self, on: bool) -> None: ...
    def relax(self, wait: float = 0.02) -> bool: ...


class RunGuardian(Protocol):
    """What a run needs of `Guardian`."""

    def wait_until_ready(self) -> None: ...
    def beat(self) -> Stop | None: ...
    def dismiss(self) -> None: ...


class Step(NamedTuple):
    """What is known at the beginning of a control step of a robot that is stiff."""

    beat: Beat
    snapshot: BusSnapshot  # joints in the policy's order
    heard: Heard
    observation: np.ndarray  # what the policy sees of it, told what was heard
    stop: Stop | None


class Stepper:
    """Steps at the policy's rate. `restart` it after anything that took its time."""

    def __init__(
        self,
        policy: WalkingPolicy,
        hardware: HardwareFile,
        bus: RunBus,
        commander: Commander,
        guardian: RunGuardian,
        clock: Clock = MACHINE_TIME,
    ):
        self.clock = clock
        self.safety = SafetyWatch(hardware, policy.joint_names)
        self._policy, self._bus, self._commander, self._guardian = policy, bus, commander, guardian
        self._order = [hardware.joint_names.index(name) for name in policy.joint_names]
        self._gravity = _place_of(policy, "gravity_b")
        self.restart()

    def restart(self) -> None:
        """The next step is due now."""
        self._pacer = Pacer(self._policy.control_dt, self.clock)

    def steps_in(self, seconds: float) -> int:
        """How many control steps that is."""
        return round(seconds / self._policy.control_dt)

    def look(self) -> tuple[Beat, BusSnapshot]:
        """Waits for the next step; its readings, joints in the policy's order."""
        beat = self._pacer.wait()
        snapshot = self._bus.snapshot()
        by_joint = ("joint_age", "counts", "voltage", "temperature")
        return beat, snapshot._replace(**{name: getattr(snapshot, name)[self._order] for name in by_joint})

    def step(self, *, on_its_feet: bool) -> Step:
        """The same for a robot that is stiff, with what is asked for and whether to stop; the guardian hears of it."""
        beat, snapshot = self.look()
        heard = self._commander.poll(self.clock.now())
        lost = self._guardian.beat()
        seen = self.observation(snapshot.sensors, heard.velocity)
        moment = Moment(snapshot, seen[self._gravity], beat.skipped, on_its_feet)
        return Step(beat, snapshot, heard, seen, self.safety.stop_for(moment) or heard.stop or lost)

    def observation(self, sensors: Sensors, velocity: Velocity) -> np.ndarray:
        """What the policy sees of readings, told to walk so, with what it carries [O] float32."""
        return self._policy.observation(self._policy.memory, sensors, np.array(velocity))

    def gravity_b(self, sensors: Sensors) -> np.ndarray:
        """The direction of gravity in the base frame [3], as the policy works it out."""
        return self.observation(sensors, STAND)[self._gravity]

    def position(self, snapshot: BusSnapshot) -> np.ndarray:
        """Of the joints in the policy's order [J] rad."""
        return np.array([snapshot.sensors.joint_position[name] for name in self._policy.joint_names], float)


def _place_of(policy: WalkingPolicy, name: str) -> slice:
    """Where a part of the observation is."""
    sizes = {part["name"]: part["size"] for part in policy.manifest["observation"]}
    start = sum(list(sizes.values())[: list(sizes).index(name)])
    return slice(start, start + sizes[name])
