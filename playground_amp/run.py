"""`wildrobot run` as a file, `playground_amp/run.py`; what it does is in `cli/run.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.run import main

if __name__ == "__main__":
    run_command(main, computes=False)
