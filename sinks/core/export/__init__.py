"""Files of a hole for programs that others wrote, and the names, rules and manifest that they share."""
