"""A key store that no checkpoint names is not unlocked: nobody is asked for what opens it."""

import copy
from collections.abc import Callable

import pytest

from nskeys.errors import ChangeWaits
from nskeys.ports import Purpose
from nskeys.reasons import MismatchKind
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.servers import NOBODY, PASSWORD, Server

_OLDER = "a passphrase that somebody knows"

ASKS: dict[str, Callable[[Server], object]] = {
    "verify": lambda server: server.services.verify.execute(NOBODY),
    "drill": lambda server: server.services.drill.execute(server.services.drill.find("latest"), NOBODY),
    "check": lambda server: server.services.register.check(NOBODY),
    "add": lambda server: server.add("two"),
}


@pytest.fixture
def older() -> MemoryServer:
    """A server whose key store of before the last change of its passphrase was put back."""
    server = MemorySite().server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [_OLDER]}))
    known = Answers({Purpose.PASSPHRASE: [_OLDER] * 2, Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]})
    server.services.backup.execute(server.services.backup.plan(server.vault), known)
    before = copy.copy(server.key_store._generation)
    server.services.protection.change("file", known, NOBODY, without_backup=True)
    server.key_store._generation = before
    return server


@pytest.mark.parametrize("act", ASKS)
def test_it_is_refused_before_anybody_is_asked(older: MemoryServer, act: str) -> None:
    with pytest.raises(ChangeWaits) as raised:
        ASKS[act](older)
    assert [one.what for one in raised.value.mismatches] == [MismatchKind.STORE]


def test_without_a_checkpoint_in_the_home_what_is_there_is_still_tried(older: MemoryServer) -> None:
    older.checkpoint.kept = None
    answers = Answers({Purpose.PASSPHRASE: [_OLDER]})
    assert older.services.verify.execute(answers).failures == ()
    assert len(answers.asked) == 1
