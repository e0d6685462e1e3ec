"""The labels of a robot's picture do not lie over one another."""

import numpy as np
import pytest

from playground_amp.rendering.anatomy_picture import spread


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ([0.2, 0.5], [0.2, 0.5]),
        ([0.5, 0.5], [0.45, 0.55]),  # as near as the gap of 0.1 allows, to both alike
        ([0.5, 0.5, 0.58], [0.4267, 0.5267, 0.6267]),
        ([0.0, 0.01], [0.0, 0.1]),
        ([0.99, 1.0], [0.9, 1.0]),
        ([], []),
    ],
)
def test_labels_are_as_near_to_their_joints_as_fits(wanted: list[float], expected: list[float]) -> None:
    assert spread(wanted, 0.1, 0.0, 1.0) == pytest.approx(expected, abs=1e-3)


def test_many_labels_keep_their_distance_and_order() -> None:
    wanted = np.sort(np.random.default_rng(0).uniform(0, 1, 40))
    places = spread(list(wanted), 0.02, 0.0, 1.0)
    assert np.diff(places).min() >= 0.02 - 1e-9
    assert min(places) >= 0
    assert max(places) <= 1
