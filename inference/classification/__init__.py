"""Classification: from spectra to labels, by a signed model."""
