"""Rendering: a scene as a recording, its truth and its preview."""
