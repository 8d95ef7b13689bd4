"""The core log while a line runs: which box passes, its scan written down, and what is made of it beside the line."""
