"""What `oreline core` does, a file a command."""
