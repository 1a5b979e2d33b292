"""`verify`: every credential is tried with the keys of this server, and nothing is changed."""

import pytest

from nskeys.errors import Cancelled, KeyStoreDamaged, NotSetUp
from nskeys.ports import Stage
from nskeys.reasons import FailureReason
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, Server, Site
from tests.fakes.watching import Watching


def test_all_that_is_well_opens(server: Server) -> None:
    for number in range(3):
        server.add(f"deploy-{number}")
    before = server.everything()
    report = server.services.verify.execute(NOBODY)
    assert (report.opened, report.failures) == (3, ())
    assert report.opened_by_key == ((server.active(), 3),)
    assert server.everything() == before


def test_what_does_not_open_is_named_with_its_reason_in_order(server: Server, site: Site) -> None:
    server.add("b")
    server.add("a")
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=2)
    moved = fresh.add("c")
    fresh.add("d")
    fresh.forge_credential(moved.credential_id, target="elsewhere-*")
    watching = Watching()
    report = fresh.services.verify.execute(NOBODY, watching)
    assert [(item.credential.reference, item.failure) for item in report.failures] == [
        ("run-as/a", FailureReason.KEY_MISSING),
        ("run-as/b", FailureReason.KEY_MISSING),
        ("run-as/c", FailureReason.TAMPERED),
    ]
    assert (report.opened, report.failed) == (1, 3)
    assert watching.totals[Stage.PROVING] == watching.advanced[Stage.PROVING] == 4
    assert len(watching.failed) == 3


@pytest.mark.parametrize("field", ["name", "target", "account", "note"])
def test_a_row_with_another_field_does_not_open(server: Server, field: str) -> None:
    one = server.add("one")
    server.forge_credential(one.credential_id, **{field: "changed"})
    assert server.services.verify.execute(NOBODY).failed == 1


def test_two_rows_whose_secrets_were_swapped_do_not_open(memory: MemoryServer) -> None:
    one, two = memory.add("one").credential_id, memory.add("two").credential_id
    rows = memory.cmdb.state.rows
    blobs = rows[one].blob, rows[two].blob
    for credential_id, blob in zip((one, two), reversed(blobs), strict=True):
        rows[credential_id] = rows[credential_id]._replace(blob=blob)
    assert memory.services.verify.execute(NOBODY).failed == 2


def test_a_damaged_key_is_an_error_and_no_failed_credential(memory: MemoryServer) -> None:
    memory.add("one")
    memory.key_store.damaged.add(memory.active())
    with pytest.raises(KeyStoreDamaged):
        memory.services.verify.execute(NOBODY)


def test_it_may_be_stopped(server: Server) -> None:
    server.add("one")
    with pytest.raises(Cancelled):
        server.services.verify.execute(NOBODY, Watching(stops_at=1))


def test_a_server_that_is_not_set_up_says_so(site: Site) -> None:
    with pytest.raises(NotSetUp):
        site.server().services.verify.execute(NOBODY)


def test_a_server_without_credentials_has_nothing_that_fails(server: Server) -> None:
    report = server.services.verify.execute(NOBODY)
    assert (report.opened, report.failed, report.opened_by_key) == (0, 0, ())
