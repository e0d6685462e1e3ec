"""`wildrobot calibrate` as a file, `playground_amp/calibrate.py`; what it does is in `cli/calibrate.py`."""

from playground_amp.cli.calibrate import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main, computes=False)
