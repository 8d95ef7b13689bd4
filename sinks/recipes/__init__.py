"""Recipes by name and version: kept in files, written in words, tried on stones that have passed."""
