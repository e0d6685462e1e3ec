"""A policy at its work: the IMU on the chest, the controller of simulated robots, the loop, the command."""

from collections.abc import Mapping
from pathlib import Path

import jax
import jax.numpy as jnp
import mujoco
import numpy as np
import pytest
from deployable import CONFIG, CONFIG_PATH, ROBOT, ROBOT_DATA, SMALL, made_up_params, made_up_policy

from playground_amp.cli import evaluate, export
from playground_amp.configs.loader import load_config
from playground_amp.deploy import control_loop
from playground_amp.deploy.imu import imu_readings
from playground_amp.deploy.runtime import Memory, Sensors
from playground_amp.deploy.servo_bus import ServoStandIn, UdpServoBus
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.errors import UserError
from playground_amp.learning.networks import make_policy
from playground_amp.physics.readings import make_readings
from playground_amp.policies.bundle import bundle_controller
from playground_amp.robot.models import model_of
from playground_amp.robot.robot import load_robot
from playground_amp.runs.checkpoint import save_policy


def test_the_imu_is_where_the_model_has_it_and_is_turned_back_into_the_base_frame() -> None:
    """MuJoCo's own orientation and velocity of the site `imu`, in a tumbling robot with a turned, turning waist."""
    robot, rng = load_robot(), np.random.default_rng(0)
    data = mujoco.MjData(model_of(robot))
    data.qpos[:] = robot.home_qpos
    data.qpos[3:7] = np.array([0.8, 0.1, -0.4, 0.4]) / np.sqrt(0.97)
    data.qpos[7:] += rng.uniform(-0.2, 0.2, 11)
    data.qvel[:] = rng.uniform(-1, 1, 17)
    mujoco.mj_forward(model_of(robot), data)
    site, quaternion, velocity = model_of(robot).site("imu").id, np.empty(4), np.empty(6)
    mujoco.mju_mat2Quat(quaternion, data.site_xmat[site])
    mujoco.mj_objectVelocity(model_of(robot), data, mujoco.mjtObj.mjOBJ_SITE, site, velocity, 1)

    zeros = jnp.zeros(4), jnp.zeros(11)
    readings = make_readings(robot)(jnp.asarray(data.qpos), jnp.asarray(data.qvel), *zeros)
    orientation, gyro = imu_readings(
        robot.imu, readings.base_quaternion_w, readings.gyro_b, readings.joint_position, readings.joint_velocity
    )

    np.testing.assert_allclose(orientation * np.sign(orientation[0] * quaternion[0]), quaternion, atol=1e-6)
    np.testing.assert_allclose(gyro, velocity[:3], atol=1e-6)

    policy = made_up_policy(backend="numpy")
    by_joint = [dict(zip(robot.joint_names, values, strict=True)) for values in (data.qpos[7:], data.qvel[6:])]
    sensed = policy.observation(policy.start(), Sensors(quaternion, velocity[:3], *by_joint), np.zeros(3, np.float32))
    np.testing.assert_allclose(sensed[:3], readings.gravity_b, atol=1e-6)
    np.testing.assert_allclose(sensed[3:6], readings.gyro_b, atol=1e-6)


ERRORS = (
    "domain_randomization.imu_tilt=[0.02, 0.03]",
    "domain_randomization.gyro_noise=0.1",
    "domain_randomization.joint_position_noise=0.01",
    "domain_randomization.joint_zero_offset=[-0.02, 0.02]",
)


@pytest.mark.parametrize("settings", [(), (*ERRORS, "env.observation_history=3")], ids=["", "errors and a history"])
def test_the_controller_gives_the_actions_of_the_policy(settings: tuple[str, ...]) -> None:
    config = load_config(CONFIG_PATH, [SMALL, *settings])
    env, params = WildRobotEnv(config), made_up_params(history=config.env.observation_history)
    controller = bundle_controller(made_up_policy(config), env)
    states = jax.jit(jax.vmap(env.reset))(jax.random.split(jax.random.PRNGKey(1), 3))
    step = jax.jit(jax.vmap(env.step))
    for _ in range(2):
        states = step(states, jnp.full((3, 11), 0.1))

    actions = jax.jit(jax.vmap(controller))(states)

    np.testing.assert_allclose(
        actions, make_policy(CONFIG.trainer, load_robot())(params, states.observation, None), atol=1e-5
    )


def test_the_loop_keeps_its_rate_over_a_bus() -> None:
    policy, steps = made_up_policy(), 40
    with ServoStandIn(policy.home, policy.control_dt, ROBOT.speed_limit) as servos:
        bus = UdpServoBus(servos.address, policy.joint_names)
        timing = control_loop.run_control_loop(policy, bus, lambda seconds: (0.3, 0.0, 0.0), steps)
        last = bus.read()
        bus.close()

    assert servos.targets_received == steps
    assert timing.starts[-1] == pytest.approx((steps - 1) * 0.02, abs=0.2)
    assert np.median(np.abs(timing.period_error)) < 0.01
    np.testing.assert_allclose(list(last.joint_position.values()), servos.position, atol=1e-6)


class MadeUpTime:
    """A clock that moves when somebody sleeps, and a little at every look."""

    now = 100.0

    def perf_counter(self) -> float:
        self.now += 1e-5
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds + 1e-4


def test_lateness_does_not_add_up_and_missed_deadlines_are_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    policy, clock = made_up_policy(backend="numpy"), MadeUpTime()
    monkeypatch.setattr(control_loop, "time", clock)
    position, velocity = dict(zip(policy.joint_names, policy.home, strict=True)), dict.fromkeys(policy.joint_names, 0.0)

    class SlowBus:
        calls = 0

        def read(self) -> Sensors:
            self.calls += 1
            clock.now += 0.05 if self.calls == 3 else 0.004
            return Sensors([1, 0, 0, 0], [0, 0, 0], position, velocity)

        def write(self, targets: Mapping[str, float]) -> None:
            assert targets.keys() == set(policy.joint_names)

    timing = control_loop.run_control_loop(policy, SlowBus(), lambda seconds: (0.0, 0.0, 0.0), 6)

    # The third step, due at 0.04, takes until 0.09: 0.06 is missed, 0.08 comes late, 0.10 is on time again.
    np.testing.assert_allclose(timing.starts, [0.0, 0.02, 0.04, 0.09, 0.10, 0.12], atol=1e-3)
    assert timing.overruns == 1


def test_a_bus_that_does_not_answer_is_an_error() -> None:
    policy = made_up_policy(backend="numpy")
    servos = ServoStandIn(policy.home, policy.control_dt, ROBOT.speed_limit)  # never started
    with pytest.raises(TimeoutError):
        UdpServoBus(servos.address, policy.joint_names).read()


def test_memory_starts_at_home() -> None:
    policy = made_up_policy(backend="numpy")
    memory = policy.start(0.25)
    assert isinstance(memory, Memory)
    np.testing.assert_array_equal(memory.joint_target, load_robot().home_joint_position.astype(np.float32))
    assert memory.gait_phase == 0.25
    assert not memory.previous_action.any()


@pytest.fixture
def nothing_compiles(monkeypatch: pytest.MonkeyPatch):
    def compile_anyway(*_):
        raise AssertionError("the environment was built")

    monkeypatch.setattr("playground_amp.envs.wildrobot_env.WildRobotEnv.__init__", compile_anyway)


@pytest.mark.usefixtures("nothing_compiles")
class TestMistakes:
    def test_no_checkpoint(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"none\.pkl: No such file"):
            export.main(["--checkpoint", str(tmp_path / "none.pkl"), "--output", str(tmp_path / "bundle")])

    def test_a_folder_of_other_things(self, tmp_path: Path) -> None:
        path = tmp_path / "final_iter_0.pkl"
        save_policy(path, made_up_params(), {}, CONFIG.model_dump(mode="json"), ROBOT_DATA)
        with pytest.raises(UserError, match="is no bundle"):
            export.main(["--checkpoint", str(path), "--output", str(tmp_path)])

    def test_a_folder_that_cannot_be_made(self, tmp_path: Path) -> None:
        path = tmp_path / "final_iter_0.pkl"
        save_policy(path, made_up_params(), {}, CONFIG.model_dump(mode="json"), ROBOT_DATA)
        with pytest.raises(UserError, match=r"bundle cannot be written: File exists"):
            export.main(["--checkpoint", str(path), "--output", str(path / "bundle")])

    def test_no_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match=r"cannot read .*manifest\.json"):
            evaluate.main(["--bundle", str(tmp_path)])

    def test_a_checkpoint_and_a_bundle(self, tmp_path: Path) -> None:
        with pytest.raises(UserError, match="not allowed with"):
            evaluate.main(["--bundle", str(tmp_path), "--checkpoint", str(tmp_path)])
