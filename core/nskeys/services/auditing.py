"""The audit trail, read and checked."""

from collections.abc import Iterator
from dataclasses import dataclass

from nskeys.crypto.signing import verify
from nskeys.model.audit import AuditEntry, AuditHead, first_digest, next_digest
from nskeys.services.installation import Installation, head_document

_PAGE = 1_000


@dataclass(frozen=True, slots=True)
class AuditVerdict:
    """Whether the trail is whole: the first broken line (None: none), and the last signed head."""

    lines: int
    broken_at: int | None
    signed_lines: int | None
    """How many lines the last good signature covers; None where there is none."""

    @property
    def whole(self) -> bool:
        """Nothing was cut or edited, as far as signatures can tell."""
        return self.broken_at is None and (self.signed_lines is not None or self.lines == 0)


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
        with self._installation.cmdb.reading() as view:
            head = view.audit_head()
            page = view.audit_entries(max(0, head.count - count), count)
        return tuple(reversed(page))

    def verify(self) -> AuditVerdict:
        """Recompute the chain, compare it with the stored head and the signed one."""
        installation = self._installation
        cmdb_id = installation.cmdb.cmdb_id()
        with installation.cmdb.reading() as view:
            head, signed = view.audit_head(), view.audit_signature()
        digest, count, broken = first_digest(cmdb_id), 0, None
        at_signed: bytes | None = digest if signed and signed[0].count == 0 else None
        for entry in self.entries():
            digest = next_digest(digest, entry.line)
            count += 1
            if broken is None and (entry.digest != digest or entry.number != count):
                broken = count
            if signed and count == signed[0].count:
                at_signed = digest
        if broken is None and (count != head.count or digest != head.digest):
            broken = count
        trusted = signed is not None and at_signed == signed[0].digest and self._signed(cmdb_id, *signed)
        return AuditVerdict(
            lines=count,
            broken_at=broken,
            signed_lines=signed[0].count if signed and trusted else None,
        )

    def _signed(self, cmdb_id: str, head: AuditHead, signature: bytes) -> bool:
        public = self._installation.key_store.server_public()
        return public is not None and verify(public, "audit", head_document(cmdb_id, head), signature)
