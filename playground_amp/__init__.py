"""WildRobot: training, judging and deploying walking policies."""

__version__ = "0.2.0"
