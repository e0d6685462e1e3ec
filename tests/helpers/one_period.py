"""One control period of WildRobot on any engine, with everything varied and the solver converged.

Compiled once a process for all tests that step a robot themselves: MJX takes ten seconds and more to compile.
"""

from collections.abc import Callable
from functools import cache

import jax
import jax.numpy as jnp
import numpy as np

from playground_amp.configs.loader import load_config
from playground_amp.paths import STANDARD
from playground_amp.physics.protocol import Engine, PhysicalParameters, PhysicsState
from playground_amp.physics.readings import Readings
from playground_amp.physics.registry import make_engine
from playground_amp.robot.robot import load_robot

CONTROL_DT = 0.02
CONVERGED = ("timestep=0.002", "physics.solver=newton", "physics.iterations=50", "ls_iterations=50")


@cache
def converged_engine(name: str) -> Engine:
    """With the gate's own timing: with the solver converged, engines differ by rounding only."""
    physics = load_config(STANDARD, [f"physics.engine={name}", *CONVERGED]).physics
    return make_engine(physics, load_robot("wildrobot"), CONTROL_DT)


@cache
def one_period(name: str) -> Callable[..., tuple[PhysicsState, Readings]]:
    """`Engine.step` of the converged engine, compiled."""
    return jax.jit(converged_engine(name).step)


def different(**values: jax.Array | float) -> PhysicalParameters:
    """Everything varies, so that one compiled program serves all tests; what is not named is nominal."""
    nominal = PhysicalParameters(
        floor_friction=jnp.float32(0.8),
        mass_scale=jnp.ones(12),
        com_shift_b=jnp.zeros((12, 3)),
        motor_strength=jnp.ones(11),
        joint_damping=jnp.ones(11),
        joint_friction=jnp.ones(11),
        joint_armature=jnp.ones(11),
        speed_droop=jnp.float32(0.0),
        backlash=jnp.zeros(11),
        latency=jnp.float32(0.0),
    )
    given = {name: jnp.broadcast_to(jnp.float32(x), getattr(nominal, name).shape) for name, x in values.items()}
    return nominal._replace(**given)


def at_rest(qpos: jax.Array) -> PhysicsState:
    """A robot that does not move yet, at the time 0."""
    still = jnp.zeros(len(qpos) - 1)
    return PhysicsState(qpos, still, still, jnp.float32(0.0))


def stepped(
    name: str,
    start: jax.Array,
    targets: np.ndarray,
    parameters: PhysicalParameters,
    before: np.ndarray | None = None,
    push_force_w: tuple[float, float, float] = (0.0, 0.0, 0.0),
) -> Readings:
    """Readings [T] from rest at `start` [18] under joint targets [T, 11]; `before`: those of the periods before."""
    state, seen, push = at_rest(start), [], jnp.asarray(push_force_w, jnp.float32)
    for target, previous in zip(targets, targets if before is None else before, strict=True):
        state, readings = one_period(name)(state, target, push, parameters, previous)
        seen.append(jax.device_get(readings))
    return jax.tree.map(lambda *each: np.stack(each), *seen)
