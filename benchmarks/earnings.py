"""What a robot earns by standing still and by stepping as its reference does, and what stands in the way of its steps.

    python benchmarks/earnings.py wildrobot robots/mine ... [--set KEY=VALUE ...]

Two lines a robot and speed, WildRobot's 0.3 and 0.5 m/s on the robot's scale. First, reward a second by term,
stepping/standing: each moment of the generated steps (motion/generate/stepping.py) is put into the engine at its
command and played on for one control step, standing is a second at the home pose. What earns about as much by
standing is no reason to walk; a penalty that is far from WildRobot's is not scaled right. Then what the steps ask of
the servos of a leg, joint by joint: the swing about home in units of action, and the shares of the speed limit, and of
the torque limit that damping and velocity gain take (root mean square).
"""

import argparse
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402
import numpy as np  # noqa: E402

from playground_amp.configs.loader import load_config  # noqa: E402
from playground_amp.configs.schema import Config  # noqa: E402
from playground_amp.envs import commands  # noqa: E402
from playground_amp.envs.starts import Starts  # noqa: E402
from playground_amp.envs.wildrobot_env import WildRobotEnv  # noqa: E402
from playground_amp.learning.build import make_task  # noqa: E402
from playground_amp.motion.clip import Clip  # noqa: E402
from playground_amp.motion.generate.stepping import stepping_clips  # noqa: E402
from playground_amp.motion.reference import posture_of  # noqa: E402
from playground_amp.paths import STANDARD  # noqa: E402
from playground_amp.robot.record import BASE_QPOS_SIZE, BASE_QVEL_SIZE, Robot  # noqa: E402
from playground_amp.robot.scale import scale_of, times  # noqa: E402
from playground_amp.runs.stages import config_at  # noqa: E402

SPEEDS = (0.3, 0.5)  # m/s of WildRobot
STANDS = 50  # control steps


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("robots", nargs="+", metavar="ROBOT", help="a name or a folder")
    parser.add_argument("--set", nargs="+", default=[], metavar="KEY=VALUE")
    arguments = parser.parse_args()
    for robot in arguments.robots:
        show(config_at(load_config(STANDARD, arguments.set, flags={"robot": robot}), 1))
    return 0


def show(config: Config) -> None:
    """Prints the figures of one robot under the first stage of a configuration."""
    env = WildRobotEnv(config, make_task(config).engine, posture=posture_of(config))
    robot, clips = env.engine.robot, stepping_clips(env.engine.robot, config.env)
    print(f"{robot.name}: {robot.mass:.3g} kg, legs {robot.leg_length:.3g} m, action {config.env.action_scale:.3g} rad")
    for speed in SPEEDS:
        wanted = np.array([times(speed, scale_of(robot).pace), 0.0, 0.0])
        clip = min(clips, key=lambda each: float(np.sum((np.array(each.command) - wanted) ** 2)))
        stepping, standing = played(env, clip), stood(env, clip)
        print(
            f"  {clip.command[0]:.3g} m/s: {sum(stepping.values()):.2f}/{sum(standing.values()):.2f} a second; ", end=""
        )
        print(", ".join(f"{name} {stepping[name]:.2f}/{standing[name]:.2f}" for name in stepping))
        asked(robot, clip, config.env.action_scale)


def played(env: WildRobotEnv, clip: Clip) -> dict[str, float]:
    """Rewards of moving from each moment of a clip to the next, a second of each term."""
    robot, control_dt = env.engine.robot, env.config.env.control_dt
    count, velocity = len(clip.qpos), jnp.asarray(clip.command, jnp.float32)
    start = Starts(env.config, robot, None).at_rest(jax.random.key(0), held(clip), env.engine.nominal_parameters())
    starts = jax.tree.map(lambda x: jnp.broadcast_to(jnp.asarray(x), (count, *jnp.shape(x))), start)
    qpos, qvel, phase = (jnp.asarray(each, jnp.float32) for each in (clip.qpos, clip.qvel, clip.gait_phase))
    starts = starts._replace(qpos=qpos, qvel=qvel, joint_target=qpos[:, BASE_QPOS_SIZE:], gait_phase=phase)
    states = jax.jit(jax.vmap(lambda each: env.begin(jax.random.key(0), each)))(starts)
    states = states._replace(average_velocity=jnp.broadcast_to(velocity, (count, 3)))
    following = jnp.roll(qpos[:, BASE_QPOS_SIZE:], -1, axis=0)
    actions = (following - jnp.asarray(robot.home_joint_position, jnp.float32)) / env.config.env.action_scale
    return rates(jax.jit(jax.vmap(env.step))(states, actions).reward_terms, control_dt)


def stood(env: WildRobotEnv, clip: Clip) -> dict[str, float]:
    """Rewards of standing at the home pose while a clip's velocity is asked for, a second of each term."""
    state = jax.jit(env.reset_at_rest)(jax.random.key(1), held(clip))
    still = jnp.zeros(env.action_size)

    @jax.jit
    def stand(state):
        return jax.lax.scan(lambda now, _: (reached := env.step(now, still), reached.reward_terms), state, None, STANDS)

    return rates(stand(state)[1], env.config.env.control_dt)


def held(clip: Clip) -> commands.Command:
    ahead = commands.hold(0.0, heading=0.0)
    return commands.go_on(ahead, jnp.asarray(clip.command, jnp.float32), jnp.float32(0.0))


def rates(terms: dict[str, jax.Array], control_dt: float) -> dict[str, float]:
    return {name: float(np.mean(value)) / control_dt for name, value in terms.items()}


def asked(robot: Robot, clip: Clip, action_scale: float) -> None:
    """Prints what a clip asks of the servos of a leg."""
    leg = robot.legs[0].joints
    swing = np.abs(clip.joint_position - robot.home_joint_position).max(axis=0) / action_scale
    speed = clip.qvel[:, BASE_QVEL_SIZE:]
    drag = (robot.kv + robot.damping) * np.sqrt(np.mean(speed**2, axis=0)) / robot.torque_limit
    for joint in leg:
        fastest = np.abs(speed[:, joint]).max() / robot.speed_limit[joint]
        name = robot.joint_names[joint]
        print(f"    {name:28} swing {swing[joint]:.2f}, speed {fastest:.2f}, drag {drag[joint]:.2f}")


if __name__ == "__main__":
    sys.exit(main())
