"""The menu: everything that the first screen has no key for, in a few words each."""

ENTRIES = (
    ("register", "Register", "every backup, where it is, how far it was proven"),
    ("destinations", "Destinations", "where backups go, and whether that helps"),
    ("restore", "Restore", "bring keys back from a backup"),
    ("verify", "Verify", "open every credential with the keys of this server"),
    ("keys", "Keys", "every key, and which backups hold it"),
    ("re_entry", "Re-entry", "what did not come back, to enter again"),
    ("runbook", "Runbook", "what to do when it died, to print"),
    ("import", "Import", "credentials from a password manager's export"),
    ("identity", "Recovery identity", "who opens backups that a timer makes"),
    ("custodians", "Custodians", "several people who open the backups together"),
    ("prune", "Prune", "old copies of backups, and which may go"),
    ("protection", "Protector", "what binds the keys to this machine"),
    ("schedule", "Schedule", "what backs up and checks by itself"),
    ("audit", "Audit trail", "who changed what, and whether the trail is whole"),
)
"""A token, a name, and what is behind it."""
