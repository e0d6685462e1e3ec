"""The uneven ground of the scene `rough`: made from a seed, not stored. Lengths in m, for WildRobot.

Another robot's ground is larger by the ratio of standing heights, in all directions: it steps on the same bumps.
"""

from functools import cache

import numpy as np

MAX_SLOPE = np.radians(5.0)  # of the hills
MAX_BUMP = 0.015  # m up or down, on top of the hills, for WildRobot
_SEED = 7
_WAVES = 8
_WAVELENGTHS = (4.0, 9.0)  # m, of the hills
_SMOOTHING = 3  # passes of a 1-2-1 filter over the bumps: they are a few decimeters wide


@cache
def heights(rows: int, columns: int, half_length: float, half_width: float) -> np.ndarray:
    """Heights [rows, columns] over a rectangle around the origin; rows along y, columns along x, as MuJoCo has them.

    The hills are a sum of plane waves whose steepest point has the slope MAX_SLOPE; the bumps are smoothed noise whose
    greatest deviation is MAX_BUMP. The hills are level at the origin, on the average of the ground.
    """
    rng = np.random.default_rng(_SEED)
    y, x = np.meshgrid(
        np.linspace(-half_width, half_width, rows), np.linspace(-half_length, half_length, columns), indexing="ij"
    )
    hills, slope_x, slope_y = np.zeros_like(x), np.zeros_like(x), np.zeros_like(x)
    for _ in range(_WAVES):
        wave_number = 2 * np.pi / rng.uniform(*_WAVELENGTHS)
        direction, phase = rng.uniform(0, 2 * np.pi, 2)
        kx, ky = wave_number * np.cos(direction), wave_number * np.sin(direction)
        angle = kx * x + ky * y + phase
        hills += np.sin(angle) / wave_number  # each wave is as steep as the others
        slope_x += kx / wave_number * np.cos(angle)
        slope_y += ky / wave_number * np.cos(angle)
    hills *= np.tan(MAX_SLOPE) / np.hypot(slope_x, slope_y).max()
    bumps = rng.normal(size=(rows, columns))
    for axis in (0, 1):
        for _ in range(_SMOOTHING):
            bumps = 0.5 * bumps + 0.25 * (np.roll(bumps, 1, axis) + np.roll(bumps, -1, axis))
    ground = hills + bumps * MAX_BUMP / np.abs(bumps).max()
    ground -= ground.mean()
    ground.setflags(write=False)
    return ground
