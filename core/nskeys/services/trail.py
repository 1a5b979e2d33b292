"""The chain of the audit trail, recomputed from its lines, and what a person accepted of it.

A statement `accepted` carries the head that was signed, the one that was found, and the hash to which the
lines led as they then were. So what was edited before it is told apart from what is edited later.
"""

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import NamedTuple

from nskeys.crypto.signing import verify
from nskeys.errors import Mismatch, NewerVersion
from nskeys.model.audit import AuditEntry, AuditHead, first_digest, next_digest
from nskeys.model.signed_json import Fields, Json, parse
from nskeys.model.statements import TEXT_LIMIT
from nskeys.ports import CmdbView
from nskeys.reasons import MismatchKind, Versioned

ACCEPTED = "accepted"
_VERSION = 1
"""What the server key signs a statement of an acceptance as."""
LINES_LIMIT = 20_000
"""Lines that are read at every look at the state; of a longer trail only the end is compared."""
_PAGE = 1_000


class AcceptedTrail(NamedTuple):
    """The trail as a person accepted it, in the change with this number."""

    number: int
    found: AuditHead
    """Where the trail went on from."""
    lines: bytes
    """The hash to which the lines led."""
    as_signed: bool
    """Whether the head was that of the checkpoint, and the lines led to it."""


class Chain:
    """The chain recomputed from the lines, ignoring the digests stored beside them; it goes on from a head
    that was accepted where the lines up to there are those that were accepted."""

    def __init__(self, first: bytes, accepted: Sequence[AcceptedTrail] = ()) -> None:
        self.digests = [first]
        self.broken_at: int | None = None
        self.excused = 0
        """The last change by which another trail than the signed one was accepted: what archives say that
        were made before it contradicts nothing."""
        self._accepted: dict[int, list[AcceptedTrail]] = {}
        for one in accepted:
            self._accepted.setdefault(one.found.count, []).append(one)

    @property
    def count(self) -> int:
        return len(self.digests) - 1

    def follow_all(self, entries: Iterable[AuditEntry]) -> None:
        """Add lines, oldest first. Every change follows all of them twice."""
        digests, was_accepted, digest = self.digests, self._accepted, self.digests[-1]
        for number, line, stored in entries:
            digest = next_digest(digest, line)
            digests.append(digest)
            if (stored != digest or number != len(digests) - 1) and self.broken_at is None:
                self.broken_at = self.count
            if number in was_accepted:
                for accepted in was_accepted[number]:
                    if accepted.lines == digest:
                        self._go_on_from(accepted)
                digest = digests[-1]

    def follow(self, entry: AuditEntry) -> None:
        """Add one more line."""
        self.follow_all([entry])

    def _go_on_from(self, accepted: AcceptedTrail) -> None:
        # Where lines were taken out, fewer were followed than their numbers say.
        self.digests += [b""] * (accepted.found.count - self.count)
        self.digests[accepted.found.count] = accepted.found.digest
        self.broken_at = None
        if not accepted.as_signed:
            self.excused = max(self.excused, accepted.number)

    def holds(self, head: AuditHead) -> bool:
        """Return whether the trail once ended with this head."""
        return head.count <= self.count and self.digests[head.count] == head.digest

    def agrees(self, number: int, head: AuditHead) -> bool:
        """Return whether the trail ended with this head at the change with this number, or another trail
        was accepted since."""
        return number < self.excused or self.holds(head)

    def ends_with(self, head: AuditHead) -> None:
        """Note that the lines are broken where they do not lead to the stored head."""
        if self.broken_at is None and (self.count, self.digests[-1]) != (head.count, head.digest):
            self.broken_at = self.count


def chain_of(view: CmdbView, public: bytes | None) -> Chain:
    """Return a chain without lines, with what the owner of `public` stated to be accepted."""
    return Chain(first_digest(view.cmdb_id), () if public is None else _accepted(view, public))


def followed(view: CmdbView, public: bytes | None, stated: CmdbView | None = None) -> Chain:
    """Return the chain of all lines. What was accepted is told by `stated`, where that is another database
    of the CMDB."""
    chain, after = chain_of(stated or view, public), 0
    while page := view.audit_entries(after, _PAGE):
        chain.follow_all(page)
        after = page[-1].number
    chain.ends_with(view.audit_head())
    return chain


def broken_line(view: CmdbView, public: bytes | None, limit: int | None = LINES_LIMIT) -> int | None:
    """Return the first line that is not what was written; None where all lead to the stored head, or where
    there are more than `limit`."""
    if limit is not None and view.audit_head().count > limit:
        return None
    return followed(view, public).broken_at


def with_line(mismatches: Sequence[Mismatch], line: int | None) -> tuple[Mismatch, ...]:
    """Return the mismatches with the first line of the audit trail that is broken, unless its end tells
    already, or a change went on beside it."""
    told = (MismatchKind.AUDIT, MismatchKind.AUDIT_LINE)
    if line is None or any(one.what in told for one in mismatches):
        return tuple(mismatches)
    return (*mismatches, Mismatch(MismatchKind.AUDIT_LINE, "", str(line)))


def trail_document(signed: AuditHead, found: AuditHead, lines: bytes) -> Mapping[str, Json]:
    """Return what a statement says of the trail that is accepted."""
    return {"expected": _document(signed), "found": _document(found), "lines": lines.hex()}


def _document(head: AuditHead) -> Mapping[str, Json]:
    return {"count": head.count, "head": head.digest.hex()}


def _accepted(view: CmdbView, public: bytes) -> list[AcceptedTrail]:
    found = []
    for row in view.statements():
        signed = row.label == ACCEPTED and verify(public, ACCEPTED, row.text.encode(), row.signature)
        if signed:
            with suppress(ValueError):
                found.append(read_accepted(row.text, view.cmdb_id))
    return found


def read_accepted(text: str, cmdb_id: str) -> AcceptedTrail:
    """Return what a statement says of the trail. Raises NewerVersion, and ValueError for one of another
    CMDB."""
    fields = Fields(parse(text.encode("utf-8"), TEXT_LIMIT))
    if (version := fields.integer("version", lowest=1)) > _VERSION:
        raise NewerVersion(Versioned.CHECKPOINT, version, _VERSION)
    if fields.hexadecimal("cmdb_id", 32) != cmdb_id:
        raise ValueError("a statement of another CMDB")
    audit = fields.fields("audit")
    expected, found = _head(audit.fields("expected")), _head(audit.fields("found"))
    lines = bytes.fromhex(audit.hexadecimal("lines", 64))
    as_signed = expected == found and lines == found.digest
    return AcceptedTrail(fields.integer("number", lowest=1), found, lines, as_signed)


def _head(fields: Fields) -> AuditHead:
    return AuditHead(fields.integer("count"), bytes.fromhex(fields.hexadecimal("head", 64)))
