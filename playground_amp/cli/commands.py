"""The commands of `wildrobot`: its help, its completion and its dispatch follow from this table. Cheap to import."""

from typing import NamedTuple


class Command(NamedTuple):
    """`wildrobot <name>`: `main` of `cli/<name>.py`."""

    name: str
    summary: str
    has_script: bool = True  # playground_amp/<name>.py does the same: such are the paths of the training guide
    computes: bool = True  # with JAX, as far as it gets that far


COMMANDS = (
    Command("play", "watch and steer a walking robot in the browser, or film it"),
    Command("train", "train a robot to walk"),
    Command("evaluate", "judge a trained policy by a gate, or in another simulator"),
    Command("verify", "judge a policy of others anew and hold it against its card"),
    Command("report", "make the report of a run, one HTML file"),
    Command("export", "write a policy as a bundle that runs on the robot with NumPy alone"),
    Command("twin", "a twin of the robot behind serial ports: servos and IMU that answer, MuJoCo's body"),
    Command("calibrate", "find a real robot's servo ids, directions, zeros and IMU axes", computes=False),
    Command("run", "run a policy on the robot itself, from checks to limp servos", computes=False),
    Command("compare", "hold a robot's log against the simulation: the gap, and its likely cause"),
    Command("motion", "reference motion: generate, import, check, show, record"),
    Command("robot", "your own robot: inspect its model, make a robot's folder of it"),
    Command("identify", "a servo's constants from logs of its motion on the bench"),
    Command("randomization", "list what training draws for its robots"),
    Command("doctor", "look for what makes a motion prior fail, before a step is spent"),
    Command("replay", "replay the control step that led to numbers that went bad"),
    Command("completion", "print what completes commands and flags in your shell", has_script=False),
)


def find_command(name: str) -> Command | None:
    """The command of that name, if there is one."""
    return next((command for command in COMMANDS if command.name == name), None)
