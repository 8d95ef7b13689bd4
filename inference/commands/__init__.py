"""Commands of `oreline calibrate`."""
