"""Training: the loop, PPO, saved state."""
