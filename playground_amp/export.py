"""`wildrobot export` as a file, `playground_amp/export.py`; what it does is in `cli/export.py`."""

from playground_amp.cli.export import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main)
