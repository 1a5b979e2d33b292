"""New keys, from the operating system's random number generator and from nowhere else."""

import os

from nskeys.model.secret import SecretBytes

KEY_SIZE = 32


def new_material() -> SecretBytes:
    """A new 256-bit AES key: for sealing, or to be the key store's KEK."""
    return SecretBytes(os.urandom(KEY_SIZE))


def new_server_seed() -> SecretBytes:
    """A new Ed25519 private key (RFC 8032, section 5.1.5: 32 random bytes)."""
    return SecretBytes(os.urandom(KEY_SIZE))
