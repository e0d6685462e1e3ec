"""`wildrobot compare` as a file, `playground_amp/compare.py`; what it does is in `cli/compare.py`."""

from playground_amp.cli.compare import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main)
