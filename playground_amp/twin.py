"""`wildrobot twin` as a file, `playground_amp/twin.py`; what it does is in `cli/twin.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.twin import main

if __name__ == "__main__":
    run_command(main)
