"""The copy keys of a generation: `store/<n>/copy-keys/<kid>.json`, files that never change.

Each is `{kid, created, wrapped}`, laid out and wrapped as a credential key's. What names a copy key is the
thumbprint of its public half, so neither passes for the other.
"""

from pathlib import Path
from typing import NamedTuple

from nskeys import files
from nskeys.errors import FileUnreadable, KeyStoreDamaged
from nskeys.model.copy_keys import CopyKey, HeldCopyKey, in_order
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import to_base64url
from nskeys.model.times import to_rfc3339
from nskeys.reasons import Problem
from nskeys.store.keystore.files import document, document_bytes, is_kid, translated

FOLDER = "copy-keys"
_SMALL = 1 << 16


class CopyKeyRecord(NamedTuple):
    """A copy key, wrapped."""

    key: CopyKey
    wrapped: bytes


def wrap_copy_key(kek: SecretBytes, store_id: str, held: HeldCopyKey) -> CopyKeyRecord:
    """Return the record of a copy key. Raises KeyStoreDamaged (`wrong_key`) where the private half does not
    fit its thumbprint."""
    from nskeys.crypto.age_primitives import x25519_public  # here, for most runs open no key
    from nskeys.crypto.keys import copy_thumbprint
    from nskeys.crypto.wrapping import wrap_key

    if copy_thumbprint(x25519_public(held.secret)) != held.key.kid:
        raise KeyStoreDamaged(held.key.kid, Problem.WRONG_KEY)
    created = to_rfc3339(held.key.created)
    return CopyKeyRecord(held.key, wrap_key(kek, store_id, held.key.kid, held.secret, created))


class CopyKeyFiles:
    """The copy keys in a generation's folder. Reading raises KeyStoreDamaged, NewerVersion,
    NotPermitted."""

    def __init__(self, generation: Path) -> None:
        self.folder = generation / FOLDER

    def path(self, kid: str) -> Path:
        """Return the file of a copy key."""
        return self.folder / f"{kid}.json"

    def kids(self) -> frozenset[str]:
        """Return the thumbprints of the copy keys that have a file with content."""
        if not files.exists(self.folder):
            return frozenset()
        stems = {name: name.removesuffix(".json") for name in _names_in(self.folder)}
        return frozenset(
            stem
            for name, stem in stems.items()
            if name != stem and is_kid(stem) and not _is_empty(self.folder / name)
        )

    def keys(self) -> tuple[CopyKey, ...]:
        """Return every copy key, oldest first."""
        return in_order([self.record(kid).key for kid in self.kids()])

    def record(self, kid: str) -> CopyKeyRecord:
        path = self.path(kid)
        fields = document(str(path), _read(path)).only("kid", "created", "wrapped")
        if fields.text("kid") != kid:
            raise KeyStoreDamaged(str(path), Problem.WRONG_KEY)
        return CopyKeyRecord(CopyKey(kid, fields.moment("created")), fields.binary("wrapped"))

    def add(self, record: CopyKeyRecord) -> None:
        """Write the file of a new copy key, durably. Needs the lock. Raises CannotCreate."""
        files.make_folder(self.folder)
        path = self.path(record.key.kid)
        if _is_empty(path):
            files.remove(path)  # safe: it has no byte, so no key is in it
        members = {
            "kid": record.key.kid,
            "created": to_rfc3339(record.key.created),
            "wrapped": to_base64url(record.wrapped),
        }
        files.write_new(path, document_bytes(members))

    def open(self, kek: SecretBytes, store_id: str, kid: str) -> HeldCopyKey:
        """Return a copy key after its thumbprint was recomputed and compared; the caller wipes it. Raises
        KeyStoreDamaged."""
        from nskeys.crypto.age_primitives import x25519_public  # here, for most runs open no key
        from nskeys.crypto.keys import copy_thumbprint
        from nskeys.crypto.wrapping import unwrap_key

        record = self.record(kid)
        try:
            secret = unwrap_key(kek, store_id, kid, record.wrapped, to_rfc3339(record.key.created))
        except KeyStoreDamaged as error:
            raise KeyStoreDamaged(str(self.path(kid)), error.problem) from None
        if copy_thumbprint(x25519_public(secret)) != kid:
            secret.wipe()
            raise KeyStoreDamaged(str(self.path(kid)), Problem.WRONG_KEY)
        return HeldCopyKey(record.key, secret)


def _names_in(folder: Path) -> list[str]:
    try:
        return list(files.names_in(folder))
    except FileUnreadable as error:
        raise translated(error) from None


def _read(path: Path) -> bytes:
    try:
        return files.read_bounded(path, _SMALL)
    except FileUnreadable as error:
        raise translated(error) from None


def _is_empty(path: Path) -> bool:
    """Return whether a kill left the file without content: nothing names that key yet."""
    try:
        return path.lstat().st_size == 0
    except OSError:
        return False
