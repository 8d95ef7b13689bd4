"""The simulated camera: what its host sees, what it plays, and what goes wrong with it."""
