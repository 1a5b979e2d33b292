"""nskeys: a Notification Server's keys, their backups, and what would come back."""
