"""A servo's constants from logs of its motion on the bench."""
