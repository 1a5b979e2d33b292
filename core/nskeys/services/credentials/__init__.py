"""Credentials: one at a time, page by page, imported, and verified."""
