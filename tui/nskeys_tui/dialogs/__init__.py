"""Screens on top of a screen that return one answer. They show words they were given."""
