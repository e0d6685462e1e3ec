"""What the robot is asked for when the page opens, or throughout a film."""

from playground_amp.errors import UserError
from playground_amp.policies.source import PolicySource
from playground_amp.robot.robot import load_robot
from playground_amp.robot.scale import scale_of

Asked = tuple[float, float, float]  # forward, to the left m/s, yaw rate rad/s
WALKING = 0.3  # m/s of WildRobot


def first_command(source: PolicySource, given: Asked | None) -> Asked:
    """The command given; without one, to walk ahead as fast as suits a robot of its size and as it was trained.

    Raises UserError if the policy was never trained for a command like the one given.
    """
    commands = source.config.env.commands
    if given is None:
        speed = WALKING * scale_of(load_robot(source.config.robot, "flat")).pace
        return min(speed, max(commands.forward[1], 0.0)), 0.0, 0.0
    ranges = (("forward", commands.forward), ("to the left", commands.sideways), ("yaw rate", commands.yaw_rate))
    for value, (name, (low, high)) in zip(given, ranges, strict=True):
        if not min(low, 0.0) <= value <= max(high, 0.0):
            raise UserError(f"--command: {name} {value:g} is outside of what was trained, {low:g} to {high:g}")
    return given
