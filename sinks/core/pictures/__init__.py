"""Pictures and pages of a hole: mosaics by depth, its boxes as they were scanned, and one page of all that is known."""
