"""The unit of a recording: the likeliest by the legs, the others said, and any number of meters if the user knows."""

import pytest

from playground_amp.errors import UserError
from playground_amp.motion.human.units import UNITS, fitting_units, meters, require_unit


@pytest.mark.parametrize(
    ("legs", "unit", "expected"),
    [  # m of the legs, hip to ankle; unit that the file counts in; units that they can be in, the likeliest first
        (0.83, "inch", ["inch"]),
        (0.83, "cmu", ["cmu", "inch"]),  # as inches: the legs of a child of 0.37 m
        (0.75, "cmu", ["cmu"]),  # a tenth shorter
        (0.92, "cmu", ["cmu", "inch"]),
        (0.52, "inch", ["inch", "cmu"]),  # a child stays a child: nobody has legs of 1.16 m
        (0.52, "cm", ["cm"]),
        (0.52, "m", ["m"]),
        (0.83, "foot", ["foot"]),
    ],
)
def test_the_likeliest_unit_comes_first(legs: float, unit: str, expected: list[str]) -> None:
    assert fitting_units(legs / UNITS[unit]) == expected


def test_nobodys_legs_are_refused() -> None:
    with pytest.raises(UserError, match="no person's in m, cm, inch, mm, foot, cmu; give --unit, a number of meters"):
        fitting_units(5.0)


def test_a_unit_is_a_name_or_a_number_of_meters() -> None:
    assert meters(require_unit("inch")) == 0.0254
    assert meters(require_unit("0.05644")) == 0.05644
    for wrong in ("yard", "0", "-1", "nan", "inf", "1e400", "0,5", ""):
        with pytest.raises(UserError, match="--unit can be m, cm, inch, mm, foot, cmu or a number of meters above 0"):
            require_unit(wrong)
