"""What `throughput.py` measures, one part a process: each returns plain figures."""

import resource
import time
from itertools import pairwise
from statistics import median
from typing import Any

import numpy as np

WARM_UP = 2  # iterations that are not timed


def make_config(num_envs: int, *settings: str) -> Any:
    from playground_amp.configs.loader import load_config
    from playground_amp.train import DEFAULT_CONFIG, PACKAGE

    return load_config(PACKAGE / DEFAULT_CONFIG, [f"trainer.num_envs={num_envs}", *settings])


def raw_physics(num_envs: int, iterations: int) -> dict[str, float]:
    """The model that training uses, stepped in a bare batch."""
    from playground_amp.physics.native import AUTO_SOLVER
    from playground_amp.physics.simulation_model import simulation_model, substeps
    from playground_amp.robot.robot import load_robot

    config = make_config(num_envs)
    model = simulation_model(load_robot(), config.physics, AUTO_SOLVER)
    return {
        "steps_per_second": _step_batch(model, substeps(config.physics, config.env.control_dt), num_envs, iterations)
    }


def raw_boxes(num_envs: int, iterations: int) -> dict[str, float]:
    """The yardstick: soles of four boxes (16 contacts), five substeps of 4 ms, three Newton iterations."""
    import mujoco

    from playground_amp.physics.simulation_model import simulation_model
    from playground_amp.robot.robot import ROBOT_DIR, load_robot

    spec = mujoco.MjSpec.from_file(str(ROBOT_DIR / "scene_flat.xml"))
    for side in ("left", "right"):
        for end in ("heel", "toe"):
            spec.geom(f"{side}_{end}").contype = spec.geom(f"{side}_{end}").conaffinity = 0
            plate = spec.geom(f"{side}_{end}_plate")
            plate.conaffinity, plate.condim = 1, 3
    model = spec.compile()
    newton = make_config(num_envs, "physics.timestep=0.004", "physics.solver=newton").physics
    model.opt = simulation_model(load_robot(), newton, "newton").opt
    return {"steps_per_second": _step_batch(model, 5, num_envs, iterations)}


def _step_batch(model: Any, num_substeps: int, num_envs: int, iterations: int) -> float:
    """Control steps a second, from home with targets that move every joint; every 20 steps from home again."""
    from mujoco.batch import Batch

    batch = Batch(model, num_envs, 0)
    home, noise = model.key("home").ctrl, np.random.default_rng(0)
    seconds = []
    for _ in range(WARM_UP + iterations):
        batch.reset(keyframe=0)
        targets = home + 0.1 * noise.standard_normal((20, num_envs, model.nu))
        started = time.perf_counter()
        for target in targets:
            batch.ctrl = target
            batch.step(nstep=num_substeps)
        seconds.append(time.perf_counter() - started)
    return 20 * num_envs / median(seconds[WARM_UP:])


def bare_engine(num_envs: int, iterations: int, *settings: str) -> dict[str, float]:
    """`Engine.step` of all robots in one jitted loop of 20 control steps, from home, whatever the engine."""
    import jax
    import jax.numpy as jnp

    from playground_amp.physics.engine import make_engine

    config = make_config(num_envs, *settings)
    engine = make_engine(config.physics, config.env.control_dt)
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


def learner_arithmetic(num_envs: int, iterations: int) -> dict[str, float]:
    """Seconds that the matrix products of one step cost at this machine's rate for such matrices.

    A product of [m, k] and [k, n] counts 2 m k n; a layer's backward pass twice its forward pass. A step's actor runs
    once in the rollout, actor and critic forward and backward once an epoch.
    """
    import jax
    import jax.numpy as jnp

    from playground_amp.envs.observations import ACTOR_SIZE, CRITIC_LAYOUT

    trainer = make_config(num_envs).trainer
    critic_size = sum(part.size for part in CRITIC_LAYOUT.values())
    actor = _products(ACTOR_SIZE, *trainer.actor_layers, 11)
    critic = _products(critic_size, *trainer.critic_layers, 1)
    operations = actor + 3 * trainer.num_epochs * (actor + critic)
    rows, width = num_envs * trainer.rollout_steps // trainer.num_minibatches, trainer.actor_layers[0]
    batch, weights = jnp.ones((rows, width)), jnp.eye(width)
    repeats = 50
    program = jax.jit(lambda x, w: jax.lax.fori_loop(0, repeats, lambda _, y: y @ w, x))
    program(batch, weights).block_until_ready()
    seconds = []
    for _ in range(max(5, iterations)):
        started = time.perf_counter()
        program(batch, weights).block_until_ready()
        seconds.append(time.perf_counter() - started)
    rate = repeats * 2 * rows * width * width / median(seconds)
    return {"seconds_per_step": operations / rate, "operations_per_step": operations, "operations_per_second": rate}


def _products(*sizes: int) -> int:
    return sum(2 * before * after for before, after in pairwise(sizes))


def training(num_envs: int, iterations: int, started: float, *settings: str) -> dict[str, float]:
    """This project's trainer. `started`: when the process did, by `time.perf_counter`."""
    import jax

    from playground_amp.training.build import make_trainer

    trainer = make_trainer(make_config(num_envs, *settings))
    state, metrics = trainer.iterate(trainer.init())
    jax.block_until_ready(metrics)
    first_update = time.perf_counter() - started
    seconds = []
    for _ in range(WARM_UP + iterations):
        begun = time.perf_counter()
        state, metrics = trainer.iterate(state)
        jax.block_until_ready(metrics)
        seconds.append(time.perf_counter() - begun)
    return {
        "steps_per_second": trainer.steps_per_iteration / median(seconds[WARM_UP:]),
        "first_update": first_update,
        "peak_memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
    }


def brax_training(num_envs: int, iterations: int, started: float) -> dict[str, float]:
    """Brax's stock trainer on MJX, the same task; the first stretch compiles, the later ones are its speed."""
    from playground_amp.training.brax_trainer import train_with_brax

    del iterations  # it takes minutes: two are timed
    arrivals, records = [], []

    def on_progress(record: dict[str, float]) -> None:
        arrivals.append(time.perf_counter() - started)
        records.append(record)

    train_with_brax(make_config(num_envs, "physics.engine=mjx", "num_iterations=3"), on_progress, evaluate=False)
    return {
        "steps_per_second": median(record["steps_per_second"] for record in records[1:]),
        "first_update": arrivals[0],
    }
