"""Quality control of a scanned box: pure checks of what was seen, and a verdict before the box leaves the table."""
