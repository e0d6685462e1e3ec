"""`wildrobot report` as a file, `playground_amp/report.py`; what it does is in `cli/report.py`."""

from playground_amp.cli.parser import run_command
from playground_amp.cli.report import main

if __name__ == "__main__":
    run_command(main)
