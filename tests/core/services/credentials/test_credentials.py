"""Credentials one at a time: added, edited, shown, revealed, removed, each with its line in the trail."""

import json

import pytest

from nskeys.errors import (
    AmbiguousCredential,
    FieldInvalid,
    KeyUsedUp,
    Locked,
    NameTaken,
    NoSuchCredential,
    PlanOutdated,
    SealDoesNotOpen,
)
from nskeys.model.credentials import CredentialKind, check_fields
from nskeys.model.keys import SEALS_DUE, SEALS_LIMIT
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretRequest
from tests.fakes.dying import Killed, Life
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, PASSPHRASE, Server, Site, run_as


def revealed(server: Server, reference: str) -> str:
    """A secret, as a person would ask for it."""
    credentials = server.services.credentials
    with credentials.reveal(credentials.show(reference), NOBODY) as secret:
        return secret.text()


def last_line(server: Server) -> dict[str, object]:
    """The newest line of the audit trail."""
    line: dict[str, object] = json.loads(server.audit()[-1])
    return line


# --- adding ---------------------------------------------------------------------------------------


def test_what_was_added_is_shown_by_name_by_id_and_by_prefix(server: Server) -> None:
    added = server.add("deploy-finance")
    credentials = server.services.credentials
    for reference in ("run-as/deploy-finance", added.credential_id, added.credential_id[:6]):
        assert credentials.show(reference) == added
    assert credentials.total() == 1


@pytest.mark.parametrize("secret", ["", "päßwörd \N{SNOWMAN}", "x" * 65_535, "trailing \x00\x00"])
def test_a_secret_comes_back_as_it_was_given(server: Server, secret: str) -> None:
    server.add("one", secret)
    assert revealed(server, "run-as/one") == secret


def test_a_secret_that_is_too_long_or_no_text_is_refused_before_anything(server: Server) -> None:
    for given, problem in ((b"x" * 65_536, "too_long"), (b"\xff\xfe", "not_text")):
        with SecretBytes(given) as secret, pytest.raises(FieldInvalid) as caught:
            server.services.credentials.add(run_as("one"), secret, NOBODY)
        assert (caught.value.field, caught.value.problem) == ("secret", problem)
        assert given not in repr(vars(caught.value)).encode("utf-8", "replace")
    assert server.services.credentials.total() == 0


def test_the_error_about_a_secret_that_is_no_text_does_not_carry_it(server: Server) -> None:
    with SecretBytes(b"hunter2\xff") as secret, pytest.raises(FieldInvalid) as caught:
        server.services.credentials.add(run_as("one"), secret, NOBODY)
    assert caught.value.__context__ is None


def test_a_name_is_taken_once_per_kind(server: Server) -> None:
    server.add("one")
    other = check_fields(CredentialKind.PCANYWHERE, "one", "host", "caller")
    server.add("one", fields=other)
    before = server.everything()
    with pytest.raises(NameTaken) as caught:
        server.add("one")
    assert (caught.value.kind, caught.value.name) == ("run-as", "one")
    assert server.everything() == before


def test_adding_writes_one_line_that_names_it_and_no_secret(server: Server) -> None:
    count = len(server.audit())
    added = server.add("one", "hunter2")
    assert len(server.audit()) == count + 1
    line = last_line(server)
    assert (line["action"], line["subject"]) == ("credential-added", "run-as/one")
    assert line["details"] == {"id": added.credential_id}
    assert (line["uid"], line["sudo_user"]) == (0, "operator")
    assert not any("hunter2" in line for line in server.audit())
    assert server.services.audit.verify().signed_lines == count + 1


def test_a_key_seals_its_last_secret_and_no_other(memory: MemoryServer) -> None:
    memory.cmdb.state.seals[memory.active()] = SEALS_LIMIT - 1
    memory.accept()
    memory.add("the last")
    with pytest.raises(KeyUsedUp):
        memory.add("one too many")
    last = memory.services.credentials.show("run-as/the last")
    with pytest.raises(KeyUsedUp):
        memory.services.credentials.edit(last, run_as("other"), None, NOBODY)
    assert memory.secrets() == {"run-as/the last": "secret"}


def test_half_way_to_that_the_rotation_is_due(memory: MemoryServer) -> None:
    memory.cmdb.state.seals[memory.active()] = SEALS_DUE - 2
    memory.accept()
    memory.add("one")
    assert not memory.services.recoverability.overview().rotation_due
    memory.add("two")
    assert memory.services.recoverability.overview().rotation_due


def test_somebody_else_at_work_is_named(server: Server) -> None:
    with server.installation.lock.hold("rotating the key"), pytest.raises(Locked) as caught:
        server.add("one")
    assert caught.value.doing == "rotating the key"


def test_the_passphrase_is_asked_for_before_the_lock_is_taken(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", lambda request, retry: SecretBytes.from_text(PASSPHRASE))
    free = []

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free.append(server.lock_is_free())
        return SecretBytes.from_text(PASSPHRASE)

    credentials = server.services.credentials
    with SecretBytes(b"secret") as secret:
        one = credentials.add(run_as("one"), secret, provider)
        two = credentials.edit(one, run_as("two"), None, provider)
        credentials.reveal(two, provider).wipe()
    credentials.remove(two, provider)
    assert free == [True, True, True, True]


# --- finding --------------------------------------------------------------------------------------


def test_a_prefix_that_fits_several_names_them(memory: MemoryServer) -> None:
    for number in range(20):
        memory.add(f"deploy-{number}")
    ids = [row.credential.credential_id for row in memory.cmdb.state.rows.values()]
    shared = next(one[0] for one in ids if sum(other[0] == one[0] for other in ids) > 1)
    with pytest.raises(AmbiguousCredential) as caught:
        memory.services.credentials.show(shared)
    assert all(match.startswith("run-as/deploy-") for match in caught.value.matches)


@pytest.mark.parametrize("reference", ["run-as/nobody", "", "not hex", "hierarchy/one", "0" * 33])
def test_what_is_not_there_is_said_not_to_be(server: Server, reference: str) -> None:
    server.add("one")
    with pytest.raises(NoSuchCredential):
        server.services.credentials.show(reference)


# --- revealing ------------------------------------------------------------------------------------


def test_a_secret_is_revealed_only_once_the_trail_says_so(memory: MemoryServer) -> None:
    one = memory.add("one")
    rehearsal = Life()
    memory.with_life(rehearsal).services.credentials.reveal(one, NOBODY).wipe()
    committed = len(rehearsal.calls) - rehearsal.calls[::-1].index("cmdb.changing ends")
    count = len(memory.audit())
    with pytest.raises(Killed):
        memory.with_life(Life(committed)).services.credentials.reveal(one, NOBODY)
    assert len(memory.restarted().audit()) == count


def test_revealing_names_the_credential_and_not_its_secret(server: Server) -> None:
    server.add("one", "hunter2")
    revealed(server, "run-as/one")
    line = last_line(server)
    assert (line["action"], line["subject"]) == ("credential-revealed", "run-as/one")
    assert "hunter2" not in json.dumps(line)


def test_a_moved_secret_does_not_open_and_is_not_said_to_be_revealed(server: Server) -> None:
    one = server.add("one")
    server.forge_credential(one.credential_id, account="CORP\\mallory")
    count = len(server.audit())
    with pytest.raises(SealDoesNotOpen) as caught:
        server.services.credentials.reveal(one, NOBODY)
    assert caught.value.reason == "tampered"
    assert len(server.audit()) == count


def test_what_was_removed_meanwhile_is_said_to_be_gone(server: Server) -> None:
    one = server.add("one")
    server.services.credentials.remove(one, NOBODY)
    for use in (
        lambda: server.services.credentials.reveal(one, NOBODY),
        lambda: server.services.credentials.edit(one, one.fields, None, NOBODY),
        lambda: server.services.credentials.remove(one, NOBODY),
    ):
        with pytest.raises(NoSuchCredential):
            use()


# --- editing --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("field", "value"),
    [("name", "two"), ("target", "sales-*"), ("account", "CORP\\other"), ("note", "for the night shift")],
)
def test_another_field_keeps_the_secret_and_binds_it_anew(server: Server, field: str, value: str) -> None:
    one = server.add("one", "hunter2")
    server.clock.advance(hours=1)
    changed = one.fields._replace(**{field: value})  # type: ignore[arg-type]  # text fields only
    edited = server.services.credentials.edit(one, changed, None, NOBODY)
    assert edited.fields == changed
    assert edited.updated == server.clock.now()
    assert (edited.created, edited.number) == (one.created, one.number + 1)
    assert revealed(server, edited.reference) == "hunter2"
    before = getattr(one.fields, field)
    server.forge_credential(one.credential_id, **{field: before})
    with pytest.raises(SealDoesNotOpen):
        server.services.credentials.reveal(edited, NOBODY)


def test_another_secret_replaces_the_first(server: Server) -> None:
    one = server.add("one", "before")
    with SecretBytes(b"after") as secret:
        server.services.credentials.edit(one, one.fields, secret, NOBODY)
        assert secret.text() == "after"
    assert revealed(server, "run-as/one") == "after"
    assert '"secret":"new"' in server.audit()[-2]


def test_renaming_leaves_the_name_before_in_the_trail(server: Server) -> None:
    one = server.add("one")
    server.services.credentials.edit(one, run_as("two"), None, NOBODY)
    line = last_line(server)
    assert line["subject"] == "run-as/two"
    assert line["details"] == {"id": one.credential_id, "secret": "kept", "before": "run-as/one"}


def test_renaming_to_a_name_that_is_taken_changes_nothing(server: Server) -> None:
    one = server.add("one")
    server.add("two")
    before = server.everything()
    with pytest.raises(NameTaken):
        server.services.credentials.edit(one, run_as("two"), None, NOBODY)
    assert server.everything() == before


def test_a_row_of_a_lost_key_takes_a_new_secret_and_is_not_lost_any_more(
    server: Server, site: Site
) -> None:
    one = server.add("one")
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    with pytest.raises(SealDoesNotOpen) as caught:
        fresh.services.credentials.reveal(one, NOBODY)
    assert caught.value.reason == "key_missing"
    with SecretBytes(b"typed again") as secret:
        fresh.services.credentials.edit(one, one.fields, secret, NOBODY)
    assert fresh.secrets() == {"run-as/one": "typed again"}
    assert fresh.counts() == (0, 1, 0)


def test_an_edit_of_what_somebody_else_edited_meanwhile_is_refused(server: Server) -> None:
    seen = server.add("one")
    server.clock.advance(minutes=1)
    server.services.credentials.edit(seen, run_as("one", target="sales-*"), None, NOBODY)
    with pytest.raises(PlanOutdated):
        server.services.credentials.edit(seen, run_as("one", account="CORP\\other"), None, NOBODY)
    with pytest.raises(PlanOutdated):
        server.services.credentials.remove(seen, NOBODY)
    assert server.services.credentials.show("run-as/one").fields.target == "sales-*"


def test_a_rotation_in_between_does_not_outdate_what_a_person_saw(server: Server) -> None:
    seen = server.add("one")
    server.rotate(without_backup=True)
    server.services.credentials.edit(seen, run_as("two"), None, NOBODY)
    assert server.secrets() == {"run-as/two": "secret"}


def test_a_credential_is_exposed_from_its_last_edit_on(server: Server) -> None:
    server.rotate(without_backup=True)
    server.clock.advance(hours=1)
    one = server.add("one")
    server.clock.advance(hours=1)
    edited = server.services.credentials.edit(one, run_as("two"), None, NOBODY)
    assert server.services.recoverability.assess().exposed_since == edited.updated == server.clock.now()


# --- removing -------------------------------------------------------------------------------------


def test_removing_needs_no_key_and_is_told(server: Server) -> None:
    one = server.add("one")
    server.services.credentials.remove(one, NOBODY)
    assert server.services.credentials.total() == 0
    line = last_line(server)
    assert (line["action"], line["subject"]) == ("credential-removed", "run-as/one")


def test_nothing_is_unlocked_to_be_listed_or_shown_and_what_is_removed_is_opened_first(site: Site) -> None:
    def person(request: SecretRequest, retry: int) -> SecretBytes:
        return SecretBytes.from_text(PASSPHRASE)

    server = site.server()
    server.set_up("passphrase", person)
    with SecretBytes(b"secret") as secret:
        server.services.credentials.add(run_as("one"), secret, person)
    # Neither of these is given anybody to ask.
    assert server.services.credentials.total() == 1
    one = server.services.credentials.show("run-as/one")
    with pytest.raises(AssertionError, match="passphrase was asked for"):
        server.services.credentials.remove(one, NOBODY)
    server.services.credentials.remove(one, person)
    assert server.services.credentials.total() == 0
