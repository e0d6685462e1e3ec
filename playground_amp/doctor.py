"""`wildrobot doctor` as a file, `playground_amp/doctor.py`; what it does is in `cli/doctor.py`."""

from playground_amp.cli.doctor import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main)
