"""Evidence is replayed in the world it is from: on rough ground a robot steps on the height field, not on a plane."""

from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.learning.rollout import Evidence
from playground_amp.paths import STANDARD
from playground_amp.physics.registry import make_engine
from playground_amp.robot.robot import load_robot
from playground_amp.runs.evidence import replay_evidence
from playground_amp.runs.manifest import make_manifest
from playground_amp.runs.state import save_state


def test_a_robot_of_a_run_on_rough_ground_steps_on_the_height_field(tmp_path: Path) -> None:
    config = load_config(STANDARD, ["env.terrain=rough", "env.reference_start_share=0.0"])
    env = WildRobotEnv(config)
    state = jax.jit(env.reset)(jax.random.PRNGKey(0))
    joints, still = jnp.asarray(env.engine.robot.home_joint_position, jnp.float32), jnp.zeros(3)
    evidence = Evidence(jnp.bool_(True), state.physics, state.parameters, jnp.zeros_like(joints), joints, joints, still)
    path = tmp_path / "evidence" / "iter_00000003.npz"
    save_state(path, evidence, make_manifest(config), {"iteration": 3})

    replayed = replay_evidence(path)

    flat = make_engine(config.physics, load_robot(config.robot, "flat"), config.env.control_dt)
    step = (state.physics, joints, still, state.parameters, joints)
    on_rough, on_flat = (jax.jit(engine.step)(*step)[0].qpos for engine in (env.engine, flat))
    np.testing.assert_array_equal(replayed.state.qpos, on_rough)
    assert np.abs(np.asarray(on_flat - on_rough)).max() > 1e-4
    assert replayed.config.env.terrain == "rough"
