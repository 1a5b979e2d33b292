"""What holds for every test of the app."""

import pytest

from nskeys.archive import second_reader
from nskeys.model.secret import SecretBytes


@pytest.fixture(autouse=True)
def _second_reader_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """The second reader itself, without a new process for each backup; its own tests start one."""

    def answer(kms: bytes, password: SecretBytes) -> str:
        framed = (len(part).to_bytes(4, "big") + part for part in (password.reveal(), kms))
        return second_reader.answer(b"".join(framed))

    monkeypatch.setattr(second_reader, "second_opinion", answer)
