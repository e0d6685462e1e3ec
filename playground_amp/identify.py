"""`wildrobot identify` as a file, `playground_amp/identify.py`; what it does is in `cli/identify.py`."""

from playground_amp.cli.identify import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main)
