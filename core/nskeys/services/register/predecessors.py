"""The server keys that this server had before its present one, and whose key signed a backup.

The checkpoint names them, under the present key. Whoever changes the server key signs anew what held under
the one before, so that a stolen key of an earlier day can add nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, sign, verify
from nskeys.errors import NewerVersion
from nskeys.model.checkpoint import Checkpoint, Predecessor, from_text
from nskeys.model.register import Signer
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Malformed
from nskeys.model.statements import (
    Statement,
    StatementKind,
    document_of,
    from_text as statement_from,
    to_text,
)
from nskeys.ports import CmdbChange, CmdbView, SignedStatement
from nskeys.services.installation import Installation
from nskeys.services.settling import LABEL

if TYPE_CHECKING:
    from nskeys.model.backup import BackupFacts
    from nskeys.model.database_copy import CopyFacts


class ServerKeys(NamedTuple):
    """The server keys that vouch here."""

    public: bytes | None
    """The present one's public half, 32 bytes; None on a machine without a server key."""
    predecessors: tuple[Predecessor, ...] = ()
    """The earlier ones, the newest first."""

    def signer(self, facts: BackupFacts | CopyFacts) -> Signer:
        """Return whose key signed an archive with these facts, whose signature was checked."""
        if self.public is None:
            return Signer.UNKNOWN
        if facts.server_public == self.public:
            return Signer.THIS_SERVER
        upto = {one.server_key: one.upto for one in self.predecessors}.get(facts.server_key)
        if upto is None:
            return Signer.OTHER_SERVER
        return Signer.PREDECESSOR if facts.number <= upto else Signer.REPLACED


def server_keys(installation: Installation) -> ServerKeys:
    """Return the server keys that vouch on this machine."""
    public = installation.server_public()
    if public is None or not installation.cmdb.exists():
        return ServerKeys(public)
    with installation.cmdb.reading() as view:
        return server_keys_in(view, public)


def server_keys_in(view: CmdbView, public: bytes) -> ServerKeys:
    """Return `public` and the keys before it that the checkpoint under it names."""
    checkpoint = checkpoint_by(view, public)
    named = () if checkpoint is None else checkpoint.predecessors
    return ServerKeys(public, tuple(reversed(named)))


def checkpoint_by(view: CmdbView, public: bytes) -> Checkpoint | None:
    """Return the CMDB's checkpoint; None where the owner of `public` did not sign it, or it is that of
    another CMDB."""
    stored = view.checkpoint()
    if stored is None or not verify(public, LABEL, stored.text.encode("utf-8"), stored.signature):
        return None
    with suppress(Malformed, NewerVersion):
        checkpoint = from_text(stored.text)
        return checkpoint if checkpoint.cmdb_id == view.cmdb_id else None
    return None


def statements(view: CmdbView, public: bytes) -> Iterator[tuple[SignedStatement, Statement]]:
    """Yield what the owner of `public` stated about the server keys of this CMDB, the newest first."""
    for row in reversed(view.statements()):
        with suppress(ValueError):
            statement = statement_from(StatementKind(row.label), row.text)
            signed = verify(public, row.label, row.text.encode("utf-8"), row.signature)
            if signed and statement.cmdb_id == view.cmdb_id:
                yield row, statement


def restored_at(view: CmdbView, public: bytes | None) -> datetime | None:
    """Return when the owner of `public` took this CMDB over by a restore; None where none was stated."""
    found = () if public is None else statements(view, public)
    return next((one.moment for _, one in found if one.kind is StatementKind.RESTORED), None)


def state(
    change: CmdbChange,
    statement: Statement,
    server_key: SecretBytes,
    predecessor: SecretBytes | None = None,
) -> None:
    """Write a statement, signed by the new server key and, where it is at hand, by the one before."""
    label = statement.kind.value
    if predecessor is not None:
        crossed = sign(predecessor, label, document_of(statement))
        statement = statement._replace(cross_signature=crossed)
    text = to_text(statement)
    change.add_statement(
        SignedStatement(change.number, label, text, sign(server_key, label, text.encode("utf-8")))
    )


def thumbprint_of(server_key: SecretBytes) -> str:
    """Return the thumbprint of a server key."""
    return server_thumbprint(public_of(server_key))
