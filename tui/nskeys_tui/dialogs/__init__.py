"""Screens on top of a screen that return one answer. Their texts are given to them."""
