"""Reference motion: clips of a robot, how they are made, imported, checked and looked at."""
