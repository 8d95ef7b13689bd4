"""Parts of Oreline that somebody else makes."""
