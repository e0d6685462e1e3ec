"""`wildrobot evaluate` as a file, `playground_amp/evaluate.py`; what it does is in `cli/evaluate.py`."""

from playground_amp.cli.evaluate import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main)
