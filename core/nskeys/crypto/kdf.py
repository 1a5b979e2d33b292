"""Deriving keys from passwords and from keys. The caller has checked every cost.

One expensive derivation runs at a time in a process: two of pyca's Argon2id with several lanes deadlock or
raise MemoryError when they overlap, and two at once need twice the memory that each was allowed.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from threading import Lock

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.kdf.scrypt import Scrypt

from nskeys.errors import KeyStoreDamaged, NotEnoughMemory
from nskeys.model.secret import SecretBytes
from nskeys.reasons import Problem

SALT_SIZE = 16
_KEY_SIZE = 32
_SCRYPT_BLOCK = 8

_GATE = Lock()
_BEAT = 0.1
"""Seconds between two checks whether the waiting was cancelled."""


def _never_cancelled() -> None: ...


_checkpoint: ContextVar[Callable[[], None]] = ContextVar("checkpoint", default=_never_cancelled)


@contextmanager
def one_derivation() -> Iterator[None]:
    """Hold the process's lock for one expensive derivation; not reentrant. What `called_off_by` names may
    raise while this waits; then nothing was derived."""
    while not _GATE.acquire(timeout=_BEAT):
        _checkpoint.get()()
    try:
        yield
    finally:
        _GATE.release()


@contextmanager
def called_off_by(checkpoint: Callable[[], None]) -> Iterator[None]:
    """Let `checkpoint`, called while this thread waits for the lock, end the wait by raising."""
    before = _checkpoint.set(checkpoint)
    try:
        yield
    finally:
        _checkpoint.reset(before)


@dataclass(frozen=True, slots=True)
class Argon2Bounds:
    """The costs that are accepted when a file states them: lowest and highest of each."""

    memory_kib: tuple[int, int]
    iterations: tuple[int, int]
    lanes: tuple[int, int]


READING_BOUNDS = Argon2Bounds(memory_kib=(8, 1_048_576), iterations=(1, 16), lanes=(1, 16))
"""What a key store may ask of the machine that opens it: at most 1 GiB. The lowest are Argon2's own, so
that tests can be quick; nskeys writes the default cost."""


@dataclass(frozen=True, slots=True)
class Argon2Cost:
    """What deriving a key costs (RFC 9106, section 4; the default is its second choice with four times
    the memory)."""

    memory_kib: int = 262_144
    iterations: int = 3
    lanes: int = 4

    def check(self, bounds: Argon2Bounds = READING_BOUNDS) -> None:
        """Raise KeyStoreDamaged (`kdf_cost`) where a cost that was read is outside `bounds`."""
        if not self.within(bounds):
            raise KeyStoreDamaged("protector.json", Problem.KDF_COST)

    def within(self, bounds: Argon2Bounds) -> bool:
        """Return whether the cost is inside `bounds`, with the least memory that its lanes need."""
        return self.memory_kib >= 8 * self.lanes and all(
            lowest <= value <= highest
            for value, (lowest, highest) in (
                (self.memory_kib, bounds.memory_kib),
                (self.iterations, bounds.iterations),
                (self.lanes, bounds.lanes),
            )
        )


def argon2id(secret: SecretBytes, salt: bytes, cost: Argon2Cost) -> SecretBytes:
    """Return a 32-byte key from a passphrase (RFC 9106, version 0x13). Raises NotEnoughMemory."""
    derivation = Argon2id(
        salt=salt,
        length=_KEY_SIZE,
        iterations=cost.iterations,
        lanes=cost.lanes,
        memory_cost=cost.memory_kib,
    )
    try:
        with one_derivation():
            return SecretBytes(derivation.derive(secret.reveal()))
    except MemoryError:
        raise NotEnoughMemory(-(-cost.memory_kib // 1024)) from None


def scrypt(secret: SecretBytes, salt: bytes, log_n: int, length: int = 32) -> SecretBytes:
    """Return `length` bytes derived from a password (RFC 7914) with N = 2^log_n, r = 8, p = 1, which takes
    2^log_n KiB of memory. Raises NotEnoughMemory. The caller bounds `log_n` first."""
    derivation = Scrypt(salt=salt, length=length, n=1 << log_n, r=_SCRYPT_BLOCK, p=1)
    try:
        with one_derivation():
            return SecretBytes(derivation.derive(secret.reveal()))
    except MemoryError:
        raise NotEnoughMemory(max(1, (1 << log_n) // 1024)) from None


def pbkdf2(secret: SecretBytes, salt: bytes, iterations: int) -> SecretBytes:
    """Return a 32-byte key from a password (RFC 8018, PBKDF2 with HMAC-SHA256). The caller bounds
    `iterations` first."""
    with one_derivation():
        return SecretBytes(hashlib.pbkdf2_hmac("sha256", secret.reveal(), salt, iterations, _KEY_SIZE))


def hkdf_sha256(key: bytes, salt: bytes, info: bytes, length: int = 32) -> bytes:
    """Return `length` bytes derived with HKDF and SHA-256 (RFC 5869)."""
    return HKDF(SHA256(), length, salt, info).derive(key)
