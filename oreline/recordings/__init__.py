"""Recordings: ENVI and TIFF, read and written."""
