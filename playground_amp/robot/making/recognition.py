"""From a model to its anatomy."""

from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.source import Source


def anatomy_of(source: Source) -> Anatomy:
    """The parts of a biped.

    Raises:
        UserError: it is none that can walk here: one sentence says why (closed loops, wheels, point feet, four legs …).
    """
    raise NotImplementedError(source)
