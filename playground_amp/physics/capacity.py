"""How many robots suit a machine: `--num-envs auto`. Starts neither JAX nor a simulator."""

import os
import subprocess

from playground_amp.errors import UserError
from playground_amp.physics.registry import runs_on_gpu

# On a CPU more robots make an iteration longer, not learning faster; on a GPU speed and learning both still gain.
_CPU_ROBOTS, _GPU_ROBOTS = 512, 8192
# Measured: 42 KiB with 20 steps of rollout on a GPU beside Warp's own buffers, 48 KiB on a CPU (docs/performance.md).
_ROBOT_MEMORY = 256 * 2**10  # bytes, to be safe
_SHARE = 0.5  # of the memory


def fitting_num_envs(engine: str) -> int:
    """The number of robots for an engine of that name, a power of two: as many as are of use, or as memory holds.

    Raises:
      UserError: the GPU's memory cannot be found out.
    """
    if runs_on_gpu(engine):
        return _power_of_two(min(_GPU_ROBOTS, int(_SHARE * gpu_memory() / _ROBOT_MEMORY)))
    if not hasattr(os, "sysconf"):  # Windows; any machine holds so few
        return _CPU_ROBOTS
    memory = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    return _power_of_two(min(_CPU_ROBOTS, int(_SHARE * memory / _ROBOT_MEMORY)))


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
        raise UserError("--num-envs auto: nvidia-smi does not tell the GPU's memory; give a number") from None


def _power_of_two(number: int) -> int:
    return 2 ** max(2, number.bit_length() - 1)
