"""ssh keys as age recipients and identities: `ssh-ed25519 AAAA...` and `ssh-rsa AAAA...` (age, package
agessh).

A stanza begins with the first bytes of the public key's SHA-256, which identify its recipient.
"""

import base64
import hashlib
from dataclasses import dataclass, field
from types import MappingProxyType

from nskeys.archive.age.file import BODY_SIZE, sized_argument, unwrap_file_key, wrap_file_key
from nskeys.archive.age.header import HeaderInvalid, Stanza, to_base64
from nskeys.crypto.age_primitives import (
    X25519_SIZE,
    ed25519_seed_to_x25519,
    ed25519_to_x25519,
    x25519_public,
    x25519_shared,
)
from nskeys.crypto.kdf import hkdf_sha256
from nskeys.crypto.ssh_keys import (
    SshKeyProblem,
    SshKeyRefused,
    SshPrivate,
    SshPublic,
    read_public,
    rsa_decrypt,
    rsa_encrypt,
)
from nskeys.errors import IdentityUnusable, RecipientRefused
from nskeys.model.secret import SecretBytes
from nskeys.reasons import IdentityProblem, Problem, RecipientProblem

SSH_ED25519, SSH_RSA = "ssh-ed25519", "ssh-rsa"
_LABEL = b"age-encryption.org/v1/"
_ED25519_LABEL, _RSA_LABEL = _LABEL + SSH_ED25519.encode(), _LABEL + SSH_RSA.encode()
_TAG_SIZE = 4
_PROBE = SecretBytes(bytes(range(32)))


_REFUSED = MappingProxyType(
    {
        SshKeyProblem.UNREADABLE: RecipientProblem.DAMAGED,
        SshKeyProblem.UNSUPPORTED: RecipientProblem.UNSUPPORTED,
        SshKeyProblem.RSA_SIZE: RecipientProblem.RSA_SIZE,
    }
)
_UNUSABLE = MappingProxyType(
    {
        SshKeyProblem.UNREADABLE: IdentityProblem.DAMAGED,
        SshKeyProblem.UNSUPPORTED: IdentityProblem.UNSUPPORTED,
        SshKeyProblem.RSA_SIZE: IdentityProblem.RSA_SIZE,
    }
)


@dataclass(frozen=True, slots=True)
class SshRecipient:
    """The owner of an ssh key. `point` is its X25519 counterpart, empty for RSA."""

    key: SshPublic
    point: bytes = b""

    @classmethod
    def parse(cls, kind: str, spelled: str) -> "SshRecipient":
        """Return the recipient from the type and base64 of an OpenSSH public key. Raises RecipientRefused
        (`damaged`, `unsupported`, `rsa_size`, `low_order`)."""
        try:
            key = read_public(kind, spelled)
        except SshKeyRefused as error:
            raise RecipientRefused(f"{kind} {spelled}", _REFUSED[error.problem]) from None
        if not key.point:
            return cls(key)
        point = ed25519_to_x25519(key.point)
        if point is None or x25519_shared(_PROBE, point) is None:
            raise RecipientRefused(key.line, RecipientProblem.LOW_ORDER)
        return cls(key, point)

    @property
    def kind(self) -> str:
        """The type of its stanzas."""
        return SSH_ED25519 if self.point else SSH_RSA

    @property
    def text(self) -> str:
        """Its one spelling, without a comment."""
        return self.key.line

    def wrap(self, file_key: bytes, ephemeral: SecretBytes) -> Stanza:
        """Return the stanza that wraps the file key for this recipient. `ephemeral` is a private key for
        this stanza only; RSA uses its own randomness."""
        if not self.point:
            return Stanza(SSH_RSA, (_tag(self.key),), rsa_encrypt(self.key.line, _RSA_LABEL, file_key))
        share = x25519_public(ephemeral)
        shared = x25519_shared(ephemeral, self.point)
        key = _ed25519_key(shared, share, self.point, self.key)
        arguments = (_tag(self.key), to_base64(share).decode("ascii"))
        return Stanza(SSH_ED25519, arguments, wrap_file_key(key, file_key))

    def fits(self, stanza: Stanza) -> bool:
        """Return whether a stanza names this recipient."""
        return stanza.kind == self.kind and stanza.arguments[:1] == (_tag(self.key),)


@dataclass(frozen=True, slots=True)
class SshIdentity:
    """A private ssh key; the caller wipes it."""

    key: SshPrivate = field(repr=False)

    @property
    def recipient(self) -> str:
        return self.key.public.line

    def unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != (SSH_RSA if self.key.seed is None else SSH_ED25519):
            return None
        if self.key.seed is None:
            return self._unwrap_rsa(stanza)
        tag = sized_argument(stanza, 0, 2, _TAG_SIZE)
        share = sized_argument(stanza, 1, 2, X25519_SIZE)
        if len(stanza.body) != BODY_SIZE:
            raise HeaderInvalid(Problem.STANZA)
        if to_base64(tag).decode("ascii") != _tag(self.key.public):
            return None
        with ed25519_seed_to_x25519(self.key.seed) as secret:
            shared = x25519_shared(secret, share)
            point = x25519_public(secret)
        if shared is None:
            raise HeaderInvalid(Problem.STANZA)
        return unwrap_file_key(_ed25519_key(shared, share, point, self.key.public), stanza.body)

    def wipe(self) -> None:
        """Overwrite what can be reached; an RSA key lies in OpenSSL's memory until it is collected."""
        if self.key.seed is not None:
            self.key.seed.wipe()

    def _unwrap_rsa(self, stanza: Stanza) -> bytes | None:
        tag = sized_argument(stanza, 0, 1, _TAG_SIZE)
        if self.key.rsa is None or to_base64(tag).decode("ascii") != _tag(self.key.public):
            return None
        return rsa_decrypt(self.key.rsa, _RSA_LABEL, stanza.body)


def unusable(error: SshKeyRefused, name: str) -> IdentityUnusable:
    """Return the error for a refused private key in the file `name`."""
    return IdentityUnusable(name, _UNUSABLE[error.problem])


def _ed25519_key(shared: bytes | None, share: bytes, point: bytes, key: SshPublic) -> bytes:
    """Return the wrap key: the shared secret is tweaked by the ssh key, so that it commits to that key."""
    tweak = SecretBytes(hkdf_sha256(b"", _wire(key), _ED25519_LABEL))
    tweaked = None if shared is None else x25519_shared(tweak, shared)
    if tweaked is None:
        raise ValueError("a point of low order")
    return hkdf_sha256(tweaked, share + point, _ED25519_LABEL)


def _tag(key: SshPublic) -> str:
    return to_base64(hashlib.sha256(_wire(key)).digest()[:_TAG_SIZE]).decode("ascii")


def _wire(key: SshPublic) -> bytes:
    """Return the public key as ssh sends it (RFC 4253, section 6.6)."""
    return base64.b64decode(key.line.split(" ")[1])
