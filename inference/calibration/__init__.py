"""Calibration: from counts to reflectance, by tables that are made once a reference."""
