"""The audit trail, read and checked."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from nskeys.archive.inspection import inspect
from nskeys.archive.limits import ARCHIVE_LIMIT
from nskeys.archive.opening import signed_by
from nskeys.crypto.signing import verify
from nskeys.errors import NskeysError
from nskeys.model.audit import (
    Action,
    AuditEntry,
    AuditHead,
    first_digest,
    moment_of,
    next_digest,
)
from nskeys.model.backup import BackupFacts
from nskeys.model.register import BackupCopy
from nskeys.services.installation import Installation
from nskeys.services.register.signed_rows import verified_copies
from nskeys.services.transaction import head_document

_PAGE = 1_000
_RESTORED = f'"action":"{Action.RESTORED.value}"'
"""In a line that tells of a restore, and in no other: within a text, quotes are escaped."""


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the trail is whole: the first broken line (None: none), and the last signed head."""

    lines: int
    broken_at: int | None
    signed_lines: int | None
    """How many lines the last good signature covers; None where there is none."""
    contradicted_by: tuple[str, ...] = ()
    """Addresses of backups that carry a head which is not in the trail: it was cut, or put back."""
    agreeing: tuple[str, ...] = ()
    """Addresses of backups that were read, and whose head is in the trail or explained by a restore."""
    agreed_lines: int = 0
    """The highest line at which a backup found the trail to be what it was when that backup was made."""
    not_asked: tuple[str, ...] = ()
    """Addresses of backups that could contradict it, and could not be read now."""

    @property
    def intact(self) -> bool:
        """Whether nothing was cut or edited, as far as the signature and the backups that were read can
        tell. False for a trail without a signature, since the line that a set-up or a restore writes is
        signed."""
        return self.broken_at is None and self.signed_lines is not None and not self.contradicted_by

    @property
    def compared(self) -> bool:
        """Whether a backup was compared, where there is one that could contradict the trail."""
        return bool(self.agreeing or self.contradicted_by or not self.not_asked)

    @property
    def whole(self) -> bool:
        """Whether the trail is intact and was compared: an older trail with its older signature looks
        intact by itself."""
        return self.intact and self.compared


class AuditService:
    """Lists lines and checks the chain. Unlocks nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def entries(self) -> Iterator[AuditEntry]:
        """Yield every line, oldest first."""
        after = 0
        while True:
            with self._installation.cmdb.reading() as view:
                page = view.audit_entries(after, _PAGE)
            if not page:
                return
            yield from page
            after = page[-1].number

    def latest(self, count: int) -> tuple[AuditEntry, ...]:
        """Return the last `count` lines, newest first."""
        return self.window(0, count)

    def total(self) -> int:
        with self._installation.cmdb.reading() as view:
            return view.audit_head().count

    def window(self, first: int, count: int) -> tuple[AuditEntry, ...]:
        """Return lines `first` to `first + count - 1` of the list that begins with the newest (number
        0)."""
        with self._installation.cmdb.reading() as view:
            last = view.audit_head().count - first
            after = max(0, last - count)
            page = view.audit_entries(after, max(0, last - after))
        # Where lines were cut out, the read reaches into the page before: those are left out.
        return tuple(entry for entry in reversed(page) if entry.number <= last)

    def verify(self) -> AuditVerdict:
        """Recompute the chain; compare it with the stored head, the signed one, and the heads that this
        server's backups carry, as far as they can be read now.

        Whoever can write to the database can cut lines and put an older signed head back: then only a
        backup that was made later tells.
        """
        installation = self._installation
        cmdb_id, public = installation.cmdb.cmdb_id(), installation.server_public()
        with installation.cmdb.reading() as view:
            head, signed = view.audit_head(), view.audit_signature()
            copies = verified_copies(view, public)
        witnesses, not_asked = self._witnesses(copies, public, cmdb_id)
        chain = self._followed(head, cmdb_id)
        trusted = signed is not None and chain.holds(signed[0]) and _signed(public, cmdb_id, *signed)
        lines = signed[0].count if signed and trusted else None
        held = {address: facts for address, facts in witnesses.items() if chain.holds(facts.audit)}
        contradicted_by = tuple(
            address
            for address, facts in witnesses.items()
            if address not in held and not chain.begins_after(facts.created, lines or 0)
        )
        return AuditVerdict(
            lines=chain.count,
            broken_at=chain.broken_at,
            signed_lines=lines,
            contradicted_by=contradicted_by,
            agreeing=tuple(address for address in witnesses if address not in contradicted_by),
            agreed_lines=max((facts.audit.count for facts in held.values()), default=0),
            not_asked=not_asked,
        )

    def _followed(self, head: AuditHead, cmdb_id: str) -> "_Chain":
        """Follow the lines up to this head; the chain is broken where they do not lead to it."""
        chain = _Chain(first_digest(cmdb_id))
        for entry in self.entries():
            if chain.count == head.count:
                break  # written after the check began
            chain.follow(entry)
        if chain.broken_at is None and (chain.count, chain.digests[-1]) != (head.count, head.digest):
            chain.broken_at = chain.count
        return chain

    def _witnesses(
        self, copies: tuple[BackupCopy, ...], public: bytes | None, cmdb_id: str
    ) -> tuple[Mapping[str, BackupFacts], tuple[str, ...]]:
        """Return what each backup of this CMDB says under the server key's signature, by address; and the
        addresses of those that cannot be read now. A retired backup is not asked: retiring it is how a
        person says that an older database was put back on purpose."""
        found, silent = {}, []
        for copy in copies:
            if not copy.signed or copy.retired is not None or copy.backup.cmdb_id != cmdb_id:
                continue
            facts = self._facts_of(copy, public) if public is not None else None
            if facts is None:
                silent.append(copy.address)
            else:
                found[copy.address] = facts
        return found, tuple(silent)

    def _facts_of(self, copy: BackupCopy, public: bytes) -> BackupFacts | None:
        try:
            destination, name = self._installation.destinations.source(copy.address)
            data = destination.read(name, min(copy.backup.size, ARCHIVE_LIMIT))
            manifest = inspect(copy.address, data).manifest
        except NskeysError:
            return None  # a copy that is gone, damaged or out of reach proves nothing
        same = hashlib.sha256(data).hexdigest() == copy.backup.archive_sha256
        if manifest is None or not same or not signed_by(manifest.facts, manifest.signature, public):
            return None
        return manifest.facts


class _Chain:
    """The chain recomputed from the lines, ignoring the digests stored beside them."""

    def __init__(self, first: bytes) -> None:
        self.digests = [first]
        self.broken_at: int | None = None
        self._restores: list[tuple[int, datetime]] = []

    @property
    def count(self) -> int:
        return len(self.digests) - 1

    def follow(self, entry: AuditEntry) -> None:
        """Add one more line."""
        digest = next_digest(self.digests[-1], entry.line)
        self.digests.append(digest)
        if self.broken_at is None and (entry.digest != digest or entry.number != self.count):
            self.broken_at = self.count
        if _RESTORED in entry.line:
            self._restores.append((self.count, moment_of(entry.line)))

    def holds(self, head: AuditHead) -> bool:
        """Return whether the trail once ended with this head."""
        return head.count <= self.count and self.digests[head.count] == head.digest

    def begins_after(self, moment: datetime, signed_lines: int) -> bool:
        """Return whether a signed line says that keys were restored here after that moment: a restore may
        begin a new trail, or continue that of an older database."""
        return any(number <= signed_lines and restored >= moment for number, restored in self._restores)


def _signed(public: bytes | None, cmdb_id: str, head: AuditHead, signature: bytes) -> bool:
    return public is not None and verify(public, "audit", head_document(cmdb_id, head), signature)
