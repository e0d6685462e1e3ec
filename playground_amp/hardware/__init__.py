"""The robot's end: its serial lines, IMU and switches, and what is known of one robot as it is built.

It runs on the robot's computer, with NumPy and pyserial alone: no JAX, no MuJoCo, no pydantic, no PyYAML.
"""
