"""Can a robot do that? The gates a clip passes before anybody learns from it."""
