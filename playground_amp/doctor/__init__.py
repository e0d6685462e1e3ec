"""The doctor: excludes, before a step is spent, the mistakes that make a motion prior fail."""
