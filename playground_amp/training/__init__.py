"""Training: the loop, PPO, saved state."""

from playground_amp.physics import quiet_mjx  # noqa: F401  (before Brax)
