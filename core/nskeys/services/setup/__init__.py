"""Setting up: the first start, and destinations."""
