"""References: taken, checked, kept and found again."""
