"""Everything that the program can do, in groups: its key in the menu, its name, what one does there, and
other words that people use for it."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Entry:
    """A thing to do. `token` names its screen, or the app's action."""

    token: str
    key: str
    name: str
    about: str
    also: str = ""
    """What people call it besides; the palette finds it by that."""


GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    (
        "Backups",
        (
            Entry("backup", "b", "Back up", "a new backup, keys and rows", "save copy export dump write"),
            Entry(
                "restore",
                "r",
                "Restore",
                "keys and rows from a backup",
                "recover disaster bring back import",
            ),
            Entry("drill", "d", "Drill", "proof without a restore", "test try prove check password"),
            Entry("register", "l", "Register", "all backups and their proofs", "list history copies diary"),
            Entry(
                "database",
                "D",
                "Database",
                "copies of the rows",
                "sqlite postgresql cmdb rows copy copies other half declare check move",
            ),
            Entry(
                "destinations",
                "t",
                "Destinations",
                "places for backups",
                "targets storage folder share nfs sftp ssh s3 bucket default",
            ),
            Entry(
                "schedule",
                "s",
                "Schedule",
                "automatic backups and checks",
                "timer cron systemd unattended",
            ),
            Entry("prune", "p", "Prune", "removal of old backups", "retention delete clean rotate"),
        ),
    ),
    (
        "Keys",
        (
            Entry("keys", "y", "Keys", "all keys and their backups", "kid thumbprint"),
            Entry("rotate", "o", "Rotate", "a new key for everything", "rotation rekey renew reseal"),
            Entry(
                "protection",
                "w",
                "Protector",
                "protection of the keys here",
                "tpm passphrase token pin hsm pkcs11 change password",
            ),
            Entry("verify", "v", "Verify", "a test of every credential", "check open decrypt"),
            Entry("re_entry", "e", "Re-entry", "secrets to be typed again", "lost missing broken reenter"),
        ),
    ),
    (
        "People",
        (
            Entry(
                "identity",
                "i",
                "Recovery",
                "one password for all backups",
                "recovery identity recipient age password",
            ),
            Entry(
                "custodians",
                "c",
                "Custodians",
                "people who open together",
                "shares sheets shamir slip39 split four eyes",
            ),
        ),
    ),
    (
        "Server",
        (
            Entry("add", "a", "Add", "a new credential", "credential create new password secret"),
            Entry(
                "import",
                "n",
                "Import",
                "a password manager's export",
                "csv keepass bitwarden 1password vault credentials",
            ),
            Entry(
                "export",
                "x",
                "Export",
                "all credentials, encrypted",
                "age file recipients password manager move away",
            ),
            Entry(
                "audit",
                "u",
                "Audit trail",
                "changes and their authors",
                "log history who when checkpoint signed",
            ),
            Entry(
                "runbook",
                "h",
                "Runbook",
                "printed rescue instructions",
                "paper print emergency disaster plan html",
            ),
        ),
    ),
    (
        "Help",
        (
            Entry("help", "?", "Help", "the keys of the menu", "keys shortcuts manual"),
            Entry("palette", "^P", "Commands", "everything, found by name", "palette search"),
        ),
    ),
)
ENTRIES = tuple(entry for _, entries in GROUPS for entry in entries)
"""All of them, in their order. What is said fits beside the name on 60 columns."""

LIGHT_TERMINAL = "Light terminal", "colours for a light background", "theme colour color bright white dark"
DARK_TERMINAL = "Dark terminal", "colours for a dark background", "theme colour color black light"
QUIT = "Quit", "leave nskeys", "exit close end"
NOTHING_FOUND = "Nothing found. Try another word."
TYPE_A_WORD = "type a part of a name, or what it is for"
