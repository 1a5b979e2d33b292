"""What every CMDB keeps to, in memory, in an SQLite file and on a PostgreSQL server: being there,
transactions, the audit trail, rotations and the register.
"""

import json
from datetime import timedelta

import pytest

from nskeys.errors import AlreadySetUp, CmdbBusy, CmdbDamaged, NotSetUp
from nskeys.model.audit import AuditHead, first_digest, next_digest
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.keys import Rotation, RotationStage
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.model.register_json import from_text, to_text
from nskeys.ports import Cmdb, CmdbView, RecoveryRow, RegisterRow, SignedStatement
from tests.fakes.backups import a_copy
from tests.fakes.cmdbs import CMDB_ID, add, stored, stream_raw
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import AFTERNOON
from tests.fakes.keys import a_key

LATER = AFTERNOON + timedelta(days=1)


def a_row(copy: BackupCopy, signature: bytes | None = b"s" * 64) -> RegisterRow:
    """A register row that the server key signed, or did not."""
    return RegisterRow(to_text(copy), signature)


# --- being there ------------------------------------------------------------------------------------


def test_a_place_without_a_cmdb_says_so_and_stays_empty(empty_cmdb: Cmdb) -> None:
    assert not empty_cmdb.exists()
    with pytest.raises(NotSetUp):
        empty_cmdb.cmdb_id()
    with pytest.raises(NotSetUp), empty_cmdb.reading():
        pytest.fail("there is nothing to read")
    with pytest.raises(NotSetUp), empty_cmdb.changing(an_event()):
        pytest.fail("there is nothing to change")
    with pytest.raises(NotSetUp):
        list(stream_raw(empty_cmdb))
    assert not empty_cmdb.exists()


def test_a_new_cmdb_knows_its_id_and_holds_nothing(cmdb: Cmdb) -> None:
    assert cmdb.exists()
    assert cmdb.cmdb_id() == CMDB_ID
    with cmdb.reading() as view:
        assert view.counts() == ()
        assert view.total(CredentialFilter()) == 0
        assert view.page(CredentialFilter(), CredentialOrder(), 10) == ()
        assert view.sealed() == ()
        assert view.names() == frozenset()
        assert view.register_rows() == ()
        assert view.rotation() is None
        assert view.audit_head() == AuditHead(0, first_digest(CMDB_ID))
        assert view.checkpoint() is None
        assert view.audit_entries() == ()
        assert view.seals(OLD_KEY) == 0
    assert list(stream_raw(cmdb)) == []


def test_making_it_again_changes_nothing(cmdb: Cmdb) -> None:
    add(cmdb, a_credential())
    cmdb.create(CMDB_ID)
    assert len(stored(cmdb)) == 1


def test_another_id_does_not_take_its_place(cmdb: Cmdb) -> None:
    with pytest.raises(AlreadySetUp):
        cmdb.create("d1" * 16)
    assert cmdb.cmdb_id() == CMDB_ID


def test_it_goes_on_after_its_connections_were_let_go(cmdb: Cmdb) -> None:
    add(cmdb, a_credential())
    cmdb.close()
    assert len(stored(cmdb)) == 1


# --- transactions and the audit trail ---------------------------------------------------------------


def test_a_change_is_whole_or_not_at_all(cmdb: Cmdb) -> None:
    class Broken(Exception):
        """Something that happens in the middle."""

    def change_everything() -> None:
        with cmdb.changing(an_event("lost")) as change:
            change.add([a_credential()])
            change.set_keys([a_key(NEW_KEY)])
            change.set_recovery(RecoveryRow("{}", b"s" * 64))
            change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
            change.record(a_copy(), a_row(a_copy()))
            change.set_checkpoint(None, SignedCheckpoint("{}", b"s" * 64))
            change.add_statement(SignedStatement(1, "accepted", "{}", b"s" * 64))
            raise Broken

    with pytest.raises(Broken):
        change_everything()
    with cmdb.reading() as view:
        assert view.sealed() == ()
        assert view.rotation() is None
        assert view.register_rows() == ()
        assert (view.keys(), view.recovery_row()) == ((), None)
        assert view.audit_head().count == 0
        assert view.checkpoint() is None


def test_a_change_sees_itself_and_others_see_it_when_it_is_done(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.add([a_credential()])
        assert change.total(CredentialFilter()) == 1
        assert change.audit_head().count == 1
        assert stored(cmdb) == ()
        assert cmdb.cmdb_id() == CMDB_ID
    assert len(stored(cmdb)) == 1


def test_two_changes_at_once_do_not_happen(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event("first")) as change:
        change.add([a_credential("first")])
        with pytest.raises(CmdbBusy), cmdb.changing(an_event("second")):
            pytest.fail("another change is open")
    assert [row.credential.fields.name for row in stored(cmdb)] == ["first"]
    add(cmdb, a_credential("third"))


def test_what_a_look_sees_does_not_change_while_it_is_open(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("one"))
    with cmdb.reading() as view:
        before = view.sealed()
        with_luck = False
        try:
            add(cmdb, a_credential("two"))
            with_luck = True
        except CmdbBusy:
            pass  # SQLite lets no change commit while a look is open
        assert view.sealed() == before
        assert view.audit_head().count == 1
    assert len(stored(cmdb)) == (2 if with_luck else 1)


def test_every_change_lengthens_the_chain_by_its_line(cmdb: Cmdb) -> None:
    events = [an_event("first"), an_event("second — 🔑", LATER), an_event('"third"')]
    for one in events:
        with cmdb.changing(one):
            pass
    digest = first_digest(CMDB_ID)
    with cmdb.reading() as view:
        entries = view.audit_entries()
        assert [entry.number for entry in entries] == [1, 2, 3]
        for number, (entry, one) in enumerate(zip(entries, events, strict=True), 1):
            digest = next_digest(digest, one.line(number))
            assert (entry.line, entry.digest) == (one.line(number), digest)
        assert view.audit_head() == AuditHead(3, digest)
        assert view.audit_entries(after=1, limit=1) == entries[1:2]
        assert view.audit_entries(after=3) == ()


def test_events_of_earlier_stand_before_the_line_of_the_change_that_takes_them(cmdb: Cmdb) -> None:
    waited = an_event("waited")._replace(event_id="ab" * 16)
    with cmdb.changing(an_event("taker", LATER), [waited]) as change:
        assert change.audit_head().count == 2
    with cmdb.reading() as view:
        lines = [json.loads(entry.line) for entry in view.audit_entries()]
    assert [(line["subject"], line["number"], line.get("event")) for line in lines] == [
        ("waited", 1, "ab" * 16),
        ("taker", 1, None),
    ]


def test_a_change_may_go_on_from_a_higher_number(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event(), number=1_000_000) as change:
        assert change.number == 1_000_000
    with cmdb.changing(an_event()) as change:
        assert change.number == 1_000_001


def test_whoever_looks_before_a_change_sees_what_was_there_and_can_refuse(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("one"))
    found = []

    def refuse(view: CmdbView) -> None:
        found.append((view.number, view.audit_head().count, view.total(CredentialFilter())))
        raise KeyError

    with pytest.raises(KeyError), cmdb.changing(an_event(), check=refuse):
        pytest.fail("the change began")
    assert found == [(1, 1, 1)]
    with cmdb.reading() as view:
        assert (view.number, view.audit_head().count) == (1, 1)


def test_the_checkpoint_is_replaced_only_where_it_is_the_one_before(cmdb: Cmdb) -> None:
    first, second, third = (SignedCheckpoint(text, text.encode()) for text in ("one", "two", "three"))
    with cmdb.changing(an_event()) as change:
        change.set_checkpoint(None, first)
    with cmdb.changing(an_event()) as change:
        change.set_checkpoint(first, second)
    for before in (None, first, SignedCheckpoint("two", b"other")):
        with pytest.raises(CmdbDamaged), cmdb.changing(an_event()) as change:
            change.set_checkpoint(before, third)
    with cmdb.reading() as view:
        assert view.checkpoint() == second


def test_who_looks_alone_keeps_changes_away(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("one"))
    with cmdb.alone() as view:
        assert view.total(CredentialFilter()) == 1
        with pytest.raises(CmdbBusy), cmdb.changing(an_event()):
            pytest.fail("another change is open")
    add(cmdb, a_credential("two"))


def test_statements_stay_and_notes_are_bounded(cmdb: Cmdb) -> None:
    statement = SignedStatement(7, "accepted", "{}", b"\x01")
    with cmdb.changing(an_event()) as change:
        change.add_statement(statement)
    for number in range(1_003):
        cmdb.note(f"note {number}")
    with cmdb.reading() as view:
        assert view.statements() == (statement,)
        assert (len(view.notes()), view.notes()[0], view.notes()[-1]) == (1_000, "note 1002", "note 3")
        assert (view.number, view.audit_head().count) == (1, 1), "a note is no change"


def test_every_row_of_a_key_is_told_whole(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.set_keys([a_key(OLD_KEY), a_key(NEW_KEY)])
        before = change.key_rows()
    assert [row["kid"] for row in before] == sorted((OLD_KEY, NEW_KEY), key=(OLD_KEY, NEW_KEY).index)
    add(cmdb, a_credential("one"))
    with cmdb.reading() as view:
        after = view.key_rows()
    assert after[0] != before[0]
    assert after[1] == before[1]


# --- rotations and the register ---------------------------------------------------------------------


def test_a_rotation_is_open_until_it_is_finished(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        first = change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
    assert first.number == 1
    going = first._replace(stage=RotationStage.RESEALING, changed=LATER, gate_skipped=True)
    with cmdb.changing(an_event()) as change:
        assert change.set_rotation(going) == going
        assert change.rotation() == going
    with cmdb.changing(an_event()) as change:
        change.set_rotation(going._replace(stage=RotationStage.FINISHED))
        assert change.rotation() is None
        second = change.set_rotation(Rotation(0, OLD_KEY, RotationStage.WAITING, LATER, LATER))
    assert second.number == 2
    with cmdb.reading() as view:
        assert view.rotation() == second


def test_the_register_is_read_as_it_was_written(cmdb: Cmdb) -> None:
    first, second = a_copy(generation=1), a_copy(generation=2, address="/mnt/vault/two.zip")
    other = a_copy(generation=2, address="/mnt/other/two.zip")
    rows = (a_row(second), a_row(first, None), a_row(other))
    with cmdb.changing(an_event()) as change:
        for copy, row in zip((second, first, other), rows, strict=True):
            change.record(copy, row)
    with cmdb.reading() as view:
        assert view.register_rows() == rows
        assert view.register_count() == 3
        assert [from_text(row.text) for row in view.register_rows()] == [second, first, other]


def test_a_copys_row_is_replaced_and_no_other(cmdb: Cmdb) -> None:
    here = a_copy(generation=1, address="/mnt/a.zip")
    there = a_copy(generation=1, address="/mnt/b.zip")
    gone = here.seen(CopyStatus.MISSING, LATER)
    with cmdb.changing(an_event()) as change:
        change.record(here, a_row(here))
        change.record(there, a_row(there))
    with cmdb.changing(an_event()) as change:
        change.record(gone, a_row(gone, b"t" * 64))
    with cmdb.reading() as view:
        assert view.register_rows() == (a_row(gone, b"t" * 64), a_row(there))


def test_a_row_that_does_not_say_what_its_copy_says_is_not_recorded(cmdb: Cmdb) -> None:
    copy = a_copy()
    with pytest.raises(ValueError, match="register row"), cmdb.changing(an_event()) as change:
        change.record(copy, a_row(copy.seen(CopyStatus.MISSING, LATER)))
    with cmdb.reading() as view:
        assert view.register_rows() == ()


def test_an_address_may_be_as_long_as_a_path(cmdb: Cmdb) -> None:
    copy = a_copy(address="/" + "ä" * 4_000)
    for status in (CopyStatus.GOOD, CopyStatus.MISSING):
        seen = copy.seen(status, LATER)
        with cmdb.changing(an_event()) as change:
            change.record(seen, a_row(seen))
    with cmdb.reading() as view:
        assert [from_text(row.text).status for row in view.register_rows()] == [CopyStatus.MISSING]
