"""Steers a controller of one's own in the browser, no policy: `python examples/own_controller.py`.

A controller is a function of the state of one robot that answers with an action [J]: joint targets are
home + `env.action_scale` × action. This one bends and stretches the knees, whatever it is asked.
"""

from functools import partial

import jax
import jax.numpy as jnp
from jax.tree_util import Partial

from playground_amp.cockpit.loop import Cockpit
from playground_amp.cockpit.server import page_address, start_server
from playground_amp.configs.loader import load_config
from playground_amp.envs.state import EnvState
from playground_amp.envs.wildrobot_env import WildRobotEnv
from playground_amp.paths import STANDARD
from playground_amp.policies.source import FixedPolicy

HOST, PORT = "127.0.0.1", 8080
DEPTH, SECONDS = 0.3, 2.0  # rad of the knees, time of a squat
SHARES = {"hip_pitch": -0.5, "knee_pitch": 1.0, "ankle_pitch": -0.5}  # keep the feet flat and the body upright


def squat(env: WildRobotEnv) -> Partial:
    """The controller for the robots of an environment."""
    names = env.engine.robot.joint_names
    bend = [next((share for joint, share in SHARES.items() if name.endswith(joint)), 0.0) for name in names]
    return Partial(partial(_act, env), jnp.array(bend))


def _act(env: WildRobotEnv, bend: jax.Array, state: EnvState) -> jax.Array:
    time = state.step * env.config.env.control_dt
    depth = DEPTH * 0.5 * (1.0 - jnp.cos(2.0 * jnp.pi * time / SECONDS))
    return depth * bend / env.config.env.action_scale


if __name__ == "__main__":
    source = FixedPolicy("squats", load_config(STANDARD), squat)
    server = start_server(HOST, PORT)
    cockpit = Cockpit(server, source, (0.0, 0.0, 0.0), print)
    print(f"open {page_address(HOST, PORT)} in a browser (Ctrl-C ends it)")
    cockpit.run()
