"""What binds the keys to this machine or to a person is shown, and changed without losing any key."""

import json

import pytest

from nskeys.errors import (
    Locked,
    NoProvenBackup,
    NotSetUp,
    PasswordRefused,
    PlanOutdated,
    ProtectorUnavailable,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, SilentProgress
from nskeys.services.open_backup import find_source, opened
from nskeys.services.restore.service import RestoreChoices
from tests.fakes.dying import Life, every_death
from tests.fakes.fixed import Answers
from tests.fakes.keys import wrap_anew
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NOBODY, PASSPHRASE, PASSWORD, Server, Site, protector_named

OTHER = "another passphrase"


@pytest.fixture
def guarded(site: Site) -> Server:
    """A server whose keys a passphrase protects."""
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    return server


def opens_with(server: Server, passphrase: str) -> bool:
    """Whether a passphrase opens the key store."""
    try:
        server.services.verify.execute(Answers({Purpose.PASSPHRASE: [passphrase]}))
    except (WrongPassword, SecretUnavailable):
        return False
    return True


def test_it_is_shown_without_unlocking_anything(guarded: Server) -> None:
    info = guarded.services.protection.show()
    assert (info.protector, info.cmdb_id) == ("passphrase", guarded.installation.cmdb.cmdb_id())


def test_what_a_person_is_asked_is_known_without_asking(guarded: Server, site: Site) -> None:
    assert guarded.services.protection.asks() is Purpose.PASSPHRASE
    plain = site.server()
    plain.set_up()
    assert plain.services.protection.asks() is None


def test_keys_that_open_are_closed_again(guarded: Server) -> None:
    known = Answers({Purpose.PASSPHRASE: ["wrong", PASSPHRASE]})
    before = guarded.everything()
    guarded.services.protection.unlock(known)
    assert guarded.everything() == before
    assert not any(known.given)
    with pytest.raises(SecretUnavailable):
        guarded.services.protection.unlock(Answers())


def test_from_a_file_to_a_passphrase_every_key_and_secret_stays(server: Server) -> None:
    server.add("one", "the secret")
    server.rotate(without_backup=True)
    keys, public = server.keys(), server.installation.server_public()
    answers = Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]})
    info = server.services.protection.change("passphrase", NOBODY, answers, without_backup=True)
    assert info.protector == "passphrase"
    assert (server.keys(), server.installation.server_public()) == (keys, public)
    assert opens_with(server, PASSPHRASE)
    one = server.services.credentials.show("run-as/one")
    given = Answers({Purpose.PASSPHRASE: [PASSPHRASE]})
    with server.services.credentials.reveal(one, given) as secret:
        assert secret.text() == "the secret"
    assert not any(answers.given)


def test_another_passphrase_takes_the_first_ones_place(guarded: Server) -> None:
    before = guarded.services.protection.show()
    known = Answers({Purpose.PASSPHRASE: [PASSPHRASE]})
    after = guarded.services.protection.change(
        "passphrase", known, Answers({Purpose.NEW_PASSPHRASE: [OTHER]}), without_backup=True
    )
    assert after.store_id != before.store_id
    assert opens_with(guarded, OTHER)
    assert not opens_with(guarded, PASSPHRASE)
    assert len(known.asked) == 1


def test_its_line_in_the_trail_says_from_what_to_what(guarded: Server) -> None:
    guarded.services.protection.change(
        "file", Answers({Purpose.PASSPHRASE: [PASSPHRASE]}), NOBODY, without_backup=True
    )
    line = json.loads(guarded.audit()[-1])
    assert line["action"] == "protector-changed"
    assert line["details"] == {"before": "passphrase", "after": "file"}
    assert guarded.services.audit.verify().signed_lines == len(guarded.audit())


def test_a_wrong_passphrase_is_asked_for_again_and_changes_nothing(guarded: Server) -> None:
    before = guarded.everything()
    wrong = Answers({Purpose.PASSPHRASE: ["wrong", ""]})
    with pytest.raises((WrongPassword, SecretUnavailable)):
        guarded.services.protection.change("file", wrong, NOBODY, without_backup=True)
    assert guarded.everything() == before
    assert [retry for _, retry in wrong.asked] == [0, 1, 2]
    right = Answers({Purpose.PASSPHRASE: ["wrong", PASSPHRASE]})
    assert (
        guarded.services.protection.change("file", right, NOBODY, without_backup=True).protector == "file"
    )
    assert not any(right.given)


def test_an_empty_new_passphrase_is_refused_and_changes_nothing(guarded: Server) -> None:
    before = guarded.everything()
    known = Answers({Purpose.PASSPHRASE: [PASSPHRASE]})
    with pytest.raises(PasswordRefused):
        guarded.services.protection.change(
            "passphrase", known, Answers({Purpose.NEW_PASSPHRASE: [""]}), without_backup=True
        )
    assert guarded.everything() == before


def test_a_protector_that_is_not_there_is_said_before_anything_is_asked(guarded: Server) -> None:
    with pytest.raises(ProtectorUnavailable):
        guarded.services.protection.change("tpm2", NOBODY, NOBODY)


def test_both_passphrases_are_asked_for_before_the_lock_is_taken(guarded: Server) -> None:
    free = {}

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free[request.purpose] = guarded.lock_is_free()
        return SecretBytes.from_text(PASSPHRASE if request.purpose is Purpose.PASSPHRASE else OTHER)

    guarded.services.protection.change("passphrase", provider, provider, without_backup=True)
    assert free == {Purpose.PASSPHRASE: True, Purpose.NEW_PASSPHRASE: True}


def test_while_somebody_else_works_nothing_is_changed(server: Server) -> None:
    with server.installation.lock.hold("making a backup"), pytest.raises(Locked):
        server.protect_anew()


def test_without_a_proven_backup_elsewhere_nothing_is_asked_and_nothing_changed(server: Server) -> None:
    server.back_up(server.local)
    before = server.everything()
    with pytest.raises(NoProvenBackup):
        server.services.protection.change("passphrase", NOBODY, NOBODY)
    assert server.everything() == before


def test_a_backup_counts_before_a_change_only_where_it_holds_every_key(server: Server) -> None:
    server.add("one")
    assert server.services.protection.backup_before() is None
    copy = server.back_up().copy
    held = server.services.protection.backup_before()
    assert held is not None
    assert held.address == copy.address
    server.rotate(without_backup=True)
    assert server.services.protection.backup_before() is None
    newer = server.back_up().copy
    assert server.services.protection.change("file", NOBODY, NOBODY).protector == "file"
    server.lose(newer.address)
    with pytest.raises(NoProvenBackup):
        server.services.protection.change("file", NOBODY, NOBODY)


def test_a_new_passphrase_that_opens_the_newest_backup_is_refused(server: Server) -> None:
    server.back_up()
    answers = Answers({Purpose.NEW_PASSPHRASE: [PASSWORD, PASSPHRASE]})
    server.services.protection.change("passphrase", NOBODY, answers)
    assert [retry for _, retry in answers.asked] == [0, 1]
    assert opens_with(server, PASSPHRASE)
    assert not any(answers.given)


def test_a_backup_that_cannot_be_reached_holds_no_new_passphrase_up(server: Server) -> None:
    server.back_up()
    with server.cut_off(server.vault):
        answers = Answers({Purpose.NEW_PASSPHRASE: [PASSWORD]})
        server.services.protection.change("passphrase", NOBODY, answers, without_backup=True)
    assert opens_with(server, PASSWORD)


def test_a_restore_takes_no_passphrase_that_opens_the_backup_it_comes_from(site: Site) -> None:
    old = site.server()
    old.set_up()
    old.add("one")
    address = old.back_up().copy.address
    new = site.with_database_of(old)
    wanted = [PASSWORD, PASSPHRASE]
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD], Purpose.NEW_PASSPHRASE: wanted})
    source = find_source(new.installation, address)
    with opened(new.installation, source, answers, SilentProgress()) as found:
        plan = new.services.restore.plan(found)
        new.services.restore.execute(
            plan, found, answers, RestoreChoices(new.settings(), "passphrase", plan.facts.server_key)
        )
    assert opens_with(new, PASSPHRASE)


def test_killed_anywhere_a_change_has_its_line_or_did_not_happen(memory: MemoryServer) -> None:
    memory.add("one", "the secret")
    memory.protect_anew()
    generation, lines = memory.services.protection.show().generation, 1
    told = []

    def change(life: Life) -> None:
        memory.with_life(life).services.protection.change("file", NOBODY, NOBODY, without_backup=True)

    def survive(_: Life) -> None:
        nonlocal lines, generation
        memory.restarted()
        assert memory.secrets() == {"run-as/one": "the secret"}, "which finishes what was begun"
        switched = memory.services.protection.show().generation - generation
        added = sum('"protector-changed"' in line for line in memory.audit()) - lines
        told.append((switched, added))
        assert memory.services.audit.verify().whole
        lines, generation = lines + added, generation + switched

    every_death(change, survive)
    assert set(told) == {(0, 0), (1, 1)}


def test_a_change_that_fails_is_not_in_the_trail(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*given: object) -> None:
        raise Locked("disk", 0, "", "")

    monkeypatch.setattr(memory.key_store, "prepare", full)
    before = memory.audit()
    with pytest.raises(Locked):
        memory.protect_anew()
    assert memory.audit() == before


def test_a_server_that_is_not_set_up_has_no_protector(site: Site) -> None:
    server = site.server()
    with pytest.raises(NotSetUp):
        server.services.protection.show()
    with pytest.raises(NotSetUp):
        server.protect_anew()


def test_a_change_that_somebody_else_overtook_is_planned_anew(memory: MemoryServer) -> None:
    def thinks_long(request: SecretRequest, retry: int) -> SecretBytes:
        wrap_anew(memory.key_store, protector_named("file"), NOBODY, NOBODY)
        return SecretBytes.from_text(OTHER)

    with pytest.raises(PlanOutdated):
        memory.services.protection.change("passphrase", NOBODY, thinks_long, without_backup=True)
    assert memory.services.protection.show().protector == "file"
