"""How a robot as it is built becomes a hardware file: ids, directions, zeros and IMU axes, with a person's help."""
