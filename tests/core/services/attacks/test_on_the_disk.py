"""What somebody who can write to the disk puts back there, told in the words of the design."""

import copy

import pytest

from nskeys.errors import ChangeWaits, NskeysError
from tests.core.services.attacks.attacker import recoverable, told, write
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY


def test_an_older_key_store_is_put_back_whose_passphrase_is_known(full: MemoryServer) -> None:
    older = copy.copy(full.key_store._generation)
    full.protect_anew()
    full.key_store._generation = older
    [sentence] = told(full)
    assert sentence.startswith("The key store is not the one that the last change left: an older one, ")
    assert recoverable(full) == 0
    for act in (
        lambda: full.add("four"),
        lambda: full.back_up(),
        lambda: full.services.credentials.reveal(full.services.credentials.show("run-as/one"), NOBODY),
    ):
        with pytest.raises(ChangeWaits):
            act()


def test_the_record_of_who_can_open_backups_is_put_back(full: MemoryServer) -> None:
    full.make_identity("the one who left knew this")
    older, files = full.cmdb.state.recovery, copy.deepcopy(vars(full.identity_files))
    full.make_identity("chosen by the board since")
    made = full.back_up_to().copy
    full.drill_by(made.address, "chosen by the board since")
    before = recoverable(full)
    write(full, lambda state: setattr(state, "recovery", older))
    vars(full.identity_files).update(files)
    assert "Who can open backups was changed by something other than nskeys." in told(full)
    with pytest.raises(NskeysError):
        full.back_up_to()
    assert recoverable(full) <= before
