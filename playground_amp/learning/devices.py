"""Many devices, in one process or in several: the robots are spread over them, what learns is the same on each.

It is data parallelism of the one iteration: every device steps its own robots (`envs/vector.py`), and XLA adds up what
the update needs from all of them. With the same total of robots the result is that of one device, to rounding.
"""

import os

import jax
import numpy as np
from jax.experimental import multihost_utils
from jax.sharding import Mesh, NamedSharding, PartitionSpec

from playground_amp.envs.vector import ROBOTS
from playground_amp.errors import UserError
from playground_amp.untyped import Pytree

_BY_HAND = ("JAX_COORDINATOR_ADDRESS", "JAX_NUM_PROCESSES", "JAX_PROCESS_ID")


def join_processes() -> bool:
    """Joins the other processes of the run, where the environment tells of them. Before JAX's first use.

    Returns whether this process is the first one, which alone writes the run folder.

    By hand: JAX_COORDINATOR_ADDRESS (host:port of process 0), JAX_NUM_PROCESSES and JAX_PROCESS_ID. Under SLURM: one
    task of `srun` each. Raises UserError if the first are incomplete.
    """
    given = [name for name in _BY_HAND if name in os.environ]
    if given and len(given) < len(_BY_HAND):
        missing = ", ".join(name for name in _BY_HAND if name not in given)
        raise UserError(f"several processes: {', '.join(given)} is set, {missing} is not: set all three, or none")
    if given:
        address, count, process = (os.environ[name] for name in _BY_HAND)
        if not (count.isdecimal() and process.isdecimal() and int(process) < int(count)):
            raise UserError(f"JAX_PROCESS_ID {process} must be a number from 0 to JAX_NUM_PROCESSES {count} less 1")
        jax.distributed.initialize(address, int(count), int(process))
        return int(process) == 0
    if int(os.environ.get("SLURM_STEP_NUM_TASKS", "1")) > 1:
        jax.distributed.initialize()  # reads SLURM's own variables
        return int(os.environ["SLURM_PROCID"]) == 0
    return True


def make_mesh(num_devices: int, num_envs: int) -> Mesh | None:
    """The devices that the robots are spread over, 0: all of all processes; None for a single one.

    Raises:
      UserError: there are not so many, a process would be left out, or the robots cannot be shared out evenly.
    """
    devices = jax.devices()
    wanted = num_devices or len(devices)
    if wanted > len(devices):
        raise UserError(
            f"--num-devices {wanted}: JAX sees {len(devices)} ({devices[0].platform}); a CPU is divided by "
            f"XLA_FLAGS=--xla_force_host_platform_device_count={wanted}"
        )
    if jax.process_count() > 1 and wanted != len(devices):
        raise UserError(f"--num-devices {wanted}: {jax.process_count()} processes use all their {len(devices)}, or 0")
    if num_envs % wanted:
        raise UserError(f"--num-envs {num_envs} cannot be shared evenly by {wanted} devices (--num-devices)")
    return Mesh(np.array(devices[:wanted]), (ROBOTS,)) if wanted > 1 else None


def spread(mesh: Mesh) -> NamedSharding:
    """The leading axis, the robots, over the devices."""
    return NamedSharding(mesh, PartitionSpec(ROBOTS))


def same_everywhere(mesh: Mesh) -> NamedSharding:
    return NamedSharding(mesh, PartitionSpec())


def gathered(state: Pytree) -> Pytree:
    """The state with all robots in every process, ready to be saved; all processes call it together."""
    if jax.process_count() == 1:
        return state
    return multihost_utils.process_allgather(state, tiled=True)


def any_process(flag: bool) -> bool:
    """Whether the flag is up in any process; all processes call it together."""
    if jax.process_count() == 1:
        return flag
    return bool(np.any(multihost_utils.process_allgather(np.array(flag))))
