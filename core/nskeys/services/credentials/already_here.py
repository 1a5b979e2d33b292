"""Which rows of an import are here already: found by name, compared by every field and the secret."""

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from nskeys.crypto.sealing import Sealer
from nskeys.errors import NoSuchKey, SealDoesNotOpen
from nskeys.model.credentials import (
    Credential,
    CredentialFields,
    CredentialKind,
    SealedCredential,
    UnreadableCredential,
)
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import CmdbView, OpenKeyStore
from nskeys.services.credentials.import_rules import PlannedRow, with_group

_NUMBERED = re.compile(r" \(\d+\)$")


class TakenNames:
    """The names that an earlier import of a row may have given it."""

    def __init__(self, taken: Iterable[tuple[str, str]]) -> None:
        self._by_base: dict[tuple[str, str], list[str]] = {}
        for kind, name in sorted(taken):
            for base in {name, _NUMBERED.sub("", name)}:
                self._by_base.setdefault((kind, base), []).append(name)

    def of(self, row: PlannedRow) -> Iterator[tuple[str, str]]:
        """Yield the kind and name of each, those of the title first."""
        kind, title = row.fields.kind.value, row.fields.name
        for base in dict.fromkeys((title, with_group(title, row.group))):
            for name in self._by_base.get((kind, base), ()):
                yield kind, name


class AlreadyHere:
    """The credentials of those names, opened once, their secrets kept as digests under a key of this run.
    Each answers for one row only."""

    def __init__(self, rows: Sequence[PlannedRow], names: TakenNames) -> None:
        self._names = names
        self._wanted = {reference for row in rows for reference in names.of(row)}
        self._here: dict[tuple[str, str], tuple[Credential, bytes]] = {}
        self._key = os.urandom(32)
        self._sealers: dict[Kid, Sealer] = {}

    def __bool__(self) -> bool:
        return bool(self._wanted)

    def open(self, view: CmdbView, keys: OpenKeyStore, cmdb_id: str) -> None:
        """Look all of them up. A credential that does not open counts as absent, and one that cannot be
        read is passed over; their names are taken all the same."""
        for kind, name in self._wanted:
            found = view.named(CredentialKind(kind), name)
            stored = None if found is None else view.credential(found.credential_id)
            if stored is None or isinstance(stored.credential, UnreadableCredential):
                continue
            self._here[kind, name] = (stored.credential, self._opened(stored, keys, cmdb_id))

    def _opened(self, stored: SealedCredential, keys: OpenKeyStore, cmdb_id: str) -> bytes:
        credential = stored.credential
        try:
            sealer = self._sealers.get(credential.kid) or Sealer(
                cmdb_id, credential.kid, keys.key(credential.kid)
            )
            self._sealers[credential.kid] = sealer
            with sealer.open(stored) as secret:
                return self._digest(secret)
        except (NoSuchKey, SealDoesNotOpen):
            return b""

    def same(self, row: PlannedRow) -> Credential | None:
        """Return the one that equals the row in every field and the secret."""
        wanted = self._digest(row.secret)
        return self._claim(
            row, lambda here, digest: _values(here.fields) == _values(row.fields) and digest == wanted
        )

    def changed(self, row: PlannedRow) -> Credential | None:
        """Return the one that the row would change: both say the same target and account, or else one of
        them."""
        mine = row.fields
        return self._claim(
            row, lambda here, _: (here.fields.target, here.fields.account) == (mine.target, mine.account)
        ) or self._claim(
            row, lambda here, _: here.fields.target == mine.target or here.fields.account == mine.account
        )

    def _claim(self, row: PlannedRow, answers: Callable[[Credential, bytes], bool]) -> Credential | None:
        for reference in self._names.of(row):
            here = self._here.get(reference)
            if here is not None and answers(*here):
                del self._here[reference]
                return here[0]
        return None

    def _digest(self, secret: SecretBytes) -> bytes:
        return hashlib.blake2b(secret.reveal(), key=self._key).digest()


def _values(fields: CredentialFields) -> tuple[str, str, str]:
    return fields.target, fields.account, fields.note
