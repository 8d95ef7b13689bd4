"""Training: from laboratory spectra to a signed model."""
