"""From what a control step knew and did to a row of the log."""

import datetime
import hashlib
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from playground_amp.deploy.control_loop import MACHINE_TIME, Beat, Clock
from playground_amp.deploy.runtime import WalkingPolicy
from playground_amp.hardware.commands import STAND
from playground_amp.hardware.hardware_file import HardwareFile
from playground_amp.hardware.lateness import LatenessMeter
from playground_amp.hardware.log import LogWriter
from playground_amp.hardware.log_format import PHASES, Json, LogHeader, step_columns
from playground_amp.hardware.robot_bus import BusSnapshot


def header_of(policy: WalkingPolicy, bundle: Path, hardware: HardwareFile, text: str) -> LogHeader:
    """The header of a log of this bundle's policy; `text`: of hardware.yaml."""
    manifest = policy.manifest
    parts = tuple((part["name"], part["size"]) for part in manifest["observation"])
    size = sum(size for _, size in parts)
    return LogHeader(
        robot=manifest["robot"]["name"],
        robot_sha256=manifest["robot"]["sha256"],
        bundle=str(bundle),
        bundle_sha256=hashlib.sha256((bundle / "manifest.json").read_bytes()).hexdigest(),
        hardware=text,
        joint_names=policy.joint_names,
        board_names=tuple(hardware.boards),
        observation_parts=parts,
        control_dt=policy.control_dt,
        started=datetime.datetime.now().astimezone().isoformat(timespec="milliseconds"),
        columns=step_columns(len(policy.joint_names), size, len(hardware.boards)),
    )


class StepRecorder:
    """Writes a run's steps and events, and measures how late they were."""

    def __init__(self, policy: WalkingPolicy, hardware: HardwareFile, log: LogWriter, clock: Clock = MACHINE_TIME):
        self._clock = clock
        self.began = clock.now()
        self.lateness = LatenessMeter()  # of steps from home on
        self._log = log
        self._names = policy.joint_names
        self._boards = tuple(hardware.boards)
        self.event("began", perf_counter=clock.by_machine(self.began), speed=clock.speed)
        self._no_joints = np.full(len(self._names), np.nan, np.float32)
        self._no_observation = np.full(sum(part["size"] for part in policy.manifest["observation"]), np.nan, np.float32)

    @property
    def lasted(self) -> float:
        """s of the machine since it began."""
        return self._clock.by_machine(self._clock.now() - self.began)

    @property
    def failure(self) -> str | None:
        """Why nothing is logged any more; None: all is."""
        return self._log.failure

    def event(self, name: str, **details: Json) -> None:
        """Something that happened now."""
        self._log.event(self._clock.now() - self.began, name, **details)

    def record(
        self,
        phase: str,
        beat: Beat,
        snapshot: BusSnapshot,
        command: Sequence[float] = STAND,
        observation: np.ndarray | None = None,
        action: np.ndarray | None = None,
        target: np.ndarray | None = None,
    ) -> None:
        """One step, at its end. What was not there is None; joints are in the policy's order."""
        finished = self._clock.now()
        sensors = snapshot.sensors
        if phase in ("home", "stand", "walk"):
            self.lateness.add(beat.lateness, beat.skipped)
        self._log.step(
            time=snapshot.time - self.began,
            phase=PHASES.index(phase),
            step_start=beat.start - self.began,
            lateness=beat.lateness,
            busy=finished - beat.start,
            skipped=min(beat.skipped, np.iinfo(np.uint16).max),
            joint_position=[sensors.joint_position[name] for name in self._names],
            joint_velocity=[sensors.joint_velocity[name] for name in self._names],
            joint_age=snapshot.joint_age,
            counts=snapshot.counts,
            orientation=sensors.orientation,
            gyro=sensors.gyro,
            imu_age=snapshot.imu_age,
            command=command,
            observation=self._no_observation if observation is None else observation,
            action=self._no_joints if action is None else action,
            target=self._no_joints if target is None else target,
            voltage=snapshot.voltage,
            temperature=snapshot.temperature,
            switches=snapshot.switches,
            counters=[snapshot.counters[board] for board in self._boards],
        )
