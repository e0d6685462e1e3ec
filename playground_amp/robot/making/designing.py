"""From a robot's anatomy to what `robot.py init` makes of it."""

from playground_amp.robot.making.anatomy import Anatomy
from playground_amp.robot.making.design import Design
from playground_amp.robot.making.source import Source


def design_of(source: Source, anatomy: Anatomy, *, servo: str | None = None, acting: tuple[str, ...] = ()) -> Design:
    """What is made of a robot.

    Args:
        source: its model.
        anatomy: its parts.
        servo: the name of a servo of `servos.py` that drives every joint; None: as the model says.
        acting: joints that act beside those of legs and waist.

    Raises:
        UserError: there is no such servo or joint, or no pose in which it stands.
    """
    raise NotImplementedError(source, anatomy, servo, acting)
