"""The twin in the browser, in a process of its own: drawing must not make the twin late. It asks the control socket."""

import contextlib
import html
import multiprocessing
import os
import time
from collections.abc import Mapping
from multiprocessing.process import BaseProcess
from queue import Empty, SimpleQueue
from typing import Any, TypeAlias

import numpy as np
import viser

from playground_amp.cockpit.panel import PUSH_ANGLES
from playground_amp.cockpit.scene import Scene
from playground_amp.cockpit.server import start_server
from playground_amp.robot.record import Robot
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of
from playground_amp.rotations import heading_of, rotate
from playground_amp.twin.control import Question, ask
from playground_amp.twin.faults import FAULTS

Truth: TypeAlias = Mapping[str, Any]  # what the control socket tells

_PICTURE_PERIOD = 0.04  # s
_TABLE_PERIOD = 0.25  # s
_NICE = 5  # the twin and whoever drives it go first
_DRAWN = "drawn"  # instead of a place
_STRONGEST, _FIRST, _STEP = 30.0, 5.0, 0.5  # N of WildRobot
_PUSH_SECONDS = 0.2
_HOT, _WORKING = 60.0, 0.7  # °C, share of the torque limit, from which on a number is shown in red
_STYLE = "padding:0 1em 1em;font-size:0.8em;font-variant-numeric:tabular-nums"


def open_window(robot: Robot, control_port: int, host: str, port: int) -> BaseProcess:
    """Starts the process of the page, which ends with this one."""
    context = multiprocessing.get_context("spawn")
    process = context.Process(target=show, args=(robot.name, robot.scene, control_port, host, port), daemon=True)
    process.start()
    return process


def show(robot: str, scene: str, control_port: int, host: str, port: int) -> None:
    """Serves the page until the twin has gone."""
    os.nice(_NICE)
    with contextlib.suppress(KeyboardInterrupt):
        TwinWindow(start_server(host, port), load_robot(robot, scene), control_port).run()


class TwinWindow:
    """The page: the robot as it really is, the stand, pushes, faults, and what the servos feel."""

    def __init__(self, server: viser.ViserServer, robot: Robot, control_port: int):
        self._port, self._robot = control_port, robot
        self._scene = Scene(server, robot)
        self._scene.show(robot.home_qpos, None, 0.0)
        self._questions: SimpleQueue[Question] = SimpleQueue()
        self._heading = 0.0
        gui = server.gui
        gui.main_panel.dock_right()
        self._state = gui.add_html("")
        self._add_stand(gui)
        self._add_push(gui)
        self._add_faults(gui)
        self._table = gui.add_html("")

    def run(self) -> None:
        """Shows the twin until it answers no more."""
        table_due = shown = time.perf_counter()
        while True:
            try:
                self.pass_on()
                truth = ask(self._port, {"do": "state"})
            except OSError:
                return
            now = time.perf_counter()
            self.draw(truth, now - shown, with_table=now >= table_due)
            if now >= table_due:
                table_due = now + _TABLE_PERIOD
            shown = now
            time.sleep(max(0.0, now + _PICTURE_PERIOD - time.perf_counter()))

    def draw(self, truth: Truth, seconds: float, *, with_table: bool = True) -> None:
        """Draws the truth, so many s after the last picture."""
        qpos, push = np.array(truth["qpos"]), truth["push"]
        self._heading = float(heading_of(qpos[3:7]))
        self._scene.show(qpos, None if push is None else np.array(push), seconds)
        if with_table:
            self._state.content = state_html(truth)
            self._table.content = joints_html(truth, self._robot)

    def pass_on(self) -> None:
        """Passes on what has been pressed; what the twin refuses is said on the page."""
        while True:
            try:
                question = self._questions.get_nowait()
            except Empty:
                return
            try:
                ask(self._port, question)
            except ValueError as error:
                self._notice.content = _notice(str(error))
            else:
                self._notice.content = ""

    def _add_stand(self, gui: viser.GuiApi) -> None:
        with gui.add_folder("Stand"):
            gui.add_button("Let down and go").on_click(lambda _: self._questions.put({"do": "release"}))
            gui.add_button("Take up").on_click(lambda _: self._questions.put({"do": "lift"}))

    def _add_push(self, gui: viser.GuiApi) -> None:
        force = scale_of(self._robot).force
        with gui.add_folder("Push"):
            self._towards = gui.add_dropdown("Towards", tuple(PUSH_ANGLES))
            self._newtons = gui.add_slider(
                "Force N", min=0.0, max=_STRONGEST * force, step=_STEP * force, initial_value=_FIRST * force
            )
            gui.add_button("Push", icon=viser.Icon.ARROW_BIG_RIGHT).on_click(lambda _: self._push())

    def _push(self) -> None:
        """As the page says; whatever a browser has sent, the twin refuses what is no force."""
        angle = self._heading + PUSH_ANGLES.get(self._towards.value, 0.0)
        force_w = float(self._newtons.value) * np.array([np.cos(angle), np.sin(angle), 0.0])
        self._questions.put({"do": "push", "force": force_w.tolist(), "seconds": _PUSH_SECONDS})

    def _add_faults(self, gui: viser.GuiApi) -> None:
        with gui.add_folder("Faults"):
            self._kind = gui.add_dropdown("What", tuple(FAULTS))
            self._place = gui.add_dropdown("Where", (_DRAWN, *self._robot.joint_names))
            gui.add_button("Have it").on_click(lambda _: self._have_fault())
            gui.add_button("Mend all").on_click(lambda _: self._questions.put({"do": "mend"}))
            self._notice = gui.add_html("")

    def _have_fault(self) -> None:
        kind, place = self._kind.value, self._place.value
        everywhere = place == _DRAWN or (kind in FAULTS and FAULTS[kind].of == "robot")
        self._questions.put({"do": "fault", "name": kind if everywhere else f"{kind}:{place}"})


def state_html(truth: Truth) -> str:
    """Time, stand, uprightness, battery, switches and faults."""
    up = rotate(np.array([0.0, 0.0, 1.0]), np.array(truth["qpos"][3:7]))[2]
    closed = "".join("●" if switch else "○" for switch in truth["switches"])
    rows = {
        "time": f"{truth['time']:.1f} s",
        "stand": truth["stand"],
        "tilt": f"{np.degrees(np.arccos(np.clip(up, -1, 1))):.0f}°",
        "battery": f"{truth['voltage']:.1f} V",
        "switches": closed,
        "faults": html.escape(", ".join(truth["faults"]) or "none"),
    }
    cells = "".join(f'<tr><td>{name}</td><td id="twin-{name}"><b>{value}</b></td></tr>' for name, value in rows.items())
    return f'<div style="{_STYLE}"><table style="width:100%">{cells}</table></div>'


def joints_html(truth: Truth, robot: Robot) -> str:
    """A row a joint: where it is, where it is to be, degrees; torque, share of its limit; heat."""
    rows = []
    for name, limit in zip(robot.joint_names, robot.torque_limit, strict=True):
        effort, heat = truth["torque"][name] / limit, truth["temperature"][name]
        aim = f"{np.degrees(truth['target'][name]):.0f}°" if truth["stiff"][name] else "limp"
        cells = (
            html.escape(name),
            f"{np.degrees(truth['position'][name]):.0f}°",
            aim,
            _marked(f"{100 * effort:.0f} %", abs(effort) > _WORKING),
            _marked(f"{heat:.0f} °C", heat > _HOT),
        )
        rows.append("<tr>" + "".join(f'<td style="padding-right:0.5em">{cell}</td>' for cell in cells) + "</tr>")
    return f'<div style="{_STYLE}"><table style="width:100%">{"".join(rows)}</table></div>'


def _marked(text: str, much: bool) -> str:
    return f'<span style="color:#c0392b">{text}</span>' if much else text


def _notice(text: str) -> str:
    return f'<div style="{_STYLE};color:#c0392b">{html.escape(text)}</div>'
