"""Features of absorption: wavelength and depth of a mineral's bands, of any spectrum and of a line at its rate."""
