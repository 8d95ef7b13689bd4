"""Page of a hole: one HTML file with its mosaics, plots down the hole, intervals, verdicts, and provenance."""
