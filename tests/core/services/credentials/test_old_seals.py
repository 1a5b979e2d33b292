"""Whoever edits or removes a row opens its old seal first; what something else wrote waits for a person."""

import csv
import io
from collections.abc import Callable

import pytest

from nskeys.errors import CredentialWaits, PlanOutdated
from nskeys.model.credentials import Credential
from nskeys.model.imports import ImportWishes
from nskeys.model.secret import SecretBytes
from nskeys.wording.errors import say
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, Server, Site, run_as


def seen(server: Server, name: str = "one") -> Credential:
    return server.services.credentials.show(f"run-as/{name}")


def edited(server: Server, name: str = "one") -> None:
    credential = seen(server, name)
    with SecretBytes(b"chosen later") as secret:
        server.services.credentials.edit(credential, credential.fields, secret, NOBODY)


def removed(server: Server) -> None:
    server.services.credentials.remove(seen(server), NOBODY)


def imported(server: Server) -> None:
    fields, written = seen(server).fields, io.StringIO()
    csv.writer(written).writerows(
        [
            ("Group", "Title", "Username", "Password", "URL", "Notes"),
            ("", fields.name, fields.account, "from elsewhere", fields.target, ""),
        ]
    )
    services = server.services
    wishes = ImportWishes(kind=fields.kind, update=True)
    with services.imports.plan("export.csv", written.getvalue().encode(), NOBODY, wishes) as prepared:
        services.imports.execute(prepared, NOBODY)


CHANGES: dict[str, Callable[[Server], None]] = {
    "edit": edited,
    "remove": removed,
    "import": imported,
}


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_something_else_wrote_is_neither_changed_nor_removed(
    server: Server, change: str
) -> None:
    one = server.add("one")
    server.add("two")
    server.forge_credential(one.credential_id, note="call 555")
    before = server.everything()
    with pytest.raises(CredentialWaits) as waits:
        CHANGES[change](server)
    assert server.everything() == before
    assert str(say(waits.value)) == (
        "Nothing was changed, since run-as/one does not open: its row in the CMDB is not what nskeys wrote."
        " Bring the database back from its own backup, or accept the row as it is ('nskeys checkpoint "
        "show' says how), and then give it a new secret or remove it."
    )


@pytest.mark.parametrize("change", CHANGES)
def test_a_row_that_opens_is_changed_as_ever(server: Server, change: str) -> None:
    server.add("one")
    CHANGES[change](server)
    assert server.services.verify.execute(NOBODY).differences == ()


def test_other_rows_do_not_wait_and_the_difference_stays(server: Server) -> None:
    one = server.add("one")
    server.add("two")
    server.forge_credential(one.credential_id, note="call 555")
    edited(server, "two")
    server.add("three")
    server.services.credentials.remove(seen(server, "two"), NOBODY)
    proof = server.services.verify.execute(NOBODY)
    assert [item.credential.reference for item in proof.failures] == ["run-as/one"]
    assert [one.kid for one in proof.differences] == [server.active()]


def test_a_rotation_leaves_it_under_its_key(server: Server) -> None:
    one = server.add("one")
    old = server.active()
    server.forge_credential(one.credential_id, note="call 555")
    report = server.rotate(without_backup=True)
    assert [item.credential.reference for item in report.left] == ["run-as/one"]
    assert seen(server).kid == old
    with pytest.raises(CredentialWaits):
        edited(server)


@pytest.mark.parametrize("change", [edited, removed])
def test_a_row_that_was_accepted_as_it_is_can_be_re_entered_or_removed(
    memory: MemoryServer, change: Callable[[Server], None]
) -> None:
    one = memory.add("one")
    two = memory.add("two")
    memory.forge_credential(one.credential_id, note="call 555")
    accepted(memory)
    memory.forge_credential(two.credential_id, note="call 555")
    with pytest.raises(CredentialWaits):
        change(memory)  # the inventory cannot tell which of the two was changed since
    memory.forge_credential(two.credential_id, note=two.fields.note)
    change(memory)
    proof = memory.services.verify.execute(NOBODY)
    assert proof.whole


def accepted(server: MemoryServer) -> None:
    """A person accepts what is there."""
    service = server.services.checkpoint
    shown = service.show()
    assert (shown.mismatches, [one.kid for one in shown.differences]) == ((), [server.active()])
    service.accept(shown, "looked into", NOBODY)
    assert service.show().fits


def test_rows_that_changed_since_they_were_shown_are_not_accepted(memory: MemoryServer) -> None:
    one, two = memory.add("one"), memory.add("two")
    memory.forge_credential(one.credential_id, note="call 555")
    shown = memory.services.checkpoint.show()
    memory.forge_credential(two.credential_id, note="call 555")
    with pytest.raises(PlanOutdated):
        memory.services.checkpoint.accept(shown, "looked into", NOBODY)


def test_a_row_whose_key_is_lost_is_re_entered_without_being_accepted(server: Server, site: Site) -> None:
    server.add("one")
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    edited(fresh)
    assert fresh.secrets() == {"run-as/one": "chosen later"}


def test_an_edit_asks_for_nothing_else_than_the_row(memory: MemoryServer) -> None:
    memory.add("one")
    with SecretBytes(b"chosen later") as secret:
        memory.services.credentials.edit(seen(memory), run_as("renamed"), secret, NOBODY)
    assert memory.secrets() == {"run-as/renamed": "chosen later"}
