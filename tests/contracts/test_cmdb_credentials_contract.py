"""What every CMDB keeps to, in memory, in an SQLite file and on a PostgreSQL server: credentials, and how
they are found, counted and sealed anew.
"""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta

import pytest

from nskeys.errors import KeyUsedUp, NameTaken, NoSuchCredential
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import CHANGE_LIMIT, CredentialKind, SealedCredential, SealedRow
from nskeys.model.keys import Beyond, KeyState, KeyUse, Kid
from nskeys.ports import Cmdb, DrillRow, RecoveryRow
from tests.fakes.cmdbs import add, every_sealed, raw, stored, stream_raw
from tests.fakes.credentials import BLOB, NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.fixed import AFTERNOON
from tests.fakes.keys import a_key

LATER = AFTERNOON + timedelta(days=1)
HIERARCHY, PCANYWHERE, RUN_AS = CredentialKind

# --- credentials ------------------------------------------------------------------------------------


def test_what_was_added_is_there_in_every_field(cmdb: Cmdb) -> None:
    row = a_credential(
        "Überweisung 🔑 [b]",
        HIERARCHY,
        target="https://ns02.emea/x?y=%20'\"",
        account="CORP\\svc_%",
        note="two\nlines \x1b[31m",
        updated=LATER,
        number=1,
        blob=bytes(range(256)),
    )
    add(cmdb, row)
    with cmdb.reading() as view:
        assert view.credential(row.credential.credential_id) == row
        assert view.sealed() == (row,)
        assert view.named(HIERARCHY, "Überweisung 🔑 [b]") == row.credential
        assert view.sealed_rows(OLD_KEY) == [raw(row)]
    assert [(kid, list(batch)) for kid, batch in stream_raw(cmdb)] == [(OLD_KEY, [raw(row)])]


@pytest.mark.parametrize("credential_id", ["ab" * 16, "", "zero\x00", "\ud800"])
def test_an_id_that_nothing_has_finds_nothing(cmdb: Cmdb, credential_id: str) -> None:
    add(cmdb, a_credential())
    with cmdb.reading() as view:
        assert view.credential(credential_id) is None
    with pytest.raises(NoSuchCredential), cmdb.changing(an_event()) as change:
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
    with cmdb.changing(an_event()) as change:
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
        number=2,
        blob=BLOB + BLOB,
    )
    with cmdb.changing(an_event()) as change:
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
    with pytest.raises(NameTaken) as refused, cmdb.changing(an_event()) as change:
        change.replace([renamed])
    assert refused.value.name == "two"
    assert stored(cmdb) == (one, two)


def test_names_are_given_one_after_the_other(cmdb: Cmdb) -> None:
    one, two = a_credential("one"), a_credential("two")
    add(cmdb, one, two)
    moved = a_credential("three", credential_id=two.credential.credential_id)
    follows = a_credential("two", credential_id=one.credential.credential_id)
    with pytest.raises(NameTaken), cmdb.changing(an_event()) as change:
        change.replace([follows, moved])
    with cmdb.changing(an_event()) as change:
        change.replace([moved, follows])
    assert stored(cmdb) == (follows, moved)


def test_what_is_not_there_is_not_edited(cmdb: Cmdb) -> None:
    one = a_credential("one")
    add(cmdb, one)
    edited = one._replace(blob=b"\x01edited")
    with pytest.raises(NoSuchCredential) as refused, cmdb.changing(an_event()) as change:
        change.replace([edited, a_credential("two", credential_id="ee" * 16)])
    assert refused.value.reference == "ee" * 16
    assert stored(cmdb) == (one,)


def test_a_removed_credential_is_gone_from_every_list(cmdb: Cmdb) -> None:
    one, two = a_credential("one"), a_credential("two")
    add(cmdb, one, two)
    with cmdb.changing(an_event()) as change:
        change.remove(one.credential.credential_id)
    with cmdb.reading() as view:
        assert view.sealed() == (two,)
        assert view.total(CredentialFilter(text="one")) == 0
        page = view.page(CredentialFilter(), CredentialOrder(), 10)
        assert [item.credential for item in page] == [two.credential]
        assert view.seals(OLD_KEY) == 2, "what a key sealed stays counted"
    add(cmdb, a_credential("one"))


# --- finding ----------------------------------------------------------------------------------------


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


# --- keys, seals, counts ----------------------------------------------------------------------------


def test_counts_say_which_keys_seal_what_since_when(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("a", RUN_AS, updated=LATER), a_credential("c", HIERARCHY, updated=LATER))
    add(
        cmdb,
        a_credential("b", RUN_AS, updated=AFTERNOON, number=2),
        a_credential("d", RUN_AS, kid=NEW_KEY, updated=AFTERNOON, number=2),
    )
    with cmdb.reading() as view:
        assert view.counts() == (
            KeyUse(OLD_KEY, "hierarchy", 1, LATER, last_number=1, first_number=1),
            KeyUse(OLD_KEY, "run-as", 2, LATER, last_number=2, first_number=1),
            KeyUse(NEW_KEY, "run-as", 1, AFTERNOON, last_number=2, first_number=2),
        )


def test_what_a_later_change_made_is_counted_and_listed_by_key(cmdb: Cmdb) -> None:
    before = AFTERNOON - timedelta(days=9)
    add(cmdb, a_credential("a", RUN_AS), a_credential("b", HIERARCHY))
    add(cmdb, a_credential("c", RUN_AS, updated=LATER, number=2), a_credential("d", kid=NEW_KEY, number=2))
    with cmdb.reading() as view:
        assert view.beyond(OLD_KEY, 0, before) == Beyond(3, AFTERNOON, added=True, first_number=1)
        assert view.beyond(OLD_KEY, 1, before) == Beyond(1, LATER, added=True, first_number=2)
        assert not view.beyond(OLD_KEY, 1, LATER + timedelta(days=99)).added
        assert view.beyond(OLD_KEY, 2, before) == Beyond(0)
        later = CredentialFilter(kids=frozenset({OLD_KEY, NEW_KEY}), beyond=((OLD_KEY, 1),))
        names = [one.credential.fields.name for one in view.page(later, CredentialOrder(), 10)]
        assert (names, view.total(later)) == (["c", "d"], 2)
        assert view.page(later._replace(text="nowhere to be found"), CredentialOrder(), 10) == ()


def test_every_change_has_the_next_number(cmdb: Cmdb) -> None:
    with cmdb.reading() as view:
        assert view.number == 0
    with cmdb.changing(an_event()) as change:
        assert change.number == 1
    with suppress(KeyError), cmdb.changing(an_event()) as change:
        assert change.number == 2
        raise KeyError
    with cmdb.changing(an_event()) as change:
        assert change.number == 2, "what was rolled back was no change"
    with cmdb.reading() as view:
        assert (view.number, view.audit_head().count) == (2, 2)


@pytest.mark.parametrize("number", [0, 2, CHANGE_LIMIT])
def test_no_credential_has_a_number_that_no_change_had(cmdb: Cmdb, number: int) -> None:
    with pytest.raises(ValueError, match="number of a change"):
        add(cmdb, a_credential("one", number=number))
    assert stored(cmdb) == ()


def test_whatever_is_sealed_later_has_a_greater_number(cmdb: Cmdb) -> None:
    old, edited, moved = (a_credential(name) for name in ("old", "edited", "moved"))
    add(cmdb, old, edited, moved)
    with cmdb.reading() as view:
        seen = view.number
        assert view.changed_after([OLD_KEY, NEW_KEY], seen) == 0
        assert [use.last_number for use in view.counts()] == [1]
    with cmdb.changing(an_event()) as change:
        change.replace([edited._replace(credential=replace(edited.credential, number=2))])
    add(cmdb, a_credential("new", number=3), a_credential("of another key", kid=NEW_KEY, number=3))
    with cmdb.reading() as view:
        assert view.number == 3
        assert view.changed_after([OLD_KEY], seen) == 2
        assert view.changed_after([NEW_KEY], seen) == 1
        assert view.changed_after([OLD_KEY, NEW_KEY], seen) == 3
        assert view.changed_after([OLD_KEY, NEW_KEY], 3) == 0
        assert view.changed_after([], 0) == view.changed_after([Kid("ff" * 32)], 0) == 0
        later = {item.credential.fields.name for item in view.sealed() if item.credential.number > seen}
        assert later == {"edited", "new", "of another key"}
        [placed] = view.page(CredentialFilter(text="of another"), CredentialOrder(), 1)
        assert placed.credential.number == 3
    with cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(moved.row(), b"\x01new")], NEW_KEY)
    with cmdb.reading() as view:
        assert view.changed_after([OLD_KEY], 3) == 0
        assert view.changed_after([NEW_KEY], 3) == 2, "numbers were kept: nobody knows which were moved"
        assert [(use.last_number, use.resealed) for use in view.counts()] == [(3, 0), (3, 4)]


def test_the_diary_grows_by_lines_newest_first(cmdb: Cmdb) -> None:
    with cmdb.reading() as view:
        assert view.drill_rows() == ()
    with cmdb.changing(an_event()) as change:
        change.write_drill("first", b"\x01\x02")
        change.write_drill("second", None)
    with suppress(KeyError), cmdb.changing(an_event()) as change:
        change.write_drill("never", None)
        raise KeyError
    with cmdb.reading() as view:
        assert view.drill_rows() == (DrillRow(2, "second", None), DrillRow(1, "first", b"\x01\x02"))
        assert [row.text for row in view.drill_rows(limit=1)] == ["second"]


def test_a_known_key_has_sealed_nothing_and_is_known_once(cmdb: Cmdb) -> None:
    old, new = a_key(OLD_KEY), a_key(NEW_KEY, KeyState.PRE_ACTIVE, created=LATER)
    with cmdb.changing(an_event()) as change:
        change.set_keys([new, old, new])
        change.set_keys([])
    add(cmdb, a_credential(kid=NEW_KEY))
    with cmdb.reading() as view:
        assert (view.seals(OLD_KEY), view.seals(NEW_KEY)) == (0, 1)
        assert [use.kid for use in view.counts()] == [NEW_KEY]
        assert view.keys() == (old, new)


def test_the_states_of_keys_change_with_the_rows_and_their_age_never(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.set_keys([a_key(OLD_KEY)])
    retired = a_key(OLD_KEY).in_state(KeyState.COMPROMISED, LATER)
    with suppress(KeyError), cmdb.changing(an_event()) as change:
        change.set_keys([retired, a_key(NEW_KEY)])
        assert change.keys() == (retired, a_key(NEW_KEY))
        raise KeyError
    with cmdb.reading() as view:
        assert view.keys() == (a_key(OLD_KEY),)
    with cmdb.changing(an_event()) as change:
        change.set_keys([retired._replace(created=LATER)])
    with cmdb.reading() as view:
        assert view.keys() == (retired,)


def test_a_key_that_only_rows_name_seals_nothing_more(cmdb: Cmdb) -> None:
    add(cmdb, a_credential(kid=NEW_KEY))
    with cmdb.reading() as view:
        assert [(key.kid, key.state) for key in view.keys()] == [(NEW_KEY, KeyState.DEACTIVATED)]


def test_the_record_of_who_can_open_backups_is_replaced_as_a_whole(cmdb: Cmdb) -> None:
    for row in (RecoveryRow("first", b"\x01"), RecoveryRow("second", b"\x02")):
        with cmdb.changing(an_event()) as change:
            change.set_recovery(row)
        with cmdb.reading() as view:
            assert view.recovery_row() == row


def test_resealing_changes_the_seal_and_nothing_else(cmdb: Cmdb) -> None:
    rows = [a_credential(f"n{n}") for n in range(5)]
    add(cmdb, *rows)
    with cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(row.row(), b"\x01new") for row in rows[:3]], NEW_KEY)
    resealed = [SealedCredential(replace(row.credential, kid=NEW_KEY), b"\x01new") for row in rows[:3]]
    assert stored(cmdb) == (*resealed, *rows[3:])
    with cmdb.reading() as view:
        assert (view.seals(OLD_KEY), view.seals(NEW_KEY)) == (5, 3)
        assert [use.credentials for use in view.counts()] == [2, 3]
        assert view.total(CredentialFilter(text="n1")) == 1


def test_resealing_nothing_or_what_is_gone(cmdb: Cmdb) -> None:
    row = a_credential()
    add(cmdb, row)
    with cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [], NEW_KEY)
    gone = a_credential(credential_id="ee" * 16)
    with pytest.raises(NoSuchCredential) as refused, cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(row.row(), b"\x01"), (gone.row(), b"\x01")], NEW_KEY)
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
    assert every_sealed(cmdb) == rows
    assert every_sealed(cmdb, NEW_KEY) == rows[1::2]
    streamed: dict[Kid, list[SealedRow]] = {OLD_KEY: [], NEW_KEY: []}
    for kid, batch in stream_raw(cmdb):
        streamed[kid].extend(batch)
    assert streamed == {OLD_KEY: [raw(row) for row in rows[::2]], NEW_KEY: [raw(row) for row in rows[1::2]]}


def test_a_long_read_can_be_left_in_the_middle(cmdb: Cmdb) -> None:
    add(cmdb, *(a_credential(f"n{n}") for n in range(10)))
    stream = stream_raw(cmdb)
    assert next(iter(stream))
    del stream
    add(cmdb, a_credential("afterwards"))


# --- limits -----------------------------------------------------------------------------------------


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
    for module in ("tests.fakes.memory_cmdb", "nskeys.store.cmdb.change"):
        monkeypatch.setattr(f"{module}.SEALS_LIMIT", 3)
    rows = [a_credential("one"), a_credential("two")]
    add(cmdb, *rows)
    with pytest.raises(KeyUsedUp) as refused:
        add(cmdb, a_credential("three"), a_credential("four"))
    assert refused.value.kid == OLD_KEY
    add(cmdb, a_credential("three"))
    with pytest.raises(KeyUsedUp), cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(rows[0].row(), b"\x01")], OLD_KEY)
    with pytest.raises(KeyUsedUp), cmdb.changing(an_event()) as change:
        change.replace(rows[:1])
    with cmdb.reading() as view:
        assert view.seals(OLD_KEY) == 3
