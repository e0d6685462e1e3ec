"""`wildrobot replay` as a file, `playground_amp/replay.py`; what it does is in `cli/replay.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.replay import main

if __name__ == "__main__":
    run_command(main)
