"""The controls beside the picture: what the visitor can ask for, by sliders, buttons and keys."""

import math
from queue import Empty, SimpleQueue
from typing import Literal, NamedTuple

import viser
from viser._messages import HotkeyKey

from playground_amp.cockpit.first_command import Asked
from playground_amp.cockpit.simulation import Wishes
from playground_amp.configs.schema import Config
from playground_amp.robot.record import Robot
from playground_amp.robot.scale import Scale, scale_of

Press = Literal["push", "reset"]

# Where a push drives the robot, counter-clockwise from straight ahead.
PUSH_ANGLES = {
    "forward": 0.0,
    "forward left": math.pi / 4,
    "left": math.pi / 2,
    "back left": 3 * math.pi / 4,
    "back": math.pi,
    "back right": -3 * math.pi / 4,
    "right": -math.pi / 2,
    "forward right": -math.pi / 4,
}
KEYS = "keys: I K faster slower · J L turn · U O sideways · H stand · P push · R reset · space pause"
# WildRobot's; another robot's are scaled.
_SPEED_STEP = 0.05  # m/s, the slowest that training shows beside standing
_YAW_STEP = 0.1  # rad/s, likewise
_STRONGEST_PUSH, _FIRST_PUSH, _PUSH_STEP = 30.0, 8.0, 1.0  # N
_FRICTION = (0.1, 1.5)


class Panel:
    """Sliders, buttons and keys. Values are read by the loop; presses are queued for it."""

    def __init__(self, server: viser.ViserServer, robot: Robot, config: Config, command: Asked):
        """`command`: what the sliders stand at first."""
        self._presses: SimpleQueue[Press] = SimpleQueue()
        self.paused = False
        gui, scale = server.gui, scale_of(robot)
        gui.main_panel.dock_right()
        self._add_commands(gui, config, scale, command)
        self._add_push(gui, config, scale)
        self._add_floor_and_servos(gui, robot, config)
        self._add_time(gui)
        gui.add_html(f'<div style="padding:0 1em 1em;font-size:0.75em;opacity:0.7">{KEYS}</div>')
        self._add_keys(gui, scale)

    def _add_commands(self, gui: viser.GuiApi, config: Config, scale: Scale, first: Asked) -> None:
        commands, step = config.env.commands, _readable(_SPEED_STEP * scale.speed)
        yaw_step = _readable(_YAW_STEP * scale.rate)
        with gui.add_folder("Command"):
            self._forward = self._command(gui, "Forward m/s", commands.forward, step, first[0])
            self._sideways = self._command(gui, "Left m/s", commands.sideways, step, first[1])
            self._yaw_rate = self._command(gui, "Turn left rad/s", commands.yaw_rate, yaw_step, first[2])
            gui.add_button("Stand", icon=viser.Icon.HAND_STOP).on_click(lambda _: self._stand())

    def _add_push(self, gui: viser.GuiApi, config: Config, scale: Scale) -> None:
        with gui.add_folder("Push"):
            self._push_to = gui.add_dropdown("Towards", tuple(PUSH_ANGLES))
            self._push_force = _slider(
                gui,
                "Force N",
                min=0.0,
                max=_readable(_STRONGEST_PUSH * scale.force),
                step=_readable(_PUSH_STEP * scale.force),
                initial_value=_readable(_FIRST_PUSH * scale.force),
                hint=f"for {config.domain_randomization.push_duration:g} s",
            )
            gui.add_button("Push", icon=viser.Icon.ARROW_BIG_RIGHT).on_click(lambda _: self._presses.put("push"))

    def _add_floor_and_servos(self, gui: viser.GuiApi, robot: Robot, config: Config) -> None:
        low, high = _FRICTION
        with gui.add_folder("Floor and servos"):
            self._friction = _slider(
                gui, "Floor friction", min=low, max=high, step=0.05, initial_value=round(robot.floor_friction, 2)
            )
            self._latency = _slider(
                gui,
                "Latency ms",
                min=0.0,
                max=1000 * config.env.control_dt,
                step=1.0,
                initial_value=0.0,
                hint="from a new target to the servos",
            )
            self._strength = _slider(
                gui,
                "Motors",
                min=0.5,
                max=1.2,
                step=0.05,
                initial_value=1.0,
                hint="share of their gain and torque limit",
            )

    def _add_time(self, gui: viser.GuiApi) -> None:
        with gui.add_folder("Time"):
            self._speed = _slider(gui, "Speed", min=0.1, max=2.0, step=0.1, initial_value=1.0, hint="1: real time")
            self._pause = gui.add_button("Pause", icon=viser.Icon.PLAYER_PAUSE)
            self._pause.on_click(lambda _: self._toggle_pause())
            gui.add_button("Reset", icon=viser.Icon.RELOAD).on_click(lambda _: self._presses.put("reset"))

    @property
    def wishes(self) -> Wishes:
        """What is asked for now."""
        return Wishes(
            forward=self._forward.value,
            sideways=self._sideways.value,
            yaw_rate=self._yaw_rate.value,
            floor_friction=self._friction.value,
            latency=self._latency.value / 1000,
            motor_strength=self._strength.value,
        )

    @property
    def speed(self) -> float:
        """Simulated seconds a second."""
        return self._speed.value

    @property
    def push_angle(self) -> float:
        """Direction of the next push from the robot's heading, rad, counter-clockwise."""
        return PUSH_ANGLES.get(self._push_to.value, 0.0)  # whatever a browser sends

    @property
    def push_force(self) -> float:
        """Strength of the next push, N."""
        return self._push_force.value

    def next_press(self) -> Press | None:
        """The oldest press that has not been served."""
        try:
            return self._presses.get_nowait()
        except Empty:
            return None

    def _command(
        self, gui: viser.GuiApi, label: str, trained: tuple[float, float], step: float, first: float
    ) -> "_Slider":
        """A slider over the range that the policy was trained for; 0 is always within."""
        low, high = min(trained[0], 0.0), max(trained[1], 0.0)
        if low == high:  # never commanded in training
            return _slider(gui, label, min=0.0, max=0.0, step=step, initial_value=0.0, disabled=True)
        return _slider(gui, label, min=low, max=high, step=step, initial_value=first)

    def _add_keys(self, gui: viser.GuiApi, scale: Scale) -> None:
        faster, quicker = _readable(_SPEED_STEP * scale.speed), _readable(_YAW_STEP * scale.rate)
        nudges: tuple[tuple[HotkeyKey, str, _Slider, float], ...] = (
            ("I", "Faster", self._forward, faster),
            ("K", "Slower", self._forward, -faster),
            ("U", "More to the left", self._sideways, faster),
            ("O", "More to the right", self._sideways, -faster),
            ("J", "Turn more to the left", self._yaw_rate, quicker),
            ("L", "Turn more to the right", self._yaw_rate, -quicker),
        )
        for key, label, slider, change in nudges:
            gui.add_command(label, hotkey=key).on_trigger(lambda _, nudged=(slider, change): _nudge(*nudged))
        gui.add_command("Stand", hotkey="H").on_trigger(lambda _: self._stand())
        gui.add_command("Push", hotkey="P").on_trigger(lambda _: self._presses.put("push"))
        gui.add_command("Reset", hotkey="R").on_trigger(lambda _: self._presses.put("reset"))
        gui.add_command("Pause or resume", hotkey="space").on_trigger(lambda _: self._toggle_pause())

    def _stand(self) -> None:
        for slider in (self._forward, self._sideways, self._yaw_rate):
            slider.set(0.0)

    def _toggle_pause(self) -> None:
        self.paused = not self.paused
        self._pause.label = "Resume" if self.paused else "Pause"
        self._pause.icon = viser.Icon.PLAYER_PLAY if self.paused else viser.Icon.PLAYER_PAUSE


class _Slider(NamedTuple):
    """A slider and what its value can be: a browser may send anything, the slider's own bounds included."""

    handle: viser.GuiSliderHandle[float]
    low: float
    high: float
    first: float

    @property
    def value(self) -> float:
        value = self.handle.value
        return min(max(value, self.low), self.high) if math.isfinite(value) else self.first

    def set(self, value: float) -> None:
        self.handle.value = value


def _slider(
    gui: viser.GuiApi,
    label: str,
    *,
    min: float,
    max: float,
    step: float,
    initial_value: float,
    hint: str | None = None,
    disabled: bool = False,
) -> _Slider:
    handle = gui.add_slider(
        label, min=min, max=max, step=step, initial_value=initial_value, hint=hint, disabled=disabled
    )
    return _Slider(handle, min, max, initial_value)


def _nudge(slider: _Slider, change: float) -> None:
    slider.set(round(min(max(slider.value + change, slider.low), slider.high), 3))


def _readable(value: float) -> float:
    """With two significant digits."""
    return float(f"{value:.2g}")
