"""What a protector that is added later gets from the base class."""

from collections.abc import Mapping

import pytest

from nskeys.errors import KeyStoreDamaged
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json
from nskeys.ports import SecretProvider, Wrapped
from nskeys.protectors.file import FileProtector
from tests.fakes.fixed import NobodyToAsk


class Short(FileProtector):
    """One whose token gives back too little."""

    given = SecretBytes(b"too short")

    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        return self.given


def test_a_key_of_another_size_is_never_given_out() -> None:
    with pytest.raises(KeyStoreDamaged) as damaged:
        Short().unwrap(Wrapped({}), "5a" * 16, NobodyToAsk())
    assert damaged.value.problem == "kek_size"
    assert not Short.given
