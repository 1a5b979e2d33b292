"""The words of `nskeys demo`."""

PASSWORD = "seven red kites"  # of backups that are gone when the demo is left
HINT = "it stands on the demo's first screen"
TITLE = "nskeys demo"
BANNER = "Demo: made-up data, nothing stays."
OPENS = f'Its backups open with "{PASSWORD}".'
NO_FOLDER = "nskeys: the demo has no place for its folder; make /dev/shm or TMPDIR writable.\n"
