"""The second reader itself, without a process of its own: that costs as much as the rest of a backup, and
tests of its own, of the program and of the app in a terminal start one."""

import pytest

from nskeys.archive import cross_check
from nskeys.archive.cross_check import OpenedWith
from nskeys.model.secret import SecretBytes


def in_this_process(
    kms: bytes, secret: SecretBytes, way: OpenedWith = OpenedWith.PASSWORD, identity: bytes = b""
) -> str:
    """`second_opinion`, as the child would answer."""
    parts = (secret.reveal(), kms, identity)
    return cross_check.answer(b"".join(len(part).to_bytes(4, "big") + part for part in parts), way)


@pytest.fixture
def second_reader_here(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every backup of the test be opened by the second reader in this process."""
    monkeypatch.setattr(cross_check, "second_opinion", in_this_process)
