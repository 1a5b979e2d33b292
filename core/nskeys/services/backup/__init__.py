"""Making a backup: what goes into it, how it is encrypted, where it is due, and its upload."""
