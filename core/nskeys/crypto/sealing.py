"""Sealing a credential's secret to its row (core/FORMAT.md, "Sealed secret").

    blob  = 0x01 | nonce(12) | AES-256-GCM ciphertext | tag(16)
    plain = UTF-8 secret | 0x80 | 0x00... to a multiple of 64
    AAD   = "nskeys/row/1" 0x00 | cmdb_id(16) | kid(32) | credential_id(16)
            | kind, name, target, account, note, each u32be length | UTF-8

The fields are authenticated with the secret, so a row that was moved, retargeted or given another
account does not open. GCM does not commit to its key (NIST SP 800-38D says nothing of two keys opening
one ciphertext): what commits is the full kid in the row and in the AAD, compared with the thumbprint of
the key when a Sealer is made.
"""

import os
from collections.abc import Iterable, Sequence
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys.crypto.keys import thumbprint
from nskeys.crypto.nonces import NONCE_SIZE, NonceSource
from nskeys.errors import FieldInvalid, KeyStoreDamaged, SealDoesNotOpen
from nskeys.model.credentials import SECRET_LIMIT, CredentialFields, CredentialKind
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FieldProblem, Problem, SealProblem

SealedRow: TypeAlias = tuple[str, str, str, str, str, str, bytes]
"""credential_id, kind, name, target, account, note, blob: a row as a database cursor gives it."""

Resealed: TypeAlias = tuple[str, bytes]
"""credential_id and its new blob."""

_PREFIX = b"nskeys/row/1\x00"
_VERSION = b"\x01"
_BODY = 1 + NONCE_SIZE
_TAG = 16
_BLOCK = 64
_SMALLEST = _BODY + _BLOCK + _TAG
_REMAINDER = (_BODY + _TAG) % _BLOCK
_LARGEST = _BODY + (SECRET_LIMIT // _BLOCK + 1) * _BLOCK + _TAG
_MARK = b"\x80"

# Almost every field is shorter than this, and looking a length up is faster than packing it.
_LENGTHS = [size.to_bytes(4, "big") for size in range(512)]
_KINDS: dict[str, bytes] = {
    kind.value: len(kind.value).to_bytes(4, "big") + kind.value.encode() for kind in CredentialKind
}
_unhex = bytes.fromhex
_join = b"".join


class Sealer:
    """Seals and opens secrets under one key of one CMDB. Safe to use from several threads."""

    def __init__(self, cmdb_id: str, kid: Kid, material: SecretBytes) -> None:
        """`cmdb_id` is 32 hex digits; `material` 32 bytes whose thumbprint must be `kid`. Raises
        KeyStoreDamaged otherwise. The caller keeps `material` and may wipe it at once."""
        if thumbprint(material) != kid:
            raise KeyStoreDamaged(kid, Problem.WRONG_KEY)
        self._kid = kid
        self._cipher = AESGCM(material.reveal())
        self._prefix = _PREFIX + _identity(cmdb_id) + bytes.fromhex(kid)
        self._nonces = NonceSource()

    @property
    def kid(self) -> Kid:
        """The id of the key."""
        return self._kid

    def __repr__(self) -> str:
        return f"Sealer({self._kid[:8]})"

    def seal(self, credential_id: str, fields: CredentialFields, secret: SecretBytes) -> bytes:
        """Return the sealed secret. Raises FieldInvalid for a secret that is too long or no UTF-8."""
        return self.seal_with(self._nonces.take(), credential_id, fields, secret)

    def seal_with(
        self, nonce: bytes, credential_id: str, fields: CredentialFields, secret: SecretBytes
    ) -> bytes:
        """Return the secret sealed under a given nonce. For test vectors only: a nonce used twice under one
        key reveals both secrets."""
        plain = _pad(secret)
        bound = (fields.kind, fields.name, fields.target, fields.account, fields.note)
        aad = self._prefix + _bound(credential_id, *bound)
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, aad)

    def open(self, credential_id: str, fields: CredentialFields, blob: bytes) -> SecretBytes:
        """Return the secret. Raises SealDoesNotOpen (`tampered`) where the row is not what was sealed."""
        f = fields
        try:
            plain, _ = self._opened(credential_id, f.kind, f.name, f.target, f.account, f.note, blob)
        except (InvalidTag, ValueError):
            raise SealDoesNotOpen(credential_id, fields.kind, fields.name, SealProblem.TAMPERED) from None
        return SecretBytes(plain.rstrip(b"\x00")[:-1])

    def opens(self, credential_id: str, fields: CredentialFields, blob: bytes) -> bool:
        """Return whether the row opens; the secret is dropped at once."""
        f = fields
        try:
            self._opened(credential_id, f.kind, f.name, f.target, f.account, f.note, blob)
        except (InvalidTag, ValueError):
            return False
        return True

    def failing(self, rows: Iterable[SealedRow]) -> list[str]:
        """Return the ids of the rows that do not open, in their order; the fastest way to try many."""
        failed = []
        opened = self._opened
        for row in rows:
            try:
                opened(*row)
            except (InvalidTag, ValueError):
                failed.append(row[0])
        return failed

    def resealed(self, old: "Sealer", rows: Sequence[SealedRow]) -> tuple[list[Resealed], list[str]]:
        """Return rows that `old` sealed, sealed under this key, and the ids of those that do not open; the
        fastest way to re-seal many. Both sealers are of one CMDB."""
        done: list[Resealed] = []
        failed: list[str] = []
        # Each is used once, in this call, so none can be handed out a second time after a fork.
        drawn = os.urandom(NONCE_SIZE * len(rows))
        encrypt, prefix = self._cipher.encrypt, self._prefix
        for at, row in enumerate(rows):
            try:
                plain, bound = old._opened(*row)
            except (InvalidTag, ValueError):
                failed.append(row[0])
                continue
            nonce = drawn[at * NONCE_SIZE : (at + 1) * NONCE_SIZE]
            done.append((row[0], _VERSION + nonce + encrypt(nonce, plain, prefix + bound)))
        return done, failed

    def _opened(
        self, credential_id: str, kind: str, name: str, target: str, account: str, note: str, blob: bytes
    ) -> tuple[bytes, bytes]:
        """Return the padded secret, and the AAD that binds it to its row; InvalidTag or ValueError.

        This is the hot path, so the AAD is written out here instead of calling `_bound`, which sealing
        uses. If the two ever differed, nothing would open.
        """
        size = len(blob)
        if size < _SMALLEST or size > _LARGEST or size % _BLOCK != _REMAINDER or blob[0] != 1:
            raise ValueError("not a sealed secret")
        name_, target_, account_, note_ = name.encode(), target.encode(), account.encode(), note.encode()
        try:
            bound = _join(
                (
                    _unhex(credential_id),
                    _KINDS[kind],
                    _LENGTHS[len(name_)],
                    name_,
                    _LENGTHS[len(target_)],
                    target_,
                    _LENGTHS[len(account_)],
                    account_,
                    _LENGTHS[len(note_)],
                    note_,
                )
            )
        except LookupError:
            bound = _bound(credential_id, kind, name, target, account, note)
        plain = self._cipher.decrypt(blob[1:_BODY], blob[_BODY:], self._prefix + bound)
        # Only a key holder can put another padding under a valid tag. It is refused all the same, so
        # that a secret has one padded form.
        if plain[-_BLOCK:].rstrip(b"\x00")[-1:] != _MARK:
            raise ValueError("not a padded secret")
        return plain, bound


def _bound(credential_id: str, *fields: str) -> bytes:
    return _identity(credential_id) + b"".join(_prefixed(text) for text in fields)


def _prefixed(text: str) -> bytes:
    data = text.encode("utf-8")
    return len(data).to_bytes(4, "big") + data


def _identity(text: str) -> bytes:
    data = bytes.fromhex(text)
    if len(data) != 16:
        raise ValueError("ids are 32 hex digits")
    return data


def _pad(secret: SecretBytes) -> bytes:
    if len(secret) > SECRET_LIMIT:
        raise FieldInvalid("secret", FieldProblem.TOO_LONG, SECRET_LIMIT)
    try:
        secret.text()
    except UnicodeDecodeError:
        raise FieldInvalid("secret", FieldProblem.NOT_TEXT) from None
    plain = secret.reveal() + _MARK
    return plain + bytes(-len(plain) % _BLOCK)
