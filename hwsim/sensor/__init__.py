"""The sensor: from light to counts."""
