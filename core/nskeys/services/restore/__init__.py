"""Restoring: a plan, all or nothing, a proof, and the list of what must be re-entered."""
