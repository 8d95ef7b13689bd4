"""Raw recordings: the counts of a camera as they came, with dark, white, and an account of every line."""
