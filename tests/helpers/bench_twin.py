"""A servo on the bench in plain MuJoCo, written apart from the fit: a loop over `mj_step`, with counts and jitter."""

from typing import NamedTuple

import mujoco
import numpy as np

from playground_amp.identify.bench import Load
from playground_amp.identify.bench_log import BenchLog
from playground_amp.identify.servo_parameters import Servo
from playground_amp.identify.trials import TRIALS, Trial, duration, load_for, orders

GRAVITY = 9.81
COUNT = 2 * np.pi / 1500
LENGTH = 0.15
_MODEL = """
<mujoco>
  <option timestep="0.001" integrator="implicitfast"><flag contact="disable"/></option>
  <worldbody><body>
    <joint name="servo" type="hinge" axis="0 1 0" armature="{armature}" damping="{damping}" frictionloss="{friction}"/>
    <inertial mass="{mass}" pos="0 0 -{distance}" diaginertia="1e-5 1e-5 1e-5"/>
  </body></worldbody>
  <actuator><position joint="servo" kp="{gain}" kv="{velocity_gain}" forcerange="-1 1"/></actuator>
</mujoco>
"""


class Reading(NamedTuple):
    """What a bench delivers: columns [T]."""

    time: np.ndarray
    target: np.ndarray
    position: np.ndarray
    torque_on: np.ndarray


def drawn_servo(seed: int, usual: Servo) -> Servo:
    """A servo that differs from the usual one in everything."""
    draw = np.random.default_rng(seed).uniform
    return Servo(
        armature=usual.armature * draw(0.6, 1.6),
        damping=usual.damping * draw(0.5, 2.5),
        friction=usual.friction * draw(1.0, 6.0),
        gain=usual.gain * draw(0.6, 1.6),
        velocity_gain=usual.velocity_gain * draw(0.5, 1.5),
        delay=np.array(draw(0.004, 0.03)),
        torque_limit=usual.torque_limit * draw(0.6, 1.4),
        droop=np.array(draw(0.05, 0.16)),
        backlash=np.array(draw(0.003, 0.02)),
        offset=np.array(draw(-0.3, 0.3)),
    )


def bench_log(servo: Servo, trial: Trial, mass: float, seed: int, rate: float = 100.0) -> BenchLog:
    """A trial's log: readings in counts, at times that jitter."""
    rng = np.random.default_rng(seed)
    time = np.arange(int(duration(trial) * rate)) / rate
    time = time + rng.uniform(0, 0.3 / rate, len(time))
    angle, on = orders(trial, time)
    target = np.round((angle + servo.offset) / COUNT) * COUNT
    exact = _turned(servo, time, target, on, mass)
    position = np.round((exact + servo.offset) / COUNT) * COUNT
    return BenchLog(trial.name, Load(mass, LENGTH, mass * LENGTH**2 + 1e-5), time, time, target, position, on)


def protocol_logs(servo: Servo, seed: int, torque_limit: float) -> list[BenchLog]:
    """All logs of the protocol, for a servo that is thought to have a torque limit in N·m."""
    masses = [load_for(trial, torque_limit, GRAVITY, LENGTH) for trial in TRIALS]
    return [bench_log(servo, trial, mass, seed) for trial, mass in zip(TRIALS, masses, strict=True)]


def _turned(servo: Servo, time: np.ndarray, target: np.ndarray, on: np.ndarray, mass: float) -> np.ndarray:
    """The joint's angles at the times [T], rad from hanging."""
    plain = {name: float(value) for name, value in servo._asdict().items()}
    model = mujoco.MjModel.from_xml_string(_MODEL.format(**plain, mass=mass, distance=LENGTH))
    data = mujoco.MjData(model)
    data.qpos[0] = target[0] - plain["offset"]
    step, arrived = model.opt.timestep, 0
    path = [data.qpos[0]]
    for index in range(int(time[-1] / step) + 2):
        while arrived + 1 < len(time) and time[arrived + 1] + plain["delay"] <= index * step:
            arrived += 1
        aim, play = target[arrived] - plain["offset"], plain["backlash"]
        data.ctrl[0] = aim + np.clip(data.qpos[0] - aim, -play, play)
        lost = plain["droop"] * data.qvel[0]
        limit = plain["torque_limit"] * on[arrived]
        model.actuator_forcerange[0] = -limit * np.clip(1 + lost, 0, 1), limit * np.clip(1 - lost, 0, 1)
        mujoco.mj_step(model, data)
        path.append(data.qpos[0])
    return np.interp(time, step * np.arange(len(path)), path)
