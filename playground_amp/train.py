"""`wildrobot train` under the path that the training guide names; what it does is in `cli/train.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.train import main

if __name__ == "__main__":
    run_command(main)
