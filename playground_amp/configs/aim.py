"""The section about what training corrects by feedback: speeds ahead and the torque of joints (learning/aim.py)."""

from pydantic import Field

from playground_amp.configs.fields import Section


class AimConfig(Section):
    """Feedback: errors in speed and torque of a few robots that act without exploration noise correct the rewards."""

    speed: float = Field(
        default=0.0,
        ge=0,
        le=1,
        description="integral gain, an iteration, from speed error to the speed that rewards ask for; 0: the command",
    )
    torque_price: float = Field(
        default=0.0,
        ge=0,
        le=10,
        description="the same from a joint's torque over joint_torque to what its torque costs a second; 0: nothing",
    )
    joint_torque: float = Field(
        default=0.33, gt=0, le=1, description="mean torque of a joint that costs nothing more, as a share of its limit"
    )
    watched: float = Field(
        default=0.125, gt=0, lt=1, description="share of the robots that act without exploration noise"
    )

    @property
    def any(self) -> bool:
        """Whether anything is corrected."""
        return self.speed > 0 or self.torque_price > 0
