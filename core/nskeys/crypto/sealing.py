"""Sealing a credential's secret to its row (core/FORMAT.md, "Sealed secret").

    blob  = 0x01 | nonce(12) | AES-256-GCM ciphertext | tag(16)
    plain = UTF-8 secret | 0x80 | 0x00... to a multiple of 64
    AAD   = "nskeys/row/1" 0x00 | cmdb_id(16) | kid(32) | credential_id(16) | u64be(number)
            | kind, name, target, account, note, each u32be length | UTF-8

Fields and number are authenticated with the secret, so a row that was moved, retargeted, given another
account or another number does not open. GCM does not commit to its key (NIST SP 800-38D says nothing of two
keys opening one ciphertext): what commits is the full kid in the row and in the AAD, compared with the
thumbprint of the key when a Sealer is made.
"""

import os
from collections.abc import Sequence
from itertools import repeat
from typing import TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys.crypto.keys import thumbprint
from nskeys.crypto.nonces import NONCE_SIZE, NonceSource
from nskeys.crypto.row_fields import bound_fields
from nskeys.errors import FieldInvalid, KeyStoreDamaged, SealDoesNotOpen
from nskeys.model.credentials import SECRET_LIMIT, Credential, SealedCredential, SealedRow
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.reasons import FieldProblem, Problem, SealProblem

Resealed: TypeAlias = tuple[SealedRow, bytes]
"""A row as it was, and its new blob."""

_PREFIX = b"nskeys/row/1\x00"
_VERSION = b"\x01"
_BODY = 1 + NONCE_SIZE
_TAG = 16
_BLOCK = 64
_SMALLEST = _BODY + _BLOCK + _TAG
_REMAINDER = (_BODY + _TAG) % _BLOCK
_LARGEST = _BODY + (SECRET_LIMIT // _BLOCK + 1) * _BLOCK + _TAG
_MARK = b"\x80"

_CLOSED = (InvalidTag, ValueError, OverflowError)
"""What opening raises for a row that is not what was sealed; the last for a number beyond 64 bits."""
_unhex = bytes.fromhex


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

    def seal(self, credential: Credential, secret: SecretBytes) -> SealedCredential:
        """Return the credential with its secret sealed. Raises FieldInvalid for a secret that is too long
        or no UTF-8."""
        return SealedCredential(credential, self.seal_with(self._nonces.take(), credential, secret))

    def seal_with(self, nonce: bytes, credential: Credential, secret: SecretBytes) -> bytes:
        """Return the secret sealed under a given nonce. For test vectors only: a nonce used twice under one
        key reveals both secrets."""
        plain, f = _pad(secret), credential.fields
        bound = bound_fields(f.kind.value, f.name, f.target, f.account, f.note)
        head = self._prefix + _identity(credential.credential_id) + credential.number.to_bytes(8, "big")
        return _VERSION + nonce + self._cipher.encrypt(nonce, plain, head + bound)

    def open(self, sealed: SealedCredential) -> SecretBytes:
        """Return the secret. Raises SealDoesNotOpen (`tampered`) where the row is not what was sealed."""
        try:
            plain, _ = self._opened(sealed.row())
        except _CLOSED:
            credential = sealed.credential
            raise SealDoesNotOpen(
                credential.credential_id,
                credential.fields.kind,
                credential.fields.name,
                SealProblem.TAMPERED,
            ) from None
        return SecretBytes(plain.rstrip(b"\x00")[:-1])

    def opens(self, sealed: SealedCredential) -> bool:
        """Return whether the row opens; the secret is dropped at once."""
        return not self.failing([sealed.row()])

    def failing(self, rows: Sequence[SealedRow], bound: Sequence[bytes] | None = None) -> list[str]:
        """Return the ids of the rows that do not open, in their order; the fastest way to try many. `bound`
        is their `row_fields.bound_of`, where that is wanted elsewhere too."""
        failed = []
        opened = self._opened
        for row, fields in zip(rows, repeat(None) if bound is None else bound, strict=False):
            try:
                opened(row, fields)
            except _CLOSED:
                failed.append(row[0])
        return failed

    def resealed(
        self, old: "Sealer", rows: Sequence[SealedRow], bound: Sequence[bytes] | None = None
    ) -> tuple[list[Resealed], list[str]]:
        """Return rows that `old` sealed, sealed under this key with their numbers, and the ids of those
        that do not open; the fastest way to re-seal many. Both sealers are of one CMDB; `bound` is as in
        `failing`."""
        done: list[Resealed] = []
        failed: list[str] = []
        # Each is used once, in this call, so none can be handed out a second time after a fork.
        drawn = os.urandom(NONCE_SIZE * len(rows))
        encrypt, prefix = self._cipher.encrypt, self._prefix
        each = zip(rows, repeat(None) if bound is None else bound, strict=False)
        for at, (row, fields) in enumerate(each):
            try:
                plain, head = old._opened(row, fields)
            except _CLOSED:
                failed.append(row[0])
                continue
            nonce = drawn[at * NONCE_SIZE : (at + 1) * NONCE_SIZE]
            done.append((row, _VERSION + nonce + encrypt(nonce, plain, prefix + head)))
        return done, failed

    def _opened(self, row: SealedRow, fields: bytes | None = None) -> tuple[bytes, bytes]:
        """Return the padded secret, and the AAD that binds it to its row; an error of `_CLOSED`."""
        id_, kind, name, target, account, note, number, _, _, blob = row
        size = len(blob)
        if size < _SMALLEST or size > _LARGEST or size % _BLOCK != _REMAINDER or blob[0] != 1:
            raise ValueError("not a sealed secret")
        fields = fields or bound_fields(kind, name, target, account, note)
        bound = _unhex(id_) + number.to_bytes(8, "big") + fields
        plain = self._cipher.decrypt(blob[1:_BODY], blob[_BODY:], self._prefix + bound)
        # Only a key holder can put another padding under a valid tag. It is refused all the same, so
        # that a secret has one padded form.
        if plain[-_BLOCK:].rstrip(b"\x00")[-1:] != _MARK:
            raise ValueError("not a padded secret")
        return plain, bound


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
