"""age's own recipients and identities: `age1...` and `AGE-SECRET-KEY-1...` (C2SP, age.md, "The X25519
recipient type")."""

from dataclasses import dataclass, field

from nskeys.archive.age import bech32
from nskeys.archive.age.file import BODY_SIZE, sized_argument, unwrap_file_key, wrap_file_key
from nskeys.archive.age.header import HeaderInvalid, Stanza, to_base64
from nskeys.crypto.age_primitives import X25519_SIZE, new_x25519, x25519_public, x25519_shared
from nskeys.crypto.kdf import hkdf_sha256
from nskeys.errors import IdentityUnusable, RecipientRefused
from nskeys.model.secret import SecretBytes
from nskeys.reasons import IdentityProblem, Problem, RecipientProblem

X25519 = "X25519"
RECIPIENT_PREFIX = "age"
IDENTITY_PREFIX = "AGE-SECRET-KEY-"
_LABEL = b"age-encryption.org/v1/X25519"
# Whatever is of low order gives nothing with any key; this one is as good as another to find out.
_PROBE = SecretBytes(bytes(range(32)))


@dataclass(frozen=True, slots=True)
class X25519Recipient:
    """The owner of the private half of `public` (32 bytes)."""

    public: bytes

    @classmethod
    def parse(cls, text: str) -> "X25519Recipient":
        """Return the recipient of an `age1...` text. Raises RecipientRefused (`damaged`, `low_order`)."""
        try:
            public = bech32.decode(RECIPIENT_PREFIX, text)
        except ValueError:
            raise RecipientRefused(text, RecipientProblem.DAMAGED) from None
        if len(public) != X25519_SIZE:
            raise RecipientRefused(text, RecipientProblem.DAMAGED)
        if x25519_shared(_PROBE, public) is None:
            raise RecipientRefused(text, RecipientProblem.LOW_ORDER)
        return cls(public)

    @property
    def kind(self) -> str:
        """The type of its stanzas."""
        return X25519

    @property
    def text(self) -> str:
        """The recipient as text, `age1...`, in its one spelling."""
        return bech32.encode(RECIPIENT_PREFIX, self.public)

    def wrap(self, file_key: bytes, ephemeral: SecretBytes) -> Stanza:
        """Return the stanza that wraps the file key for this recipient. `ephemeral` is a private key for
        this stanza only."""
        share = x25519_public(ephemeral)
        shared = x25519_shared(ephemeral, self.public)
        if shared is None:  # refused when it was parsed
            raise ValueError("a point of low order")
        body = wrap_file_key(hkdf_sha256(shared, share + self.public, _LABEL), file_key)
        return Stanza(X25519, (to_base64(share).decode("ascii"),), body)

    def fits(self, stanza: Stanza) -> bool:
        """Return whether a stanza may be this recipient's; X25519 stanzas do not name theirs."""
        return stanza.kind == X25519


@dataclass(frozen=True, slots=True)
class X25519Identity:
    """A private key; the caller wipes it."""

    secret: SecretBytes = field(repr=False)

    @classmethod
    def new(cls) -> "X25519Identity":
        """Return an identity with a new private key."""
        return cls(new_x25519())

    @classmethod
    def parse(cls, line: str, name: str) -> "X25519Identity":
        """Return the identity of an `AGE-SECRET-KEY-1...` text. Raises IdentityUnusable (`damaged`), which
        only names the file `name`."""
        try:
            secret = bech32.decode(IDENTITY_PREFIX, line)
        except ValueError:  # which may hold a part of it
            raise IdentityUnusable(name, IdentityProblem.DAMAGED) from None
        if len(secret) != X25519_SIZE:
            raise IdentityUnusable(name, IdentityProblem.DAMAGED)
        return cls(SecretBytes(secret))

    @property
    def recipient(self) -> str:
        return X25519Recipient(x25519_public(self.secret)).text

    def spelled(self) -> SecretBytes:
        """Return the line of an identity file; the caller wipes it."""
        return SecretBytes(bech32.encode(IDENTITY_PREFIX.lower(), self.secret.reveal()).upper().encode())

    def unwrap(self, stanza: Stanza) -> bytes | None:
        if stanza.kind != X25519:
            return None
        share = sized_argument(stanza, 0, 1, X25519_SIZE)
        # Sizes are checked before anything is decrypted: a stanza that opens under two keys has another.
        if len(stanza.body) != BODY_SIZE:
            raise HeaderInvalid(Problem.STANZA)
        shared = x25519_shared(self.secret, share)
        if shared is None:
            raise HeaderInvalid(Problem.STANZA)
        key = hkdf_sha256(shared, share + x25519_public(self.secret), _LABEL)
        return unwrap_file_key(key, stanza.body)

    def wipe(self) -> None:
        self.secret.wipe()
