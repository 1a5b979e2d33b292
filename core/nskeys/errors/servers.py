"""Servers that hold backups: who they are, and what they want of whoever comes.

A front end answers these and tries again: a host key is trusted, a secret is given.
"""

from dataclasses import dataclass

from nskeys.errors.root import NskeysError


@dataclass(eq=False)
class HostKeyUnknown(NskeysError):
    """A server that nobody vouched for yet. `key_type` and `public_key` are as a known_hosts line has
    them, `fingerprint` is `SHA256:...` as ssh shows it."""

    host: str
    port: int
    key_type: str
    fingerprint: str
    public_key: str


@dataclass(eq=False)
class HostKeyChanged(NskeysError):
    """A server shows another host key than the known one. `known` has the fingerprints that were expected,
    `file` says where they stand."""

    host: str
    port: int
    key_type: str
    fingerprint: str
    known: tuple[str, ...]
    file: str


@dataclass(eq=False)
class HostKeyRevoked(NskeysError):
    """A server shows a host key, or a certificate by an authority's key, that was revoked in a line of a
    file. `fingerprint` is empty where the key was in a certificate, and `line` 0 where several lines may
    be the one."""

    host: str
    port: int
    fingerprint: str
    file: str
    line: int


@dataclass(eq=False)
class ServerSecretWanted(NskeysError):
    """A server lets nobody in without a secret that was not given yet, or was given wrongly (`refused`).
    `wanted` is `ssh_password` or `ssh_passphrase`, `subject` names the login or the key file."""

    wanted: str
    subject: str
    refused: bool = False


@dataclass(eq=False)
class FingerprintDiffers(NskeysError):
    """A server shows another host key than the one that a person wants to trust."""

    host: str
    port: int
    fingerprint: str
    wanted: str
