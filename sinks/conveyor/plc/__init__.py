"""The PLC: rows of valves to it, its state from it."""
