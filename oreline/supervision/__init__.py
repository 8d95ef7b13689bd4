"""Supervision: a line's processes from their check to their end, and what a cut-short run left."""
