"""The audit trail, read and checked."""

import hashlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from nskeys.archive.bounds import ARCHIVE_LIMIT
from nskeys.archive.inspection import inspect
from nskeys.archive.opening import signed_by
from nskeys.crypto.signing import verify
from nskeys.errors import NskeysError
from nskeys.model.audit import AuditEntry, AuditHead, first_digest, next_digest
from nskeys.model.register import BackupCopy
from nskeys.services.installation import Installation, head_document
from nskeys.services.vouching import vouched

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the trail is whole: the first broken line (None: none), and the last signed head."""

    lines: int
    broken_at: int | None
    signed_lines: int | None
    """How many lines the last good signature covers; None where there is none."""
    contradicted_by: tuple[str, ...] = ()
    """Addresses of backups that carry a head which is not in the trail: it was cut, or put back."""

    @property
    def whole(self) -> bool:
        """Nothing was cut or edited, as far as signatures can tell."""
        signed = self.signed_lines is not None or self.lines == 0
        return self.broken_at is None and signed and not self.contradicted_by


class AuditService:
    """Lists lines and checks the chain. Unlocks nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def entries(self) -> Iterator[AuditEntry]:
        """Every line, oldest first."""
        after = 0
        while True:
            with self._installation.cmdb.reading() as view:
                page = view.audit_entries(after, _PAGE)
            if not page:
                return
            yield from page
            after = page[-1].number

    def latest(self, count: int) -> tuple[AuditEntry, ...]:
        """The last `count` lines, newest first."""
        return self.window(0, count)

    def total(self) -> int:
        """How many lines there are."""
        with self._installation.cmdb.reading() as view:
            return view.audit_head().count

    def window(self, first: int, count: int) -> tuple[AuditEntry, ...]:
        """Lines `first` to `first + count - 1` of the list that begins with the newest (number 0)."""
        with self._installation.cmdb.reading() as view:
            last = view.audit_head().count - first
            after = max(0, last - count)
            page = view.audit_entries(after, max(0, last - after))
        # Where lines were cut out, what follows belongs to the page before.
        return tuple(entry for entry in reversed(page) if entry.number <= last)

    def verify(self) -> AuditVerdict:
        """Recompute the chain; compare it with the stored head, the signed one, and the heads that this
        server's backups carry, as far as they can be read now.

        Whoever can write to the database can cut lines and put an older signed head back: then only a
        backup that was made later tells."""
        installation = self._installation
        cmdb_id, public = installation.cmdb.cmdb_id(), installation.server_public()
        with installation.cmdb.reading() as view:
            head, signed = view.audit_head(), view.audit_signature()
            copies = vouched(view, public)
        witnesses = self._witnesses(copies, public, cmdb_id)
        wanted = {witness.count for witness in witnesses.values()} | {0}
        if signed is not None:
            wanted.add(signed[0].count)
        digest, count, broken = first_digest(cmdb_id), 0, None
        found = {0: digest}
        for entry in self.entries():
            if count == head.count:
                break  # written since we began to look
            digest = next_digest(digest, entry.line)
            count += 1
            if broken is None and (entry.digest != digest or entry.number != count):
                broken = count
            if count in wanted:
                found[count] = digest
        if broken is None and (count, digest) != (head.count, head.digest):
            broken = count
        trusted = signed is not None and _is_in(signed[0], found) and _signed(public, cmdb_id, *signed)
        return AuditVerdict(
            lines=count,
            broken_at=broken,
            signed_lines=signed[0].count if signed and trusted else None,
            contradicted_by=tuple(place for place, told in witnesses.items() if not _is_in(told, found)),
        )

    def _witnesses(
        self, copies: tuple[BackupCopy, ...], public: bytes | None, cmdb_id: str
    ) -> Mapping[str, AuditHead]:
        """The head that each backup of this CMDB carries under the server key's signature, by address.
        Retiring a backup is how a person says that an older database was put back for a reason."""
        found = {}
        for copy in copies:
            own = copy.signed and copy.retired is None and copy.backup.cmdb_id == cmdb_id
            head = self._head_in(copy, public) if own and public is not None else None
            if head is not None:
                found[copy.address] = head
        return found

    def _head_in(self, copy: BackupCopy, public: bytes) -> AuditHead | None:
        try:
            destination, name = self._installation.destinations.source(copy.address)
            data = destination.read(name, min(copy.backup.size, ARCHIVE_LIMIT))
            manifest = inspect(copy.address, data).manifest
        except NskeysError:
            return None  # a copy that is gone or damaged says nothing; the register tells that
        same = hashlib.sha256(data).hexdigest() == copy.backup.archive_sha256
        if manifest is None or not same or not signed_by(manifest.facts, manifest.signature, public):
            return None
        return manifest.facts.audit


def _is_in(head: AuditHead, found: Mapping[int, bytes]) -> bool:
    return found.get(head.count) == head.digest


def _signed(public: bytes | None, cmdb_id: str, head: AuditHead, signature: bytes) -> bool:
    return public is not None and verify(public, "audit", head_document(cmdb_id, head), signature)
