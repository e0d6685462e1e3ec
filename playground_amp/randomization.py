"""`wildrobot randomization` as a file, `playground_amp/randomization.py`; what it does is in `cli/randomization.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.randomization import main

if __name__ == "__main__":
    run_command(main)
