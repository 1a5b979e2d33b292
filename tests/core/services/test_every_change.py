"""What holds for every change: it needs an installation, it writes one line, and the new head is signed."""

import json
from collections.abc import Callable

import pytest

from nskeys.errors import Locked, NotSetUp
from nskeys.model.checkpoint import Checkpoint
from nskeys.ports import Purpose
from nskeys.services.database.proving import DatabaseCheckService
from nskeys.services.settling import home_of
from tests.core.services.database.moving import move
from tests.fakes.fixed import Answers
from tests.fakes.servers import NOBODY, PASSWORD, Server, Site, run_as
from tests.fakes.sheets import check, split_among

Change = Callable[[Server], object]


def back_up(server: Server) -> object:
    """A backup, without looking for its file afterwards."""
    plan = server.services.backup.plan(server.vault)
    return server.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))


def newest(server: Server) -> str:
    """The address of the newest backup."""
    return server.services.register.copies(look=False)[0].address


def edit(server: Server) -> object:
    """Another target for a credential."""
    one = server.services.credentials.show("run-as/one")
    return server.services.credentials.edit(one, run_as("one", target="other-*"), None, NOBODY)


def reveal(server: Server) -> object:
    """A secret is shown."""
    return server.services.credentials.reveal(server.services.credentials.show("run-as/one"), NOBODY)


def retire(server: Server) -> object:
    """The newest backup counts no more."""
    register = server.services.register
    return register.retire(register.plan_retire(newest(server)), NOBODY)


def rotate(server: Server) -> object:
    """A key is made that waits."""
    return server.rotate()


def check_shares(server: Server) -> object:
    """Every share is proven, of a set that was split before."""
    return check(server, SPLITS[server.vault, server.installation.home.path])


def check_a_backup(server: Server) -> object:
    """Somebody else's backup is proven by what was restored from it."""
    service = DatabaseCheckService(server.installation, lag=0)
    return service.execute(service.plan(server.restored_elsewhere()), NOBODY)


SPLITS: dict[tuple[str, str], list[str]] = {}
SIGNED: dict[str, Change] = {
    "credential-added": lambda server: server.add("two"),
    "credential-edited": edit,
    "credential-revealed": reveal,
    "backed-up": back_up,
    "database-copied": lambda server: server.services.database.execute(
        server.services.database.plan(server.vault), NOBODY
    ),
    "database-declared": lambda server: server.services.declared_backups.declare("tape", NOBODY),
    "database-withdrawn": lambda server: server.services.declared_backups.withdraw("to vault02", NOBODY),
    "database-checked": check_a_backup,
    "drilled": lambda server: server.drill(newest(server)),
    "register-checked": lambda server: server.services.register.check(NOBODY),
    "register-added": lambda server: server.services.register.add(newest(server), NOBODY),
    "register-retired": retire,
    "key-created": rotate,
    "identity-created": lambda server: server.make_identity(),
    "custodians-split": lambda server: split_among(server),
    "custodians-checked": check_shares,
    "protector-changed": lambda server: server.protect_anew(),
    "database-moved": lambda server: move(server, f"{server.installation.home.path}/other.sqlite3"),
    "credential-removed": lambda server: server.services.credentials.remove(
        server.services.credentials.show("run-as/one"), NOBODY
    ),
}
UNSIGNED: dict[str, Change] = {
    "destination-added": lambda server: server.services.destinations.add(server.local),
    "destination-removed": lambda server: server.services.destinations.remove(server.vault),
}
"""These need no key: what they wrote waits in the home for the next change that does."""
NEEDS_KEYS: dict[str, Change] = {
    "add": lambda server: server.add("one"),
    "verify": lambda server: server.services.verify.execute(NOBODY),
    "plan a database copy": lambda server: server.services.database.plan(),
    "plan a move": lambda server: server.services.database_move.plan("/other.sqlite3"),
    "plan a backup": lambda server: server.services.backup.plan(),
    "due": lambda server: server.services.backup.due(),
    "overview": lambda server: server.services.recoverability.overview(),
    "check": lambda server: server.services.register.check(NOBODY),
    "add to the register": lambda server: server.services.register.add("/nowhere.zip", NOBODY),
    "plan a rotation": lambda server: server.services.rotation.plan(),
    "show the protector": lambda server: server.services.protection.show(),
    "show the recovery identity": lambda server: server.services.recovery.show(),
    "show the custodians": lambda server: server.services.custodians.show(),
    "plan a split": lambda server: server.services.custodians.plan(5, 3),
    "check the shares": lambda server: server.services.custodians.check(NOBODY),
    "plan a recovery identity": lambda server: server.make_identity(),
    "change the protector": lambda server: server.protect_anew(),
    "add a destination": lambda server: server.services.destinations.add(server.local),
    "remove a destination": lambda server: server.services.destinations.remove(server.local),
}


@pytest.fixture
def filled(server: Server) -> Server:
    """A server with a credential and a backup of it."""
    server.add("one")
    back_up(server)
    SPLITS[server.vault, server.installation.home.path] = split_among(server)[1]
    server.services.declared_backups.declare("to vault02", NOBODY)
    return server


@pytest.mark.parametrize("action", SIGNED)
def test_it_writes_one_line_and_signs_a_checkpoint(filled: Server, action: str) -> None:
    before, number = len(filled.audit()), checkpoint(filled).number
    SIGNED[action](filled)
    if action == "database-checked":
        assert json.loads(filled.audit()[before])["action"] == "database-check-began"
        before, number = before + 1, number + 1
    if action == "backed-up":  # whose number was reserved in a change of its own
        assert json.loads(filled.audit()[before])["action"] == "backup-began"
        before, number = before + 1, number + 1
    assert len(filled.audit()) == before + 1
    line = json.loads(filled.audit()[-1])
    assert (line["action"], line["number"]) == (action, number + 1)
    assert (checkpoint(filled).number, checkpoint(filled).audit.count) == (number + 1, before + 1)
    verdict = filled.services.audit.verify()
    assert (verdict.whole, verdict.signed_lines) == (True, before + 1)


@pytest.mark.parametrize("action", UNSIGNED)
def test_without_a_key_its_line_waits_for_the_next_change_that_is_signed(
    filled: Server, action: str
) -> None:
    before = len(filled.audit())
    UNSIGNED[action](filled)
    assert len(filled.audit()) == before
    filled.clock.advance(days=1)
    filled.add("later")
    waited, own = (json.loads(line) for line in filled.audit()[before:])
    assert (waited["action"], own["action"]) == (action, "credential-added")
    assert waited["time"] < own["time"]
    assert waited["number"] == own["number"]
    assert filled.services.audit.verify().signed_lines == before + 2
    filled.add("latest")
    assert len(filled.audit()) == before + 3, "each event is taken once"


def checkpoint(server: Server) -> Checkpoint:
    """The checkpoint that home and CMDB agree on."""
    home = home_of(server.installation)
    assert home is not None
    with server.installation.cmdb.reading() as view:
        assert view.checkpoint() == home.signed
    return home.checkpoint


@pytest.mark.parametrize("action", [*SIGNED, *UNSIGNED])
def test_while_somebody_else_works_it_changes_nothing(filled: Server, action: str) -> None:
    before = filled.everything()
    with filled.installation.lock.hold("making a backup"), pytest.raises(Locked):
        (SIGNED | UNSIGNED)[action](filled)
    assert filled.everything() == before


@pytest.mark.parametrize("action", [*SIGNED, *UNSIGNED])
def test_it_lets_go_of_the_lock(filled: Server, action: str) -> None:
    (SIGNED | UNSIGNED)[action](filled)
    assert filled.lock_is_free()


@pytest.mark.parametrize("use", NEEDS_KEYS)
def test_where_nothing_is_set_up_it_says_so_and_makes_nothing(site: Site, use: str) -> None:
    server = site.server()
    with pytest.raises(NotSetUp):
        NEEDS_KEYS[use](server)
    assert not server.installation.cmdb.exists()
    assert not server.installation.key_store.exists()


@pytest.mark.parametrize("use", NEEDS_KEYS)
def test_where_only_a_database_is_it_says_how_many_credentials_wait(
    filled: Server, site: Site, use: str
) -> None:
    fresh = site.with_database_of(filled)
    with pytest.raises(NotSetUp) as caught:
        NEEDS_KEYS[use](fresh)
    assert caught.value.credentials == 1
