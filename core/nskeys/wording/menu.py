"""The menu: everything that the first screen has no key for, in a few words each."""

ENTRIES = (
    ("register", "Register", "every backup, its place and its proof"),
    ("destinations", "Destinations", "where backups go, and whether that helps"),
    ("restore", "Restore", "bring keys back from a backup"),
    ("verify", "Verify", "open every credential with the keys here"),
    ("keys", "Keys", "every key, and which backups hold it"),
    ("re_entry", "Re-entry", "what did not come back, to enter again"),
    ("runbook", "Runbook", "what to do when the server died, to print"),
    ("import", "Import", "credentials out of a password manager"),
    ("identity", "Recovery", "who opens backups that a timer makes"),
    ("custodians", "Custodians", "several people who open backups together"),
    ("prune", "Prune", "old copies of backups, and which may go"),
    ("protection", "Protector", "what binds the keys to this machine"),
    ("schedule", "Schedule", "what backs up and checks by itself"),
    ("audit", "Audit trail", "who changed what; is the list whole"),
)
"""A token, a name, and what is behind it, in words that fit beside it on 60 columns."""
