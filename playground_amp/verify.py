"""`wildrobot verify` as a file, `playground_amp/verify.py`; what it does is in `cli/verify.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.verify import main

if __name__ == "__main__":
    run_command(main)
