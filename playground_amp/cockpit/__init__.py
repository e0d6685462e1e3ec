"""A page in the browser where the robot walks as the visitor steers it."""
