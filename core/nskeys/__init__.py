"""nskeys: a Notification Server's keys, their backups, and what would come back."""

__version__ = "1.0.0"
