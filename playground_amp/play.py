"""`wildrobot play` as a file, `playground_amp/play.py`; what it does is in `cli/play.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.play import main

if __name__ == "__main__":
    run_command(main)
