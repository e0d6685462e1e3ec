"""What a stranger's robot is and what is wrong with it, in words, with what mends it."""
