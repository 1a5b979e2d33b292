"""A table of any length that holds only the rows near the screen."""
