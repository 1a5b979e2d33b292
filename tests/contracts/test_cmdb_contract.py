"""What every CMDB keeps to, in memory, in an SQLite file and on a PostgreSQL server: being there,
transactions, the audit trail, rotations and the register.
"""

from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.errors import AlreadySetUp, CmdbBusy, NotSetUp
from nskeys.model.audit import AuditHead, first_digest, next_digest
from nskeys.model.credential_list import CredentialFilter, CredentialOrder
from nskeys.model.keys import Rotation, RotationStage
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.model.register_json import from_text, to_text
from nskeys.ports import Cmdb, RegisterRow
from tests.fakes.backups import a_copy
from tests.fakes.cmdbs import CMDB_ID, add, stored
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import AFTERNOON

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
        list(empty_cmdb.stream_raw())
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
        assert view.audit_signature() is None
        assert view.audit_entries() == ()
        assert view.seals(OLD_KEY) == 0
    assert list(cmdb.stream_raw()) == []


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
            change.know_keys([NEW_KEY])
            change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
            change.record(a_copy(), a_row(a_copy()))
            change.sign_audit(change.audit_head(), b"s" * 64)
            raise Broken

    with pytest.raises(Broken):
        change_everything()
    with cmdb.reading() as view:
        assert view.sealed() == ()
        assert view.rotation() is None
        assert view.register_rows() == ()
        assert view.audit_head().count == 0
        assert view.audit_signature() is None


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
        for entry, one in zip(entries, events, strict=True):
            digest = next_digest(digest, one.line())
            assert (entry.line, entry.digest) == (one.line(), digest)
        assert view.audit_head() == AuditHead(3, digest)
        assert view.audit_entries(after=1, limit=1) == entries[1:2]
        assert view.audit_entries(after=3) == ()


def test_the_last_signed_head_is_remembered(cmdb: Cmdb) -> None:
    heads = []
    for byte in (b"a", b"b"):
        with cmdb.changing(an_event()) as change:
            heads.append(change.audit_head())
            change.sign_audit(change.audit_head(), byte * 64)
    with cmdb.changing(an_event()):
        pass
    with cmdb.reading() as view:
        assert view.audit_signature() == (heads[1], b"b" * 64)
        assert view.audit_head().count == 3


# --- rotations and the register ---------------------------------------------------------------------


def test_a_rotation_is_open_until_it_is_finished(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        first = change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
    assert first.number == 1
    going = replace(first, stage=RotationStage.RESEALING, changed=LATER, gate_skipped=True)
    with cmdb.changing(an_event()) as change:
        assert change.set_rotation(going) == going
        assert change.rotation() == going
    with cmdb.changing(an_event()) as change:
        change.set_rotation(replace(going, stage=RotationStage.FINISHED))
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
