"""A backup counts only after it was read back, and opened twice; until then nothing says there is one."""

import json
import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from nskeys.archive import cross_check
from nskeys.archive.inspection import inspect
from nskeys.errors import (
    BackupNotProven,
    Cancelled,
    CannotCreate,
    DestinationUnreachable,
    HintRefused,
    PasswordRefused,
    PlanOutdated,
    SecretUnavailable,
)
from nskeys.model.destinations import Location
from nskeys.model.recoverability import DueReason
from nskeys.model.register import CopyStatus, Proof
from nskeys.model.registry import RegistryValues
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SecretRequest, SilentProgress, Stage
from nskeys.reasons import Problem, Wanted
from tests.fakes.fixed import Answers
from tests.fakes.memory_destination import MemoryDestination
from tests.fakes.memory_site import MemoryServer
from tests.fakes.servers import NAME, NOBODY, PASSPHRASE, PASSWORD, Server, Site
from tests.fakes.watching import Watching

VAULT = "/vault"


def unregistered(server: Server) -> None:
    """Nothing says that there is a backup."""
    assert server.register_rows() == []
    assert server.installation.registry.read() == RegistryValues()
    assert server.services.recoverability.assess().due == (DueReason.NEVER,)


# --- one that succeeds ----------------------------------------------------------------------------


def test_it_is_registered_as_opened_and_the_registry_values_follow(server: Server) -> None:
    server.add("one")
    report = server.back_up()
    copy = report.copy
    assert (copy.proof, copy.status, copy.where.location) == (
        Proof.OPENED,
        CopyStatus.GOOD,
        Location.ELSEWHERE,
    )
    assert report.credentials == 1
    assert report.kids == (server.active(),)
    assert server.installation.registry.read() == RegistryValues(server.vault, copy.backup.created)
    assert server.counts() == (1, 0, 0)
    assert server.services.recoverability.assess().last == copy


def test_its_line_in_the_trail_names_file_and_generation(server: Server) -> None:
    copy = server.back_up_keys().copy
    line = json.loads(server.audit()[-1])
    assert (line["action"], line["subject"]) == ("backed-up", copy.address)
    assert line["details"] == {"generation": "1", "kms_sha256": copy.backup.kms_sha256}
    assert server.services.audit.verify().signed_lines == len(server.audit())


def test_its_name_tells_server_cmdb_and_moment(server: Server) -> None:
    plan = server.services.backup.plan()
    cmdb = server.installation.cmdb.cmdb_id()[:8]
    assert plan.archive_name == f"{NAME}-{cmdb}-20261123T140200Z.zip"
    assert server.back_up().copy.backup.archive_name == plan.archive_name


@pytest.mark.parametrize(
    ("name", "spelled"),
    [("ns 01/../x", "ns-01-..-x"), ("Zürich", "Z-rich"), ("..", "server"), ("x" * 300, "x" * 100)],
)
def test_a_server_name_is_reduced_to_what_a_file_name_may_hold(
    memory: MemoryServer, name: str, spelled: str
) -> None:
    memory.settings_file.write(replace(memory.settings_file.read(), server_name=name))
    made = memory.services.backup.plan().archive_name
    assert re.fullmatch(rf"{re.escape(spelled)}-[0-9a-f]{{8}}-\d{{8}}T\d{{6}}Z\.zip", made)


def test_two_in_one_second_are_two_files(server: Server) -> None:
    first, second = server.back_up().copy, server.back_up().copy
    assert second.backup.archive_name == first.backup.archive_name.replace(".zip", "-2.zip")
    assert [copy.status for copy in server.services.register.copies()] == [CopyStatus.GOOD, CopyStatus.GOOD]


def test_its_facts_say_where_nskeys_is_to_be_had(memory: MemoryServer) -> None:
    source = "https://pkgs.example.net/nskeys"
    memory.settings_file.write(replace(memory.settings_file.read(), source=source))
    copy = memory.back_up().copy
    destination, name = memory.installation.destinations.source(copy.address)
    manifest = inspect(copy.address, destination.read(name, 1 << 20)).manifest
    assert manifest is not None
    assert manifest.facts.source == source


def test_each_names_the_one_before(server: Server) -> None:
    first, second = server.back_up().copy.backup, server.back_up(server.local).copy.backup
    assert (first.generation, first.previous) == (1, None)
    assert (second.generation, second.previous) == (2, first.kms_sha256)


def test_a_retired_one_is_still_the_one_before(server: Server) -> None:
    first = server.back_up().copy
    server.services.register.retire(server.services.register.plan_retire(first.address), NOBODY)
    assert server.back_up().copy.backup.previous == first.backup.kms_sha256


def test_a_backup_of_another_cmdb_that_was_restored_here_pushes_no_generation(
    server: Server, site: Site
) -> None:
    other = site.server()
    other.set_up()
    for _ in range(3):
        theirs = other.back_up().copy
    server.restore(theirs.address)
    made = server.back_up().copy.backup
    assert (made.generation, made.previous) == (1, None)
    assert server.services.recoverability.assess().due == ()


def test_what_it_says_of_itself_is_what_the_server_is(server: Server) -> None:
    server.add("one")
    server.add("two")
    server.rotate(without_backup=True)
    server.add("three")
    copy = server.back_up_keys(hint="the usual drawer").copy
    destination, name = server.installation.destinations.source(copy.address)
    manifest = inspect(copy.address, destination.read(name, 1 << 20)).manifest
    assert manifest is not None
    facts = manifest.facts
    assert (facts.server, facts.cmdb_id) == (NAME, server.installation.cmdb.cmdb_id())
    assert {key.info.kid: key.credentials for key in facts.keys} == {
        key.kid: 3 if key.kid == server.active() else 0 for key in server.keys()
    }
    assert dict(facts.kinds) == {"hierarchy": 0, "pcanywhere": 0, "run-as": 3}
    assert facts.audit.count == len(server.audit()) - 1
    assert facts.hint == "the usual drawer"


def test_credentials_that_are_lost_are_counted_too_but_not_covered(server: Server, site: Site) -> None:
    server.add("one")
    fresh = site.with_database_of(server)
    fresh.services.set_up.execute("file", NOBODY, fresh.settings(), accept_loss=1)
    fresh.add("two")
    assert fresh.services.backup.plan(fresh.vault).credentials == 2
    assert fresh.back_up().credentials == 1
    assert fresh.counts() == (1, 0, 1)


def test_a_key_whose_row_somebody_took_away_is_in_it_all_the_same(memory: MemoryServer) -> None:
    """Keys and states are those of the home's checkpoint, which nobody changes through the database."""
    [key] = memory.installation.keys()
    memory.cmdb.state.keys.clear()
    assert memory.installation.keys() == ()
    assert memory.back_up().copy.backup.kids == (key.kid,)


def test_its_stages_are_told_in_order(server: Server) -> None:
    watching = Watching()
    server.back_up(progress=watching)
    assert watching.stages == [
        Stage.UNLOCKING,
        Stage.COLLECTING,
        Stage.ENCRYPTING,
        Stage.WRITING,
        Stage.READING_BACK,
        Stage.OPENING,
        Stage.RECORDING,
    ]


def test_a_plan_changes_nothing_and_leaves_nothing_behind(server: Server) -> None:
    before = server.everything()
    plan = server.services.backup.plan(server.vault, "a hint")
    assert (plan.generation, plan.credentials, plan.hint) == (1, 0, "a hint")
    assert plan.helps
    assert server.everything() == before
    assert server.services.destinations.files(server.vault) == ()


# --- one that does not ----------------------------------------------------------------------------


def test_what_is_read_back_and_differs_is_no_backup(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = MemoryDestination.read

    def flipped(self: MemoryDestination, name: str, limit: int) -> bytes:
        data = bytearray(read(self, name, limit))
        data[-1] ^= 1
        return bytes(data)

    monkeypatch.setattr(MemoryDestination, "read", flipped)
    with pytest.raises(BackupNotProven) as caught:
        memory.back_up()
    assert caught.value.problem == "differs"
    assert caught.value.address.startswith(VAULT)
    unregistered(memory)
    assert '"backup-failed"' in memory.audit()[-1]


def test_what_cannot_be_read_back_is_no_backup(
    memory: MemoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    def gone(self: MemoryDestination, name: str, limit: int) -> bytes:
        raise DestinationUnreachable(VAULT, Problem.GONE)

    monkeypatch.setattr(MemoryDestination, "read", gone)
    with pytest.raises(BackupNotProven) as caught:
        memory.back_up()
    assert caught.value.problem == "gone"
    unregistered(memory)


def test_what_the_second_reader_refuses_is_no_backup(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_check, "second_opinion", lambda *given: "failed work_factor")
    with pytest.raises(BackupNotProven) as caught:
        server.back_up()
    assert caught.value.problem == "second_reader"
    unregistered(server)


def test_what_the_second_reader_finds_must_be_what_was_written(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(cross_check, "second_opinion", lambda *given: "sha256 " + "0" * 64)
    with pytest.raises(BackupNotProven):
        server.back_up()
    unregistered(server)


def test_a_destination_that_fills_up_leaves_nothing(memory: MemoryServer) -> None:
    plan = memory.services.backup.plan(VAULT)
    memory.destinations.places[VAULT].refuses = Problem.NO_SPACE
    with pytest.raises(CannotCreate) as caught:
        memory.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    assert caught.value.problem == "no_space"
    assert memory.destinations.places[VAULT].files == {}
    unregistered(memory)


def test_a_destination_that_vanished_is_said_before_any_password(server: Server) -> None:
    with server.cut_off(server.vault), pytest.raises(DestinationUnreachable):
        server.services.backup.plan(server.vault)
    unregistered(server)


def test_a_failed_one_is_simply_made_again(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    server.add("one")
    with monkeypatch.context() as broken:
        broken.setattr(cross_check, "second_opinion", lambda *given: "")
        with pytest.raises(BackupNotProven):
            server.back_up()
    made = server.back_up().copy.backup
    assert (made.generation, made.previous) == (2, None)
    assert server.counts() == (1, 0, 0)


def test_stopped_at_its_first_checkpoint_it_leaves_nothing(server: Server) -> None:
    before = server.everything()
    with pytest.raises(Cancelled):
        server.back_up(progress=Watching(stops_at=1))
    assert server.everything() == before
    assert server.services.destinations.files(server.vault) == ()


def test_stopped_before_anything_is_sent_only_its_number_is_gone(server: Server) -> None:
    rows = server.register_rows()
    with pytest.raises(Cancelled):
        server.back_up(progress=Watching(stops_at=2))
    assert server.services.destinations.files(server.vault) == ()
    assert server.register_rows() == rows
    assert '"action":"backup-began"' in server.audit()[-1]
    assert server.back_up().copy.backup.generation == 2


def test_once_it_is_written_it_is_finished(server: Server) -> None:
    watching = Watching()
    server.back_up(progress=watching)
    assert watching.checkpoints == 2


@pytest.mark.parametrize(
    "change",
    [
        lambda server: server.rotate(),
        lambda server: server.protect_anew(),
    ],
    ids=["a new key", "another protector"],
)
def test_a_plan_is_outdated_once_the_keys_changed(
    server: Server, change: Callable[[Server], object]
) -> None:
    plan = server.services.backup.plan(server.vault)
    change(server)
    with pytest.raises(PlanOutdated):
        server.services.backup.execute(plan, Answers({Purpose.NEW_BACKUP_PASSWORD: [PASSWORD]}))
    assert server.services.destinations.files(server.vault) == ()


# --- its password ---------------------------------------------------------------------------------


def refusals(
    server: Server, *passwords: str, hint: str = ""
) -> tuple[Answers, pytest.ExceptionInfo[Exception]]:
    """What happens to these answers, none of which can be used."""
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: passwords, Purpose.PASSPHRASE: [PASSPHRASE]})
    plan = server.services.backup.plan(server.vault, hint)
    with pytest.raises((PasswordRefused, HintRefused)) as caught:
        server.services.backup.execute(plan, answers)
    unregistered(server)
    assert not any(answers.given)
    return answers, caught


def test_an_empty_password_is_refused_and_asked_for_again(server: Server) -> None:
    answers, caught = refusals(server, "", "")
    assert isinstance(caught.value, PasswordRefused)
    assert caught.value.reason == "empty"
    assert [retry for _, retry in answers.asked] == [0, 1, 2]


def test_a_refused_password_is_followed_by_one_that_can_be_used(server: Server) -> None:
    answers = Answers({Purpose.NEW_BACKUP_PASSWORD: ["", "x" * 2_000, PASSWORD]})
    server.services.backup.execute(server.services.backup.plan(server.vault), answers)
    assert [retry for _, retry in answers.asked] == [0, 1, 2]
    assert not any(answers.given)


def test_a_password_that_is_no_text_is_refused(server: Server) -> None:
    def binary(request: SecretRequest, retry: int) -> SecretBytes:
        if retry:
            raise SecretUnavailable(Wanted(request.purpose))
        return SecretBytes(b"\xff\xfe")

    with pytest.raises(PasswordRefused) as caught:
        server.services.backup.execute(server.services.backup.plan(server.vault), binary)
    assert caught.value.reason == "not_text"


def test_a_hint_that_gives_the_password_away_is_refused(server: Server) -> None:
    _, caught = refusals(server, "hunter2", hint="it is HUNTER2, as always")
    assert isinstance(caught.value, HintRefused)
    assert caught.value.reason == "contains_password"


@pytest.mark.parametrize(
    ("hint", "reason"), [("x" * 201, "too_long"), ("line\nbreak", "control_characters")]
)
def test_a_hint_that_cannot_stand_in_a_backup_is_refused_before_anything(
    server: Server, hint: str, reason: str
) -> None:
    with pytest.raises(HintRefused) as caught:
        server.services.backup.plan(server.vault, hint)
    assert caught.value.reason == reason


def test_a_password_that_also_opens_the_key_store_is_refused(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    _, caught = refusals(server, PASSPHRASE)
    assert isinstance(caught.value, PasswordRefused)
    assert caught.value.reason == "opens_key_store"


def test_a_provider_that_has_nothing_says_so(server: Server) -> None:
    with pytest.raises(SecretUnavailable):
        server.services.backup.execute(server.services.backup.plan(server.vault), Answers())
    unregistered(server)


def test_password_and_passphrase_are_asked_for_before_the_lock_is_taken(site: Site) -> None:
    server = site.server()
    server.set_up("passphrase", Answers({Purpose.NEW_PASSPHRASE: [PASSPHRASE]}))
    free = {}

    def provider(request: SecretRequest, retry: int) -> SecretBytes:
        free[request.purpose] = server.lock_is_free()
        asked_for_keys = request.purpose is Purpose.PASSPHRASE
        return SecretBytes.from_text(PASSPHRASE if asked_for_keys else PASSWORD)

    server.services.backup.execute(server.services.backup.plan(server.vault), provider)
    assert free == {Purpose.NEW_BACKUP_PASSWORD: True, Purpose.PASSPHRASE: True}


# --- when one is due ------------------------------------------------------------------------------


def test_after_one_none_is_due_until_a_key_is_new_or_the_file_is_gone(server: Server) -> None:
    assert server.services.backup.due() == (DueReason.NEVER,)
    server.add("one")
    address = server.back_up().copy.address
    server.clock.advance(days=700)
    server.add("two")
    assert server.services.backup.due() == ()
    server.lose(address)
    assert server.services.backup.due() == (DueReason.NO_GOOD_COPY,)
    server.back_up()
    assert server.services.backup.due() == ()
    server.clock.advance(hours=1)
    server.rotate()
    assert DueReason.KEY_NEWER in server.services.backup.due()
    server.back_up()
    assert server.services.backup.due() == ()


def test_one_on_the_same_disk_is_due_no_second_time_there_but_elsewhere(server: Server) -> None:
    server.add("one")
    server.back_up(server.local)
    assert server.services.backup.due() == ()
    assert server.services.backup.due(server.local) == ()
    assert server.services.backup.due(server.vault) == (DueReason.NO_GOOD_COPY,)
    assert server.counts() == (0, 1, 0)


def test_the_first_screen_and_the_timer_agree_when_the_vaults_file_is_gone_and_one_is_here(
    server: Server,
) -> None:
    server.add("one")
    server.back_up(server.local)
    address = server.back_up().copy.address
    server.lose(address)
    assert server.services.backup.due() == (DueReason.NO_GOOD_COPY,)
    assert server.services.recoverability.assess().due == (DueReason.NO_GOOD_COPY,)


def test_a_vault_that_cannot_be_reached_now_still_counts_as_where_backups_go(server: Server) -> None:
    server.add("one")
    server.back_up(server.local)
    server.back_up()
    with server.cut_off(server.vault):
        assert server.services.backup.due() == (DueReason.NO_GOOD_COPY,)
    assert server.services.backup.due() == ()


def test_a_date_in_the_future_is_said_to_be_wrong(server: Server) -> None:
    server.back_up()
    assert not server.services.recoverability.overview().backup_date_ahead
    server.clock.advance(days=-1)
    assert server.services.recoverability.overview().backup_date_ahead


def test_others_change_things_while_it_is_encrypted_sent_and_read_back(server: Server) -> None:
    """A slow place keeps nobody waiting."""
    server.add("one")
    free: dict[Stage, bool] = {}

    class Adds(SilentProgress):
        def stage(self, stage: Stage, total: int | None = None) -> None:
            free[stage] = server.lock_is_free()
            if stage is Stage.WRITING:
                server.add("meanwhile")

    made = server.back_up(progress=Adds())
    slow = (Stage.ENCRYPTING, Stage.WRITING, Stage.READING_BACK, Stage.OPENING)
    assert [free[stage] for stage in slow] == [True] * 4
    assert made.copy.signed
    assert server.services.audit.verify().whole
    assert set(server.secrets()) == {"run-as/one", "run-as/meanwhile"}
