"""Drills: a backup is proven without restoring it, and the diary says how far it came."""
