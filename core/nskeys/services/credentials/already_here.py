"""Which rows of an import are here already: found by name, compared by every field and the secret.

What is compared is kept as digests under a key of this run: as many credentials as rows take little memory,
and each row finds its own at once, also where 50,000 have one name.
"""

import hashlib
import os
import re
from collections.abc import Container, Iterable, Iterator

from nskeys.crypto.sealing import Sealer
from nskeys.errors import NoSuchKey, SealDoesNotOpen
from nskeys.model.credentials import (
    CredentialFields,
    CredentialKind,
    SealedCredential,
    UnreadableCredential,
)
from nskeys.model.keys import Kid
from nskeys.ports import CmdbView, OpenKeyStore
from nskeys.services.credentials.import_rules import Found, PlannedRow, with_group

_NUMBERED = re.compile(r" \(\d+\)$")


class EarlierNames:
    """The names that an earlier import of a row may have given it."""

    def __init__(self, names: Iterable[tuple[str, str]], taken: Container[tuple[str, str]]) -> None:
        """`names` are those in `taken`."""
        self._taken = taken
        self._numbered: dict[tuple[str, str], list[str]] = {}
        for kind, name in names:
            if (base := _NUMBERED.sub("", name)) != name:
                self._numbered.setdefault((kind, base), []).append(name)

    def of(self, row: PlannedRow) -> Iterator[tuple[str, str]]:
        """Yield the kind and name of each, those of the title first."""
        kind, title = row.fields.kind.value, row.fields.name
        for base in dict.fromkeys((title, with_group(title, row.group))):
            if (kind, base) in self._taken:
                yield kind, base
            for name in sorted(self._numbered.get((kind, base), ())):
                yield kind, name


class AlreadyHere:
    """The credentials of those names. Each answers for one row only."""

    def __init__(self, view: CmdbView, keys: OpenKeyStore, cmdb_id: str) -> None:
        self._view = view
        self._keys = keys
        self._cmdb_id = cmdb_id
        self._key = os.urandom(32)
        self._sealers: dict[Kid, Sealer] = {}
        self._ids: list[bytes] = []
        self._claimed = set[bytes]()
        self._index: dict[bytes, list[bytes]] = {}
        """Ids by digest, the first to be claimed last."""

    def open(self, rows: Iterable[PlannedRow], names: EarlierNames) -> None:
        """Look up what rows may be here as, each once. A credential that does not open equals no row, and
        one that cannot be read is passed over; their names are taken all the same."""
        seen = set[int]()
        for row in rows:
            for kind, name in names.of(row):
                if (known := hash((kind, name))) not in seen:
                    seen.add(known)
                    self._look_up(CredentialKind(kind), name)
        self._turn()

    def same(self, row: PlannedRow) -> bool:
        """Claim one that equals the row in every field and the secret; return whether there is one."""
        return self._claim(row, _all(row.fields), row.secret.reveal()) is not None

    def forget_secrets(self) -> None:
        """From now on those that no row equalled are found by `changed`, and none by `same`."""
        self._index.clear()
        for identity in self._ids:
            if identity not in self._claimed and (stored := self._view.credential(identity.hex())):
                for values in _some(stored.credential.fields):
                    self._note(stored, values)
        self._turn()

    def changed(self, row: PlannedRow) -> Found | None:
        """Claim the one that the row would change: both say the same target and account, or else one of
        them."""
        for values in _some(row.fields):
            identity = self._claim(row, values)
            stored = None if identity is None else self._view.credential(identity.hex())
            if stored is not None:
                credential = stored.credential
                return Found(credential.credential_id, credential.fields.name, credential.number)
        return None

    def _look_up(self, kind: CredentialKind, name: str) -> None:
        found = self._view.named(kind, name)
        stored = None if found is None else self._view.credential(found.credential_id)
        if stored is None or isinstance(stored.credential, UnreadableCredential):
            return
        self._ids.append(bytes.fromhex(stored.credential.credential_id))
        secret = self._opened(stored)
        if secret is not None:
            self._note(stored, _all(stored.credential.fields), secret)

    def _opened(self, stored: SealedCredential) -> bytes | None:
        kid = stored.credential.kid
        try:
            sealer = self._sealers.get(kid) or Sealer(self._cmdb_id, kid, self._keys.key(kid))
            self._sealers[kid] = sealer
            with sealer.open(stored) as secret:
                return secret.reveal()
        except (NoSuchKey, SealDoesNotOpen):
            return None

    def _note(self, stored: SealedCredential, values: tuple[str, ...], secret: bytes = b"") -> None:
        fields, identity = stored.credential.fields, bytes.fromhex(stored.credential.credential_id)
        for base in {fields.name, _NUMBERED.sub("", fields.name)}:
            digest = self._digest(fields.kind, base, values, secret)
            self._index.setdefault(digest, []).append(identity)

    def _turn(self) -> None:
        for identities in self._index.values():
            identities.reverse()

    def _claim(self, row: PlannedRow, values: tuple[str, ...], secret: bytes = b"") -> bytes | None:
        title = row.fields.name
        for base in dict.fromkeys((title, with_group(title, row.group))):
            identities = self._index.get(self._digest(row.fields.kind, base, values, secret), [])
            while identities:
                if (identity := identities.pop()) not in self._claimed:
                    self._claimed.add(identity)
                    return identity
        return None

    def _digest(self, kind: CredentialKind, base: str, values: tuple[str, ...], secret: bytes) -> bytes:
        text = repr((kind.value, base, values)).encode("utf-8", "surrogatepass")
        made = hashlib.blake2b(len(text).to_bytes(4, "big") + text + secret, digest_size=16, key=self._key)
        return made.digest()


def _all(fields: CredentialFields) -> tuple[str, ...]:
    return "all", fields.target, fields.account, fields.note


def _some(fields: CredentialFields) -> Iterator[tuple[str, ...]]:
    yield "both", fields.target, fields.account
    yield "target", fields.target
    yield "account", fields.account
