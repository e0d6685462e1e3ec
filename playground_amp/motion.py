"""`wildrobot motion` as a file, `playground_amp/motion.py`; what it does is in `cli/motion.py`."""

from playground_amp.cli.motion import main
from playground_amp.cli.parser import run_command

if __name__ == "__main__":
    run_command(main)
