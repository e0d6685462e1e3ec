"""What `motion.py film` makes of a recording before it is drawn."""

import numpy as np

from playground_amp.cli.motion_films import _again_and_again


def test_a_recording_of_one_cycle_goes_on_where_it_ended() -> None:
    """Two joints that walk 0.4 m along x in five frames."""
    points = np.zeros((5, 2, 3))
    points[:, :, 0] = np.arange(5)[:, None] * 0.1
    points[:, 1, 2] = [0, 1, 2, 1, 0]
    longer = _again_and_again(points, 12)
    np.testing.assert_allclose(longer[:, 0, 0], [0, 0.1, 0.2, 0.3, 0.4, 0.4, 0.5, 0.6, 0.7, 0.8, 0.8, 0.9])
    np.testing.assert_array_equal(longer[:, 1, 2], [0, 1, 2, 1, 0, 0, 1, 2, 1, 0, 0, 1])
    np.testing.assert_array_equal(_again_and_again(points, 3), points[:3])
