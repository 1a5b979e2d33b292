"""What a runbook says: this server, its backups, and what opens them. It holds no secret."""

from dataclasses import dataclass
from datetime import datetime

from nskeys.model.database_register import DatabaseCopy
from nskeys.model.findings import Finding
from nskeys.model.recoverability import Totals
from nskeys.model.recovery import NO_RECOVERY, Recovery
from nskeys.model.register import BackupCopy


@dataclass(frozen=True, slots=True)
class Runbook:
    """The facts for a person who has never seen this server, as of one moment."""

    server: str
    home: str
    cmdb_id: str
    cmdb: str
    """`SQLite` or `PostgreSQL`."""
    cmdb_address: str
    """The path or URL, without any password."""
    cmdb_url: str
    """The URL as it is configured; empty for the file in the home."""
    protector: str
    server_key: str
    """Thumbprint of the server key, 64 hex digits: backups are signed by it, and a restore on another
    machine asks for it."""
    reader_sha256: str
    """Of `open_kms.py`, which lies in every archive; 64 hex digits."""
    kinds: tuple[tuple[str, int], ...]
    totals: Totals
    good: tuple[BackupCopy, ...]
    """Copies that would bring keys back, newest first."""
    others: tuple[BackupCopy, ...]
    """Copies that do not count now, newest first; retired ones and those that nobody vouches for are
    left out."""
    taken: datetime
    """When all of this was checked."""
    earlier: tuple[str, ...] = ()
    """Thumbprints of the server keys before it, which signed older backups; the newest first."""
    protector_uri: str = ""
    """The URI of the token that binds the keys; empty for every other protector."""
    findings: tuple[Finding, ...] = ()
    """What was wrong with the server then."""
    databases: tuple[DatabaseCopy, ...] = ()
    """Database copies that would bring rows back, newest first."""
    recovery: Recovery = NO_RECOVERY
    """The recovery identities, so that a recipient has a name."""
    source: str = ""
    """Where nskeys is to be had, as a person set it; empty where nobody did."""
