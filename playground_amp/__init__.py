"""WildRobot: training, judging and deploying walking policies."""
