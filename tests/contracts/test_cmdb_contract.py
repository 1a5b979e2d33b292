"""What every CMDB keeps to: in memory, in an SQLite file, on a real PostgreSQL server."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from nskeys.errors import (
    AlreadySetUp,
    CmdbBusy,
    KeyUsedUp,
    NameTaken,
    NoSuchCredential,
    NotSetUp,
)
from nskeys.model.audit import Action, AuditEvent, AuditHead, first_digest, next_digest
from nskeys.model.credentials import CredentialKind, SealedCredential
from nskeys.model.keys import KeyUse, Kid
from nskeys.model.paging import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.register import BackupCopy, Sight
from nskeys.model.register_text import from_text, to_text
from nskeys.model.rotation import Rotation, RotationStage
from nskeys.ports import Cmdb, RegisterRow, SealedRow
from tests.fakes.backups import a_copy
from tests.fakes.credentials import BLOB, NEW_KEY, OLD_KEY, a_credential
from tests.fakes.fixed import AFTERNOON, OPERATOR

CMDB_ID = "c0" * 16
LATER = AFTERNOON + timedelta(days=1)
HIERARCHY, PCANYWHERE, RUN_AS = CredentialKind


def event(subject: str = "a test", moment: datetime = AFTERNOON) -> AuditEvent:
    """A change's own account of itself."""
    return AuditEvent(Action.CREDENTIAL_ADDED, subject, OPERATOR, moment, (("count", "1"),))


def add(cmdb: Cmdb, *rows: SealedCredential) -> None:
    """Add credentials in a change of their own."""
    with cmdb.changing(event()) as change:
        change.add(rows)


def stored(cmdb: Cmdb) -> tuple[SealedCredential, ...]:
    """Everything that is sealed, by id."""
    with cmdb.reading() as view:
        return view.sealed()


def raw(row: SealedCredential) -> SealedRow:
    """A credential as long work gets it."""
    fields = row.credential.fields
    return (
        row.credential.credential_id,
        fields.kind.value,
        fields.name,
        fields.target,
        fields.account,
        fields.note,
        row.blob,
    )


def a_row(copy: BackupCopy, signature: bytes | None = b"s" * 64) -> RegisterRow:
    """A register row that the server key signed, or did not."""
    return RegisterRow(to_text(copy), signature)


# --- being there ---------------------------------------------------------------------------------


def test_a_place_without_a_cmdb_says_so_and_stays_empty(empty_cmdb: Cmdb) -> None:
    assert not empty_cmdb.exists()
    with pytest.raises(NotSetUp):
        empty_cmdb.cmdb_id()
    with pytest.raises(NotSetUp), empty_cmdb.reading():
        pytest.fail("there is nothing to read")
    with pytest.raises(NotSetUp), empty_cmdb.changing(event()):
        pytest.fail("there is nothing to change")
    with pytest.raises(NotSetUp):
        list(empty_cmdb.stream_sealed())
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
    assert list(cmdb.stream_sealed()) == []
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


# --- credentials ---------------------------------------------------------------------------------


def test_what_was_added_is_there_in_every_field(cmdb: Cmdb) -> None:
    row = a_credential(
        "Überweisung 🔑 [b]",
        HIERARCHY,
        target="https://ns02.emea/x?y=%20'\"",
        account="CORP\\svc_%",
        note="two\nlines \x1b[31m",
        updated=LATER,
        sealed=AFTERNOON - timedelta(days=400),
        blob=bytes(range(256)),
    )
    add(cmdb, row)
    with cmdb.reading() as view:
        assert view.credential(row.credential.credential_id) == row
        assert view.sealed() == (row,)
        assert view.named(HIERARCHY, "Überweisung 🔑 [b]") == row.credential
        assert view.sealed_rows(OLD_KEY) == [raw(row)]
    assert [list(batch) for batch in cmdb.stream_sealed()] == [[row]]
    assert [(kid, list(batch)) for kid, batch in cmdb.stream_raw()] == [(OLD_KEY, [raw(row)])]


@pytest.mark.parametrize("credential_id", ["ab" * 16, "", "zero\x00", "\ud800"])
def test_an_id_that_nothing_has_finds_nothing(cmdb: Cmdb, credential_id: str) -> None:
    add(cmdb, a_credential())
    with cmdb.reading() as view:
        assert view.credential(credential_id) is None
    with pytest.raises(NoSuchCredential), cmdb.changing(event()) as change:
        change.remove(credential_id)


def test_a_name_is_taken_once_in_each_kind(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("one", RUN_AS))
    add(cmdb, a_credential("one", HIERARCHY), a_credential("One", RUN_AS))
    with pytest.raises(NameTaken) as refused:
        add(cmdb, a_credential("two", RUN_AS), a_credential("one", RUN_AS))
    assert (refused.value.kind, refused.value.name) == ("run-as", "one")
    with pytest.raises(NameTaken) as refused:
        add(cmdb, a_credential("three", RUN_AS), a_credential("three", RUN_AS))
    assert refused.value.name == "three"
    assert len(stored(cmdb)) == 3


def test_a_refused_call_leaves_nothing_and_the_change_can_go_on(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("one"))
    with cmdb.changing(event()) as change:
        with pytest.raises(NameTaken):
            change.add([a_credential("two", kid=NEW_KEY), a_credential("one", kid=NEW_KEY)])
        assert change.seals(NEW_KEY) == 0
        change.add([a_credential("three", kid=NEW_KEY)])
    with cmdb.reading() as view:
        assert {name for _, name in view.names()} == {"one", "three"}
        assert view.seals(NEW_KEY) == 1
        assert view.total(CredentialFilter(kids=frozenset([NEW_KEY]))) == 1


def test_an_edit_replaces_every_field_and_moves_the_credential_in_every_list(cmdb: Cmdb) -> None:
    old = a_credential("old", HIERARCHY, target="https://a", note="ancient")
    add(cmdb, old, a_credential("other"))
    new = a_credential(
        "new",
        PCANYWHERE,
        target="host:5631",
        account="caller",
        kid=NEW_KEY,
        credential_id=old.credential.credential_id,
        updated=LATER,
        sealed=LATER,
        blob=BLOB + BLOB,
    )
    with cmdb.changing(event()) as change:
        change.replace([new])
    with cmdb.reading() as view:
        assert view.credential(new.credential.credential_id) == new
        assert view.named(HIERARCHY, "old") is None
        assert view.total(CredentialFilter(text="ancient")) == 0
        assert view.total(CredentialFilter(kind=PCANYWHERE, text="HOST:5631")) == 1
        for by in SortBy:
            names = [
                item.credential.fields.name
                for item in view.page(CredentialFilter(), CredentialOrder(by), 9)
            ]
            assert sorted(names) == ["new", "other"]
        assert (view.seals(OLD_KEY), view.seals(NEW_KEY)) == (2, 1)


def test_an_edit_cannot_take_anothers_name(cmdb: Cmdb) -> None:
    one, two = a_credential("one"), a_credential("two")
    add(cmdb, one, two)
    renamed = a_credential("two", credential_id=one.credential.credential_id)
    with pytest.raises(NameTaken) as refused, cmdb.changing(event()) as change:
        change.replace([renamed])
    assert refused.value.name == "two"
    assert stored(cmdb) == (one, two)


def test_names_are_given_one_after_the_other(cmdb: Cmdb) -> None:
    one, two = a_credential("one"), a_credential("two")
    add(cmdb, one, two)
    moved = a_credential("three", credential_id=two.credential.credential_id)
    follows = a_credential("two", credential_id=one.credential.credential_id)
    with pytest.raises(NameTaken), cmdb.changing(event()) as change:
        change.replace([follows, moved])
    with cmdb.changing(event()) as change:
        change.replace([moved, follows])
    assert stored(cmdb) == (follows, moved)


def test_what_is_not_there_is_not_edited(cmdb: Cmdb) -> None:
    one = a_credential("one")
    add(cmdb, one)
    edited = replace(one, blob=b"\x01edited")
    with pytest.raises(NoSuchCredential) as refused, cmdb.changing(event()) as change:
        change.replace([edited, a_credential("two", credential_id="ee" * 16)])
    assert refused.value.reference == "ee" * 16
    assert stored(cmdb) == (one,)


def test_a_removed_credential_is_gone_from_every_list(cmdb: Cmdb) -> None:
    one, two = a_credential("one"), a_credential("two")
    add(cmdb, one, two)
    with cmdb.changing(event()) as change:
        change.remove(one.credential.credential_id)
    with cmdb.reading() as view:
        assert view.sealed() == (two,)
        assert view.total(CredentialFilter(text="one")) == 0
        page = view.page(CredentialFilter(), CredentialOrder(), 10)
        assert [item.credential for item in page] == [two.credential]
        assert view.seals(OLD_KEY) == 2, "what a key sealed stays counted"
    add(cmdb, a_credential("one"))


# --- finding -------------------------------------------------------------------------------------


def test_a_reference_is_a_kind_and_name_or_the_beginning_of_an_id(cmdb: Cmdb) -> None:
    rows = [a_credential(f"n{n}", credential_id=f"ab{n:030x}") for n in range(12)]
    slashed = a_credential("a/b c", HIERARCHY, credential_id="cd" * 16)
    add(cmdb, *rows, slashed)
    with cmdb.reading() as view:
        assert view.find("hierarchy/a/b c") == (slashed.credential,)
        assert view.find("run-as/a/b c") == ()
        assert view.find("cd") == (slashed.credential,)
        assert view.find("CDCD") == (slashed.credential,)
        assert view.find("cd" * 16) == (slashed.credential,)
        assert view.find("ab") == tuple(row.credential for row in rows[:10])
        for nothing in ("", "ef", "cd" * 17, "nobody/x", "%", "hierarchy/", "run-as/\x00", "\ud800", "n1"):
            assert view.find(nothing) == (), nothing


def test_names_are_found_however_their_characters_are_composed(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("Ångström"))
    with cmdb.reading() as view:
        assert view.named(RUN_AS, "A\u030angstro\u0308m") is not None
        assert view.named(RUN_AS, "ångström") is None
        assert view.total(CredentialFilter(text="A\u030aNGSTRO\u0308M")) == 1


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("FINANCE", {"all"}),
        ("straße", {"street"}),
        ("STRASSE", {"street"}),
        ("100%", {"percent"}),
        ("a_b", {"underscore"}),
        ("corp\\", {"all", "percent", "underscore", "street"}),
        ("second line", {"street"}),
        ("'; --", set()),
        ("\x00", set()),
        ("\ud800", set()),
        ("", {"all", "percent", "underscore", "street"}),
    ],
)
def test_search_is_literal_and_takes_no_notice_of_case(cmdb: Cmdb, text: str, found: set[str]) -> None:
    add(
        cmdb,
        a_credential("all", target="Finance-*"),
        a_credential("percent", target="100%", note="1000"),
        a_credential("underscore", target="a_b", note="axc"),
        a_credential("street", target="Straße", note="first\nSecond Line"),
    )
    wanted = CredentialFilter(text=text)
    with cmdb.reading() as view:
        page = view.page(wanted, CredentialOrder(), 10)
        assert {item.credential.fields.name for item in page} == found
        assert view.total(wanted) == len(found)


# --- keys, seals, counts ---------------------------------------------------------------------------


def test_counts_say_which_keys_seal_what_since_when(cmdb: Cmdb) -> None:
    add(
        cmdb,
        a_credential("a", RUN_AS, sealed=LATER),
        a_credential("b", RUN_AS, sealed=AFTERNOON),
        a_credential("c", HIERARCHY, sealed=LATER),
        a_credential("d", RUN_AS, kid=NEW_KEY, sealed=LATER),
    )
    with cmdb.reading() as view:
        assert view.counts() == (
            KeyUse(OLD_KEY, "hierarchy", 1, LATER),
            KeyUse(OLD_KEY, "run-as", 2, AFTERNOON),
            KeyUse(NEW_KEY, "run-as", 1, LATER),
        )


def test_a_known_key_has_sealed_nothing_and_is_known_once(cmdb: Cmdb) -> None:
    with cmdb.changing(event()) as change:
        change.know_keys([OLD_KEY, NEW_KEY, OLD_KEY])
        change.know_keys([NEW_KEY])
        change.know_keys([])
    add(cmdb, a_credential(kid=NEW_KEY))
    with cmdb.reading() as view:
        assert (view.seals(OLD_KEY), view.seals(NEW_KEY)) == (0, 1)
        assert [use.kid for use in view.counts()] == [NEW_KEY]


def test_resealing_changes_the_seal_and_nothing_else(cmdb: Cmdb) -> None:
    rows = [a_credential(f"n{n}") for n in range(5)]
    add(cmdb, *rows)
    with cmdb.changing(event()) as change:
        change.reseal([(row.credential.credential_id, b"\x01new") for row in rows[:3]], NEW_KEY, LATER)
    resealed = [
        SealedCredential(replace(row.credential, kid=NEW_KEY, sealed=LATER), b"\x01new") for row in rows[:3]
    ]
    assert stored(cmdb) == (*resealed, *rows[3:])
    with cmdb.reading() as view:
        assert (view.seals(OLD_KEY), view.seals(NEW_KEY)) == (5, 3)
        assert [use.credentials for use in view.counts()] == [2, 3]
        assert view.total(CredentialFilter(text="n1")) == 1


def test_resealing_nothing_or_what_is_gone(cmdb: Cmdb) -> None:
    row = a_credential()
    add(cmdb, row)
    with cmdb.changing(event()) as change:
        change.reseal([], NEW_KEY, LATER)
    with pytest.raises(NoSuchCredential) as refused, cmdb.changing(event()) as change:
        change.reseal([(row.credential.credential_id, b"\x01"), ("ee" * 16, b"\x01")], NEW_KEY, LATER)
    assert refused.value.reference == "ee" * 16
    assert stored(cmdb) == (row,)


def test_one_keys_rows_come_in_the_order_of_their_ids(cmdb: Cmdb) -> None:
    rows = [a_credential(f"n{n}", kid=(OLD_KEY, NEW_KEY)[n % 2]) for n in range(11)]
    add(cmdb, *reversed(rows))
    old = [row for row in rows if row.credential.kid == OLD_KEY]
    with cmdb.reading() as view:
        assert view.sealed() == tuple(rows)
        assert view.sealed(limit=4) == tuple(rows[:4])
        assert view.sealed(after=rows[3].credential.credential_id) == tuple(rows[4:])
        assert view.sealed(OLD_KEY) == tuple(old)
        assert view.sealed(OLD_KEY, old[1].credential.credential_id, 2) == tuple(old[2:4])
        assert view.sealed_rows(OLD_KEY, old[1].credential.credential_id, 2) == [
            raw(row) for row in old[2:4]
        ]
        assert view.sealed(Kid("ff" * 32)) == ()
        assert list(view.sealed_rows(Kid("ff" * 32))) == []


def test_long_reads_bring_every_row_once(cmdb: Cmdb) -> None:
    rows = [a_credential(f"n{n}", kid=(OLD_KEY, NEW_KEY)[n % 2]) for n in range(5_003)]
    add(cmdb, *rows)
    assert [row for batch in cmdb.stream_sealed() for row in batch] == rows
    assert [row for batch in cmdb.stream_sealed(NEW_KEY) for row in batch] == rows[1::2]
    streamed: dict[Kid, list[SealedRow]] = {OLD_KEY: [], NEW_KEY: []}
    for kid, batch in cmdb.stream_raw():
        streamed[kid].extend(batch)
    assert streamed == {OLD_KEY: [raw(row) for row in rows[::2]], NEW_KEY: [raw(row) for row in rows[1::2]]}


def test_a_long_read_can_be_left_in_the_middle(cmdb: Cmdb) -> None:
    add(cmdb, *(a_credential(f"n{n}") for n in range(10)))
    for stream in (cmdb.stream_raw(), cmdb.stream_sealed()):
        assert next(iter(stream))
        del stream
    add(cmdb, a_credential("afterwards"))


# --- transactions and the audit trail ----------------------------------------------------------------


def test_a_change_is_whole_or_not_at_all(cmdb: Cmdb) -> None:
    class Broken(Exception):
        """Something that happens in the middle."""

    def change_everything() -> None:
        with cmdb.changing(event("lost")) as change:
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
    with cmdb.changing(event()) as change:
        change.add([a_credential()])
        assert change.total(CredentialFilter()) == 1
        assert change.audit_head().count == 1
        assert stored(cmdb) == ()
        assert cmdb.cmdb_id() == CMDB_ID
    assert len(stored(cmdb)) == 1


def test_two_changes_at_once_do_not_happen(cmdb: Cmdb) -> None:
    with cmdb.changing(event("first")) as change:
        change.add([a_credential("first")])
        with pytest.raises(CmdbBusy), cmdb.changing(event("second")):
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
    events = [event("first"), event("second — 🔑", LATER), event('"third"')]
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
        with cmdb.changing(event()) as change:
            heads.append(change.audit_head())
            change.sign_audit(change.audit_head(), byte * 64)
    with cmdb.changing(event()):
        pass
    with cmdb.reading() as view:
        assert view.audit_signature() == (heads[1], b"b" * 64)
        assert view.audit_head().count == 3


# --- rotations and the register ----------------------------------------------------------------------


def test_a_rotation_is_open_until_it_is_finished(cmdb: Cmdb) -> None:
    with cmdb.changing(event()) as change:
        first = change.set_rotation(Rotation(0, NEW_KEY, RotationStage.WAITING, AFTERNOON, AFTERNOON))
    assert first.number == 1
    going = replace(first, stage=RotationStage.RESEALING, changed=LATER, gate_skipped=True)
    with cmdb.changing(event()) as change:
        assert change.set_rotation(going) == going
        assert change.rotation() == going
    with cmdb.changing(event()) as change:
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
    with cmdb.changing(event()) as change:
        for copy, row in zip((second, first, other), rows, strict=True):
            change.record(copy, row)
    with cmdb.reading() as view:
        assert view.register_rows() == rows
        assert [from_text(row.text) for row in view.register_rows()] == [second, first, other]


def test_a_copys_row_is_replaced_and_no_other(cmdb: Cmdb) -> None:
    here = a_copy(generation=1, address="/mnt/a.zip")
    there = a_copy(generation=1, address="/mnt/b.zip")
    gone = here.seen(Sight.MISSING, LATER)
    with cmdb.changing(event()) as change:
        change.record(here, a_row(here))
        change.record(there, a_row(there))
    with cmdb.changing(event()) as change:
        change.record(gone, a_row(gone, b"t" * 64))
    with cmdb.reading() as view:
        assert view.register_rows() == (a_row(gone, b"t" * 64), a_row(there))


def test_a_row_that_does_not_say_what_its_copy_says_is_not_recorded(cmdb: Cmdb) -> None:
    copy = a_copy()
    with pytest.raises(ValueError, match="register row"), cmdb.changing(event()) as change:
        change.record(copy, a_row(copy.seen(Sight.MISSING, LATER)))
    with cmdb.reading() as view:
        assert view.register_rows() == ()


def test_an_address_may_be_as_long_as_a_path(cmdb: Cmdb) -> None:
    copy = a_copy(address="/" + "ä" * 4_000)
    for sight in (Sight.GOOD, Sight.MISSING):
        seen = copy.seen(sight, LATER)
        with cmdb.changing(event()) as change:
            change.record(seen, a_row(seen))
    with cmdb.reading() as view:
        assert [from_text(row.text).sight for row in view.register_rows()] == [Sight.MISSING]


# --- limits ------------------------------------------------------------------------------------------


def test_fields_may_be_as_long_as_the_model_allows(cmdb: Cmdb) -> None:
    row = a_credential(
        "🔑" * 255,
        target="ΐ" * 2_048,
        account="ŉ" * 2_048,
        note="🔑" * 16_384,
        blob=b"\x01" + bytes(65_564),
    )
    add(cmdb, row)
    with cmdb.reading() as view:
        assert view.credential(row.credential.credential_id) == row
        for by in SortBy:
            page = view.page(CredentialFilter(text="ŉŉ"), CredentialOrder(by), 1)
            assert [item.credential for item in page] == [row.credential]


def test_a_key_seals_no_more_than_its_limit(cmdb: Cmdb, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in ("tests.fakes.memory_cmdb", "nskeys.store.cmdb_change"):
        monkeypatch.setattr(f"{module}.SEALS_LIMIT", 3)
    rows = [a_credential("one"), a_credential("two")]
    add(cmdb, *rows)
    with pytest.raises(KeyUsedUp) as refused:
        add(cmdb, a_credential("three"), a_credential("four"))
    assert refused.value.kid == OLD_KEY
    add(cmdb, a_credential("three"))
    with pytest.raises(KeyUsedUp), cmdb.changing(event()) as change:
        change.reseal([(rows[0].credential.credential_id, b"\x01")], OLD_KEY, LATER)
    with pytest.raises(KeyUsedUp), cmdb.changing(event()) as change:
        change.replace(rows[:1])
    with cmdb.reading() as view:
        assert view.seals(OLD_KEY) == 3
