"""A person's joints as pictures."""

import numpy as np

from playground_amp.rendering.stick_person import render_person


def test_a_person_is_drawn_where_its_joints_are() -> None:
    """A leg, a back and a head in a row: the picture changes where a bone is, and goes along with the person."""
    standing = np.array([[0.0, 0.0, 0.0], [0.0, 0.0, 0.9], [0.0, 0.0, 1.7]])
    lying = standing[:, [0, 2, 1]] + [0.0, 0.0, 0.05]
    far = standing + np.array([3.0, 0.0, 0.0])
    pictures = list(render_person(np.stack([standing, lying, far]), (-1, 0, 1), width=120, height=120))
    assert [picture.shape for picture in pictures] == [(120, 120, 3)] * 3
    orange = [(picture[..., 0].astype(int) - picture[..., 2] > 60) for picture in pictures]
    assert all(each.sum() > 50 for each in orange)
    tall, flat, tall_again = (np.ptp(np.argwhere(each)[:, 0]) for each in orange)
    assert tall > 2 * flat
    assert abs(int(tall) - int(tall_again)) <= 2
