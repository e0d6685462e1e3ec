"""From anybody's model of a biped to a robot's folder: reading it, knowing its parts, writing it in normal form."""
