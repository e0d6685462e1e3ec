"""How many robots suit a machine: `--num-envs auto`. Starts neither JAX nor a simulator."""

import os
import subprocess

from playground_amp.errors import UserError
from playground_amp.physics.registry import runs_on_gpu

# On a CPU more robots make an iteration longer, not learning faster; on a GPU speed and learning both still gain.
_CPU_ROBOTS, _GPU_ROBOTS = 512, 8192
# Measured: 42 KiB with 20 steps of rollout on a GPU beside Warp's own buffers, 48 KiB on a CPU (docs/performance.md).
_ROBOT_MEMORY = 256 * 2**10  # bytes, to be safe
_LEAST_ROBOT_MEMORY, _LEAST_STEP_MEMORY = 20 * 2**10, 400  # bytes, of a robot and of a step of its rollout
_ALWAYS_THERE = 2**30  # bytes
_SHARE = 0.5  # of the memory


def fitting_num_envs(engine: str) -> int:
    """The number of robots for an engine of that name, a power of two: as many as are of use, or as memory holds.

    Raises:
      UserError: the GPU's memory cannot be found out.
    """
    if runs_on_gpu(engine):
        return _power_of_two(min(_GPU_ROBOTS, int(_SHARE * gpu_memory() / _ROBOT_MEMORY)))
    memory = main_memory()
    if memory is None:  # any machine holds so few
        return _CPU_ROBOTS
    return _power_of_two(min(_CPU_ROBOTS, int(_SHARE * memory / _ROBOT_MEMORY)))


def require_memory(engine: str, num_envs: int, rollout_steps: int) -> None:
    """Raises UserError if so many robots cannot be in this machine's memory, whatever else is left out of it."""
    needed = num_envs * (_LEAST_ROBOT_MEMORY + rollout_steps * _LEAST_STEP_MEMORY)
    if needed < _ALWAYS_THERE:
        return
    memory = gpu_memory() if runs_on_gpu(engine) else main_memory()
    if memory is not None and needed > memory:
        raise UserError(
            f"trainer.num_envs (--num-envs) {num_envs:,} with {rollout_steps:,} rollout steps need more than "
            f"{needed / 2**30:,.0f} GiB, this machine has {memory / 2**30:,.0f} GiB"
        )


def main_memory() -> int | None:
    """Bytes of memory of this machine; None where it is not told (Windows)."""
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else None


def gpu_memory() -> int:
    """Bytes of memory of the smallest NVIDIA GPU.

    Raises:
      UserError: nvidia-smi is not there or knows of no GPU.
    """
    command = ["nvidia-smi", "--query-gpu=memory.total", "--format=csv,noheader,nounits"]
    try:
        answer = subprocess.run(command, capture_output=True, text=True, check=True, timeout=20).stdout
        return min(int(line) for line in answer.splitlines()) * 2**20
    except (OSError, subprocess.SubprocessError, ValueError):
        raise UserError("--num-envs: nvidia-smi does not tell the GPU's memory; give a number") from None


def _power_of_two(number: int) -> int:
    return 2 ** max(2, number.bit_length() - 1)
