"""Scenes: the settings of what passes before the camera."""
