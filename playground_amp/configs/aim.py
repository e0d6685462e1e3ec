"""The section about what training corrects by feedback: speeds ahead and the torque of joints (learning/aim.py)."""

from pydantic import Field

from playground_amp.configs.fields import Section


class AimConfig(Section):
    """How a few robots without the noise of exploring are watched, and what their misses change in the rewards."""

    speed: float = Field(
        0.0, ge=0, le=1, description="an iteration's change of the speed that pays, of the error in speed; 0: as asked"
    )
    torque_price: float = Field(
        0.0, ge=0, le=10, description="an iteration's change of a joint's price a second, of its excess; 0: no prices"
    )
    joint_torque: float = Field(
        0.33, gt=0, le=1, description="mean torque of a joint that has no price, as a share of its limit"
    )
    watched: float = Field(0.125, gt=0, lt=1, description="share of the robots that act without noise")

    @property
    def any(self) -> bool:
        """Whether anything is corrected."""
        return self.speed > 0 or self.torque_price > 0
