"""Reference motion of this robot. Not named `motion`: the command motion.py would hide a package of that name."""
