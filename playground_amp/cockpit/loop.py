"""The cockpit's loop: step the robot in real time, serve the visitor, show what came of it."""

import threading
import time
from collections import deque
from collections.abc import Callable

import numpy as np
import viser

from playground_amp.cockpit.first_command import Asked
from playground_amp.cockpit.panel import Panel
from playground_amp.cockpit.readouts import Readouts, Status
from playground_amp.cockpit.scene import Scene
from playground_amp.cockpit.simulation import Simulation, play_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.policies.source import NamedController, PolicySource

_PICTURE_PERIOD = 0.04  # s
_READOUT_PERIOD = 0.2  # s
_LOOK_PERIOD = 1.0  # s between looks for a newer policy
_FALLEN_TIME = 1.5  # s that a fallen robot lies before it is reset
_MOST_BEHIND = 0.2  # s; a loop that is later than this gives up catching up
_FORGIVING = 0.1  # s of the page's idling while paused


class Cockpit:
    """One page, one robot. `run` goes on until `stop` is called from another thread, or the process is interrupted."""

    def __init__(
        self,
        server: viser.ViserServer,
        source: PolicySource,
        command: Asked,
        say: Callable[[str], None],
    ):
        """Draws the robot at once, then compiles its control step. `command`: what is asked for at first."""
        config = play_config(source.config)
        env = WildRobotEnv(config)
        robot, self._push_duration = env.engine.robot, config.domain_randomization.push_duration
        self._source = source
        self._scene = Scene(server, robot)
        self._scene.show(robot.home_qpos, None, 0.0)
        self._panel = Panel(server, robot, config, command)
        self._readouts = Readouts(server, robot, config)
        say("compiling one control step")
        self._policy, self._notice = source.name, ""
        self._pushes = self._falls = 0
        self._simulation = Simulation(env, source.controller(env), self._panel.wishes)
        self._fallen_for = 0.0
        self._newer: NamedController | None = None
        self._stopped = threading.Event()
        self._step_times: deque[float] = deque(maxlen=round(1 / config.env.control_dt))

    def run(self) -> None:
        """Walks in real time."""
        watcher = threading.Thread(target=self._watch, daemon=True)
        watcher.start()
        due = picture_due = readout_due = shown = time.perf_counter()
        while not self._stopped.is_set():
            self._serve()
            now = time.perf_counter()
            if self._panel.paused:
                self._step_times.clear()
                due = now + _FORGIVING
            else:
                self._step()
                due = max(due + self._simulation.control_dt / self._panel.speed, now - _MOST_BEHIND)
            if now >= picture_due:
                self._scene.show(np.asarray(self._simulation.moment.qpos), self._simulation.push_w, now - shown)
                picture_due, shown = now + _PICTURE_PERIOD, now
            if now >= readout_due:
                self._readouts.show(Status(self._policy, self._notice, self._pushes, self._falls, self._rate()))
                readout_due = now + _READOUT_PERIOD
            self._stopped.wait(max(0.0, due - time.perf_counter()))
        watcher.join()

    def stop(self) -> None:
        """Ends `run`."""
        self._stopped.set()

    def _step(self) -> None:
        wishes = self._panel.wishes
        self._simulation.step(wishes)
        self._step_times.append(time.perf_counter())
        moment = self._simulation.moment
        if not np.isfinite(moment.qpos).all():
            self._falls += 1
            self._restart()
        elif not moment.fallen:
            self._fallen_for = 0.0
            self._readouts.take(moment, wishes)
        else:
            self._falls += self._fallen_for == 0.0
            self._fallen_for += self._simulation.control_dt
            if self._fallen_for > _FALLEN_TIME:
                self._restart()

    def _serve(self) -> None:
        while press := self._panel.next_press():
            if press == "reset":
                self._restart()
            else:
                self._pushes += 1
                self._simulation.push(self._panel.push_angle, self._panel.push_force, self._push_duration)
        if (newer := self._newer) is not None:
            self._newer, self._policy = None, newer.name
            self._simulation.controller = newer.controller

    def _restart(self) -> None:
        self._fallen_for = 0.0
        self._simulation.reset(self._panel.wishes)
        self._readouts.forget()

    def _watch(self) -> None:
        while not self._stopped.wait(_LOOK_PERIOD):
            try:
                self._newer = self._source.newer() or self._newer
                self._notice = ""
            except UserError as error:
                self._notice = str(error)

    def _rate(self) -> float:
        if len(self._step_times) < 2:
            return 0.0
        return (len(self._step_times) - 1) / (self._step_times[-1] - self._step_times[0])
