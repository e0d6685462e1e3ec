"""The bench protocol: what a servo is told to do, with which load, so that a log tells its constants."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

_REST = 1.0  # s at the first target before a trial begins
_LIGHT, _HEAVY = 0.12, 0.45  # of the torque limit: what the load asks for when it is held level


class Trial(NamedTuple):
    """One log of the protocol."""

    name: str
    seconds: float
    load: float  # share of the servo's torque limit that holds the load level
    tells: str
    target: Callable[[np.ndarray], np.ndarray]  # [T] rad from the load hanging straight down, at [T] s
    torque_on: Callable[[np.ndarray], np.ndarray] = lambda time: np.ones(len(time), bool)


def _chirp(time: np.ndarray) -> np.ndarray:
    """0.5 rad, from 0.3 to 5 Hz in 20 s."""
    return 0.5 * np.sin(2 * np.pi * (0.3 * time + 0.5 * (5.0 - 0.3) / 20.0 * time**2))


def _steps(time: np.ndarray) -> np.ndarray:
    """To another angle every 0.8 s."""
    angles = np.random.default_rng(5).uniform(-1.2, 1.2, 1000)
    return angles[np.maximum(time / 0.8, 0).astype(int) % len(angles)]


def _ramps(time: np.ndarray) -> np.ndarray:
    """Slowly from -1.2 to 1.2 rad and back, in 12 s."""
    return 1.2 - 2.4 * np.abs((time / 12.0) % 1.0 * 2 - 1)


def _lifted(time: np.ndarray) -> np.ndarray:
    """Held at 1.2 rad."""
    return np.where(time < 0.0, 0.0, 1.2)


def _three_of_six(time: np.ndarray) -> np.ndarray:
    """On for 3 s, let go for 3 s."""
    return time % 6.0 < 3.0


TRIALS = (
    Trial("chirp_light", 20.0, _LIGHT, "armature, damping, delay", _chirp),
    Trial("chirp_heavy", 20.0, _HEAVY, "gain, delay", _chirp),
    Trial("steps_light", 20.0, _LIGHT, "torque limit, droop, armature", _steps),
    Trial("steps_heavy", 20.0, _HEAVY, "torque limit, gain", _steps),
    Trial("ramps", 24.0, _HEAVY, "gain, dry friction, backlash, offset", _ramps),
    Trial("lift_and_drop", 24.0, _HEAVY, "damping and friction without the servo", _lifted, _three_of_six),
)


def trial_named(name: str) -> Trial:
    """The trial of a name in `TRIALS`. Raises KeyError."""
    return {trial.name: trial for trial in TRIALS}[name]


def orders(trial: Trial, time: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Targets [T] rad and whether the torque is on [T], at times [T] s from the trial's beginning with its rest."""
    running = time - _REST
    target = np.where(running < 0, trial.target(np.zeros(1))[0], trial.target(np.maximum(running, 0)))
    return target, np.where(running < 0, True, trial.torque_on(np.maximum(running, 0)))


def duration(trial: Trial) -> float:
    """Of the whole log, s."""
    return _REST + trial.seconds


def load_for(trial: Trial, torque_limit: float, gravity: float, length: float) -> float:
    """The mass that this trial asks for at a distance from the axis in m, kg."""
    return trial.load * torque_limit / (gravity * length)


def protocol(torque_limit: float, gravity: float, length: float, command: str) -> str:
    """The protocol as a page of text, for a servo of about this torque limit in N·m and an arm of a length in m."""
    lines = [
        "Bench protocol: a servo that turns a known load about a level axis",
        "",
        "Clamp the servo with its axis level. Fix a light, stiff arm to its horn, and a weight to the arm; weigh them,",
        f"and measure how far the center of mass of both is from the axis (here {length:g} m). The load hangs straight",
        "down and must turn 1.3 rad to either side without touching anything. Feed the servo as on the robot.",
        "",
        f"{'log':15} {'load':>9} {'takes':>7}   what it tells",
    ]
    for trial in TRIALS:
        mass = load_for(trial, torque_limit, gravity, length)
        lines.append(f"{trial.name:15} {mass:6.2f} kg {duration(trial):5.0f} s   {trial.tells}")
    lines += [
        "",
        "Loads need not be these, but they must be known; a light and a heavy one tell more than one. For each log:",
        "",
        f"  {command} record --hardware hardware.yaml --joint NAME --trial LOG --mass KG --length M --output LOG.csv",
        "",
        "then all together:",
        "",
        f"  {command} *.csv --output servo.html --write robots/mine",
        "",
        "Logs of your own are CSV or npz files with columns time (s), target and position (rad); torque_on (0 or 1)",
        "where the servo is let go, target_time (s) where targets are sent at other times than readings are taken,",
        "mass (kg), length (m) and inertia (kg·m² about the axis) of the load, or --mass, --length and --inertia.",
    ]
    return "\n".join(lines)
