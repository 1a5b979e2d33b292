"""Host keys that are accepted: their algorithms, without SHA-1, and known ones as the library has them."""

import base64
from collections.abc import Sequence

import asyncssh

from nskeys.destinations.ssh.known_hosts import HostKey, KnownKeys

_ALGORITHMS = {
    "ssh-ed25519": ("ssh-ed25519",),
    "ecdsa-sha2-nistp256": ("ecdsa-sha2-nistp256",),
    "ecdsa-sha2-nistp384": ("ecdsa-sha2-nistp384",),
    "ecdsa-sha2-nistp521": ("ecdsa-sha2-nistp521",),
    "ssh-rsa": ("rsa-sha2-512", "rsa-sha2-256"),
}
"""Key types, and the accepted signature algorithms of each, without SHA-1."""
_CERTIFICATE = "-cert-v01@openssh.com"


def is_accepted(algorithm: str) -> bool:
    """Return whether a server that offers this algorithm can be logged in at."""
    taken = {name for names in _ALGORITHMS.values() for name in names}
    return algorithm.removesuffix(_CERTIFICATE) in taken


def revoked_in_certificates(known: KnownKeys) -> tuple[HostKey, ...]:
    """Return the keys that a certificate must not contain. Plain keys are checked here, because the library
    does not say which one was revoked."""
    return tuple(key for key, _, _ in known.revoked) if known.authorities else ()


def loaded_keys(keys: Sequence[HostKey]) -> list[asyncssh.SSHKey]:
    found = []
    for key in keys:
        try:
            found.append(
                asyncssh.import_public_key(f"{key.key_type} {base64.b64encode(key.blob).decode()}")
            )
        except asyncssh.KeyImportError:
            continue  # a kind that we do not know cannot be taken either
    return found


def accepted_algorithms(known: KnownKeys) -> list[str]:
    """Return the host key algorithms to accept, those of the known keys first, so that a server with
    several keys shows the known one, and a changed one is detected."""
    first = [key.key_type for key in known.keys]
    kinds = sorted(_ALGORITHMS, key=lambda kind: kind not in first)
    plain = [name for kind in kinds for name in _ALGORITHMS[kind]]
    if not known.authorities:
        return plain
    return [f"{name}{_CERTIFICATE}" for name in plain] + plain
