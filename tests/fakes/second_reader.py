"""The second reader itself, without a process of its own: where a test makes many backups. Its own tests
start one."""

from nskeys.archive import cross_check
from nskeys.archive.cross_check import OpenedWith
from nskeys.model.secret import SecretBytes


def in_this_process(
    kms: bytes, secret: SecretBytes, way: OpenedWith = OpenedWith.PASSWORD, identity: bytes = b""
) -> str:
    """`second_opinion`, as the child would answer."""
    parts = (secret.reveal(), kms, identity)
    return cross_check.answer(b"".join(len(part).to_bytes(4, "big") + part for part in parts), way)
