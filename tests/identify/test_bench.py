"""The bench in simulation is MuJoCo's joint, to rounding."""

import mujoco
import numpy as np
import pytest
from bench_twin import _MODEL, GRAVITY, LENGTH

from playground_amp.identify.bench import Bench, Load, Segment
from playground_amp.identify.servo_parameters import Servo

MASS = 0.8
STEP = 0.001


def _servo(**changes: float) -> Servo:
    usual = {
        "armature": 0.03, "damping": 0.09, "friction": 0.05, "gain": 20.0, "velocity_gain": 0.5,
        "delay": 0.0, "torque_limit": 4.0, "droop": 0.12, "backlash": 0.01, "offset": 0.0,
    }  # fmt: skip
    return Servo(**{name: np.array(value) for name, value in (usual | changes).items()})


def _segment(target: np.ndarray, on: np.ndarray, time: np.ndarray) -> Segment:
    load = Load(MASS, LENGTH, MASS * LENGTH**2 + 1e-5)
    return Segment(load, 0.0, time, target, on, float(target[0]), 0.0, time, np.zeros_like(time))


def _in_mujoco(servo: Servo, target: np.ndarray, on: np.ndarray) -> np.ndarray:
    plain = {name: float(value) for name, value in servo._asdict().items()}
    model = mujoco.MjModel.from_xml_string(_MODEL.format(**plain, mass=MASS, distance=LENGTH))
    data = mujoco.MjData(model)
    data.qpos[0] = target[0]
    path = []
    for aim, stiff in zip(target, on, strict=True):
        path.append(data.qpos[0])
        data.ctrl[0] = aim + np.clip(data.qpos[0] - aim, -plain["backlash"], plain["backlash"])
        lost, limit = plain["droop"] * data.qvel[0], plain["torque_limit"] * stiff
        model.actuator_forcerange[0] = -limit * np.clip(1 + lost, 0, 1), limit * np.clip(1 - lost, 0, 1)
        mujoco.mj_step(model, data)
    return np.array(path)


@pytest.mark.parametrize("changes", [{}, {"torque_limit": 1.0}, {"friction": 0.6, "backlash": 0.0}])
def test_it_moves_as_the_joint_does_in_mujoco(changes: dict[str, float]) -> None:
    time = STEP * np.arange(3000)
    target, on = np.sign(np.sin(4 * time) + 1e-9), time < 2.2
    servo = _servo(**changes)
    found = Bench([_segment(target, on, time)], GRAVITY, STEP).readings(servo)[0]
    assert np.max(np.abs(found - _in_mujoco(servo, target, on))) < 1e-10


def test_a_target_acts_after_its_delay_to_a_fraction_of_a_step() -> None:
    time = STEP * np.arange(400)
    target = np.where(time < 0.1, 0.0, 0.1)
    segment = _segment(target, np.ones(len(time), bool), time)
    found = {}
    for delay in (0.0, 0.0003, 0.02):
        found[delay] = Bench([segment], GRAVITY, STEP).readings(_servo(delay=delay, backlash=0.0))[0]
    assert np.argmax(found[0.0] > 0.01) + 20 == np.argmax(found[0.02] > 0.01)
    later = found[0.0] - found[0.0003]
    assert 0 < later[130] < found[0.0][130] - found[0.0][129]


def test_it_reads_with_its_offset_and_tells_how_long_it_was_at_its_limit() -> None:
    time = STEP * np.arange(2000)
    segment = _segment(np.full(len(time), 0.5), np.ones(len(time), bool), time)
    bench = Bench([segment], GRAVITY, STEP)
    strong, weak = _servo(offset=0.2), _servo(torque_limit=0.2)
    assert abs(bench.readings(strong)[0][-1] - 0.5) < 0.05  # its own 0.5 is 0.3 from hanging
    assert bench.at_limit(strong) < 0.3
    assert bench.at_limit(weak) > 0.9
