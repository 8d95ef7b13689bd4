"""Has what others have."""
