"""What `throughput.py` measures, one part a process: each returns plain figures."""

import resource
import tempfile
import time
from collections.abc import Callable
from functools import cache
from itertools import pairwise
from pathlib import Path
from statistics import median
from typing import Any

import numpy as np

WARM_UP = 3  # iterations that are not timed
# The yardstick's timing and solver, for `robot_on_boxes`: the robot before its physics were made cheap.
YARDSTICK = ("physics.timestep=0.004", "physics.solver=newton")
Turn = Callable[[], float]  # does its work once: seconds an environment step


def make_config(num_envs: int, *settings: str) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.paths import STANDARD
    from playground_amp.physics.registry import check_engine, prepare

    config = load_config(STANDARD, [f"trainer.num_envs={num_envs}", *settings])
    prepare(check_engine(config.physics))
    return config


def in_turns(num_envs: int, rounds: int, *settings: str) -> dict[str, list[float]]:
    """Seconds an environment step, one figure a round, of four things done one after the other in every round.

    `training`: this project's trainer. `raw`: bare stepping of the model that it uses. `boxes`: of the same robot with
    four sole boxes. `products`: the learner's matrix products. A machine's speed swings from minute to minute: figures
    of one round compare.
    """
    turns = {
        "training": training_turn(num_envs, *settings),
        "raw": raw_turn(num_envs),
        "boxes": boxes_turn(num_envs),
        "products": products_turn(num_envs),
    }
    figures = [{name: turn() for name, turn in turns.items()} for _ in range(WARM_UP + rounds)][WARM_UP:]
    return {name: [figure[name] for figure in figures] for name in turns}


def training_turn(num_envs: int, *settings: str) -> Turn:
    """One iteration of this project's trainer."""
    import jax

    from playground_amp.learning.build import make_trainer

    trainer = make_trainer(make_config(num_envs, *settings))
    state = trainer.init()

    def turn() -> float:
        nonlocal state
        started = time.perf_counter()
        state, metrics, _ = trainer.iterate(state)
        jax.block_until_ready(metrics)
        return (time.perf_counter() - started) / trainer.steps_per_iteration

    return turn


def raw_turn(num_envs: int) -> Turn:
    """The model that training uses, stepped in a bare batch."""
    from playground_amp.physics.engines.native import AUTO_SOLVER
    from playground_amp.physics.engines.simulation_model import simulation_model, substeps
    from playground_amp.robot.robot import load_robot

    config = make_config(num_envs)
    model = simulation_model(load_robot("wildrobot"), config.physics, AUTO_SOLVER)
    return _batch_turn(model, substeps(config.physics, config.env.control_dt), num_envs)


def boxes_turn(num_envs: int) -> Turn:
    """The yardstick: soles of four boxes (16 contacts), five substeps of 4 ms, three Newton iterations."""
    from playground_amp.physics.engines.simulation_model import simulation_model

    newton = make_config(num_envs, *YARDSTICK).physics
    return _batch_turn(simulation_model(robot_on_boxes(), newton, "newton"), 5, num_envs)


def robot_on_boxes() -> Any:
    """The robot on soles of four boxes, which touch the floor at their 16 corners, instead of bars along edges."""
    from playground_amp.robot.altered import altered_robot
    from playground_amp.robot.robot import load_robot

    def on_boxes(spec: Any) -> None:
        for side in ("left", "right"):
            for end in ("heel", "toe"):
                bar = spec.geom(f"{side}_{end}")
                bar.contype, bar.conaffinity = 0, 2  # touches nothing, and is not dropped as something to look at only
                plate = spec.geom(f"{side}_{end}_plate")
                plate.conaffinity, plate.condim = 1, 3

    return altered_robot(load_robot("wildrobot"), Path(tempfile.mkdtemp()) / "wildrobot", on_boxes)


def _batch_turn(model: Any, num_substeps: int, num_envs: int) -> Turn:
    """20 control steps from home, with targets that move every joint."""
    from mujoco.batch import Batch

    batch = Batch(model, num_envs, 0)
    home, noise = model.key("home").ctrl, np.random.default_rng(0)

    def turn() -> float:
        batch.reset(keyframe=0)
        targets = home + 0.1 * noise.standard_normal((20, num_envs, model.nu))
        started = time.perf_counter()
        for target in targets:
            batch.ctrl = target
            batch.step(nstep=num_substeps)
        return (time.perf_counter() - started) / (20 * num_envs)

    return turn


def bare_engine(num_envs: int, iterations: int, *settings: str) -> dict[str, float]:
    """`Engine.step` of all robots in one jitted loop of 20 control steps, from home, whatever the engine."""
    import jax
    import jax.numpy as jnp

    from playground_amp.physics.registry import make_engine
    from playground_amp.robot.robot import load_robot

    config = make_config(num_envs, *settings)
    engine = make_engine(config.physics, load_robot(config.robot), config.env.control_dt)
    parameters = jax.tree.map(lambda x: jnp.broadcast_to(x, (num_envs, *x.shape)), engine.nominal_parameters())
    qpos = jnp.tile(jnp.asarray(engine.robot.home_qpos, jnp.float32), (num_envs, 1))
    start, _ = jax.jit(jax.vmap(engine.reset))(qpos, jnp.zeros((num_envs, 17)), parameters)
    no_push, noise = jnp.zeros((num_envs, 3)), np.random.default_rng(0)

    @jax.jit
    def walk(states: Any, targets: jax.Array) -> Any:
        def step(states: Any, target: jax.Array) -> tuple[Any, None]:
            return jax.vmap(engine.step)(states, target, no_push, parameters)[0], None

        return jax.lax.scan(step, states, targets)[0]

    seconds = []
    for _ in range(WARM_UP + iterations):
        targets = jnp.asarray(qpos[:, 7:] + 0.1 * noise.standard_normal((20, num_envs, 11)), jnp.float32)
        jax.block_until_ready(targets)
        started = time.perf_counter()
        jax.block_until_ready(walk(start, targets))
        seconds.append(time.perf_counter() - started)
    return {"steps_per_second": 20 * num_envs / median(seconds[WARM_UP:])}


def products_turn(num_envs: int) -> Turn:
    """The learner's matrix products, at this machine's rate for such matrices.

    A product of [m, k] and [k, n] counts 2 m k n; a layer's backward pass twice its forward pass. A step's actor runs
    once in the rollout, actor and critic forward and backward once an epoch.
    """
    import jax
    import jax.numpy as jnp

    from playground_amp.envs.observations import actor_layout, critic_layout
    from playground_amp.robot.robot import load_robot

    config = make_config(num_envs)
    trainer, robot = config.trainer, load_robot(config.robot)
    actor = _products(actor_layout(robot).size, *trainer.actor_layers, robot.num_joints)
    critic = _products(critic_layout(robot).size, *trainer.critic_layers, 1)
    operations = actor + 3 * trainer.num_epochs * (actor + critic)
    rows, width = num_envs * trainer.rollout_steps // trainer.num_minibatches, trainer.actor_layers[0]
    batch, weights = jnp.ones((rows, width)), jnp.eye(width)
    repeats = 50
    program = jax.jit(lambda x, w: jax.lax.fori_loop(0, repeats, lambda _, y: y @ w, x))
    program(batch, weights).block_until_ready()

    def turn() -> float:
        started = time.perf_counter()
        program(batch, weights).block_until_ready()
        rate = repeats * 2 * rows * width * width / (time.perf_counter() - started)
        return operations / rate

    return turn


def _products(*sizes: int) -> int:
    return sum(2 * before * after for before, after in pairwise(sizes))


def training(num_envs: int, iterations: int, started: float, *settings: str) -> dict[str, float]:
    """This project's trainer alone. `started`: when the process did, by `time.perf_counter`."""
    turn = training_turn(num_envs, *settings)
    turn()
    first_update = time.perf_counter() - started
    seconds = [turn() for _ in range(WARM_UP + iterations)][WARM_UP:]
    return {
        "steps_per_second": 1 / median(seconds),
        "first_update": first_update,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def brax_training(num_envs: int, rounds: int, *, yardstick: bool) -> dict[str, list[float]]:
    """Seconds an environment step of Brax's stock trainer on MJX, and in turns with it of this project's, same task.

    `yardstick`: Brax steps the physics of `boxes_turn`, else that of this project: its soles, its substeps.

    Brax reports after each of its iterations, and waits meanwhile; the first, which compiles, does not count. MJX comes
    first: it sets how many threads XLA starts.
    """
    from playground_amp.learning.brax_baseline import train_with_brax
    from playground_amp.physics.engines.mjx import MjxEngine
    from playground_amp.robot.robot import load_robot

    own = cache(training_turn)  # made when Brax has begun
    brax: list[float] = []
    training: list[float] = []

    def on_progress(record: dict[str, float]) -> None:
        brax.append(1 / record["steps_per_second"])
        turn = own(num_envs)
        training.append(median(turn() for _ in range(WARM_UP)))

    physics = YARDSTICK if yardstick else ()
    config = make_config(num_envs, "physics.engine=mjx", f"num_iterations={1 + rounds}", *physics)
    robot = robot_on_boxes() if yardstick else load_robot("wildrobot")
    engine = MjxEngine(robot, config.physics, config.env.control_dt)
    train_with_brax(config, on_progress, engine=engine, stretches=1 + rounds, evaluate=False)
    return {"brax": brax[1:], "training": training[1:]}
