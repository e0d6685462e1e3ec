"""`wildrobot robot` as a file, `playground_amp/robot.py`; what it does is in `cli/robot.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.robot import main

if __name__ == "__main__":
    run_command(main)
