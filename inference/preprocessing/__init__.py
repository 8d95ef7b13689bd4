"""Preprocessing: from reflectance to what a network reads."""
