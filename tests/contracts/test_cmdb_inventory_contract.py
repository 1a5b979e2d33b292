"""The inventory is changed by differences, and whatever something else does to a row stays in it."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import replace

from hypothesis import HealthCheck, given, settings, strategies as st

from nskeys.model.credentials import CredentialKind, SealedCredential
from nskeys.model.inventory import KeyDifference, KeyInventory, Tally
from nskeys.model.keys import Kid
from nskeys.ports import Cmdb, CmdbChange, CmdbView
from nskeys.services.inventory import InventoryCheck, inventory_differences
from tests.fakes.cmdbs import add
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.examples import examples
from tests.fakes.keys import a_key
from tests.fakes.memory_cmdb import MemoryCmdb

HIERARCHY, PCANYWHERE, RUN_AS = CredentialKind


def whole(view: CmdbView) -> tuple[KeyDifference, ...]:
    """Every row compared with the inventory."""
    check = InventoryCheck(view)
    for kid, rows in view.stream_rows(lambda _: None):
        check.add(kid, rows)
    return check.differences()


def differences(cmdb: Cmdb) -> tuple[KeyDifference, ...]:
    with cmdb.reading() as view:
        quick, all_rows = inventory_differences(view), whole(view)
    assert {item.kid for item in quick} <= {item.kid for item in all_rows}
    return all_rows


def inventory(cmdb: Cmdb, kid: Kid = OLD_KEY) -> KeyInventory:
    with cmdb.reading() as view:
        found = dict(view.inventory())[kid]
    assert found is not None
    return found


def counted_anew(cmdb: Cmdb) -> dict[Kid, KeyInventory]:
    """What counting finds, rolled back afterwards; without the number of that count."""
    with suppress(KeyError), cmdb.changing(an_event()) as change:
        change.count_anew()
        found = {kid: known for kid, known in change.inventory() if known is not None}
        raise KeyError
    return {kid: replace(known, counted=0) for kid, known in found.items()}


def test_a_key_that_seals_nothing_has_an_empty_inventory(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.set_keys([a_key(OLD_KEY)])
    nothing = {kind.value: Tally() for kind in CredentialKind}
    assert inventory(cmdb) == KeyInventory(OLD_KEY, nothing)
    assert differences(cmdb) == ()


def test_what_the_keys_rows_note_is_what_counting_finds(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("a", RUN_AS), a_credential("b", HIERARCHY))
    add(cmdb, a_credential("c", RUN_AS, number=2), a_credential("d", RUN_AS, kid=NEW_KEY, number=2))
    with cmdb.reading() as view:
        noted = view.noted_counts()
        assert noted == view.counts()
    assert [(use.kind, use.credentials) for use in noted if use.kid == OLD_KEY] == [
        ("hierarchy", 1),
        ("run-as", 2),
    ]


def test_rows_and_numbers_are_counted_for_each_key_and_kind(cmdb: Cmdb) -> None:
    add(cmdb, a_credential("a", RUN_AS), a_credential("b", HIERARCHY))
    add(cmdb, a_credential("c", RUN_AS, number=2), a_credential("d", RUN_AS, kid=NEW_KEY, number=2))
    assert inventory(cmdb).kinds == {"hierarchy": Tally(1, 1), "pcanywhere": Tally(), "run-as": Tally(2, 3)}
    assert inventory(cmdb, NEW_KEY).kinds["run-as"] == Tally(1, 2)
    with cmdb.reading() as view:
        assert view.tallies() == {
            (OLD_KEY, "hierarchy"): Tally(1, 1),
            (OLD_KEY, "run-as"): Tally(2, 3),
            (NEW_KEY, "run-as"): Tally(1, 2),
        }
    assert differences(cmdb) == ()


def test_an_edit_that_changes_kind_and_key_moves_the_row_in_the_inventory(cmdb: Cmdb) -> None:
    old = a_credential("old", HIERARCHY)
    add(cmdb, old, a_credential("other"))
    identity = old.credential.credential_id
    with cmdb.changing(an_event()) as change:
        change.replace([a_credential("new", RUN_AS, kid=NEW_KEY, credential_id=identity, number=2)])
    assert inventory(cmdb).kinds["hierarchy"] == Tally()
    assert inventory(cmdb, NEW_KEY).kinds["run-as"] == Tally(1, 2)
    assert differences(cmdb) == ()


def test_a_rotation_says_in_which_change_it_moved_rows(cmdb: Cmdb) -> None:
    rows = [a_credential(f"n{n}") for n in range(3)]
    add(cmdb, *rows)
    with cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(row.row(), b"\x01new") for row in rows[:2]], NEW_KEY)
    assert (inventory(cmdb).resealed, inventory(cmdb, NEW_KEY).resealed) == (0, 2)
    assert inventory(cmdb, NEW_KEY).kinds["run-as"] == Tally(2, 2), "the numbers are kept"
    assert differences(cmdb) == ()


def test_what_failed_changes_no_inventory(cmdb: Cmdb) -> None:
    one = a_credential("one")
    add(cmdb, one)
    before = inventory(cmdb)
    with suppress(Exception), cmdb.changing(an_event()) as change:
        change.add([a_credential("two", number=2), a_credential("one", number=2)])
    with cmdb.changing(an_event()) as change:
        with suppress(Exception):
            change.add([a_credential("two", number=2), a_credential("one", number=2)])
        with suppress(Exception):
            change.replace([one, a_credential("three", number=2)])
    assert inventory(cmdb) == before
    assert differences(cmdb) == ()


def test_counting_anew_says_when_and_keeps_when_a_rotation_was(cmdb: Cmdb) -> None:
    row = a_credential()
    add(cmdb, row)
    with cmdb.changing(an_event()) as change:
        change.reseal(OLD_KEY, [(row.row(), b"\x01new")], NEW_KEY)
    before = inventory(cmdb, NEW_KEY)
    with cmdb.changing(an_event()) as change:
        change.count_anew()
    assert inventory(cmdb, NEW_KEY) == replace(before, counted=3)
    assert inventory(cmdb).counted == 3


# --- any history ------------------------------------------------------------------------------------

STEPS = ("add", "edit", "remove", "rotate", "many")
steps = st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 2**30)), max_size=14)


def play(cmdb: Cmdb, history: Iterable[tuple[str, int]]) -> None:
    """Change the CMDB as nskeys does, each step one change."""
    for step, chosen in history:
        with cmdb.changing(an_event()) as change:
            _play_one(change, step, chosen)


def _play_one(change: CmdbChange, step: str, chosen: int) -> None:
    kind, rows = tuple(CredentialKind)[chosen % 3], change.sealed()
    active, name = (OLD_KEY, NEW_KEY)[chosen % 2], f"n{change.number}"
    if step == "add" or not rows:
        change.add([a_credential(name, kind, kid=active, number=change.number)])
    elif step == "many":
        names = (f"{name}-{at}" for at in range(3))
        change.add([a_credential(each, kind, kid=active, number=change.number) for each in names])
    else:
        _play_on(change, step, rows, rows[chosen % len(rows)])


def _play_on(
    change: CmdbChange, step: str, rows: tuple[SealedCredential, ...], row: SealedCredential
) -> None:
    credential = row.credential
    other = NEW_KEY if credential.kid == OLD_KEY else OLD_KEY
    if step == "remove":
        change.remove(credential.credential_id)
    elif step == "edit":
        edited = replace(credential, number=change.number, kid=other)
        change.replace([SealedCredential(edited, b"\x01edited")])
    else:
        moved = [
            (each.row(), b"\x01" + other[:4].encode()) for each in rows if each.credential.kid != other
        ]
        change.reseal(credential.kid, moved, other)


@settings(max_examples=examples(60), deadline=None)
@given(steps)
def test_any_history_gives_the_sums_of_a_fresh_count(history: list[tuple[str, int]]) -> None:
    cmdb = MemoryCmdb()
    cmdb.create("c0" * 16)
    play(cmdb, history)
    assert_as_counted(cmdb)


@settings(
    max_examples=examples(12), deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(history=steps)
def test_any_history_gives_the_sums_of_a_fresh_count_in_a_database(
    cmdb: Cmdb, history: list[tuple[str, int]]
) -> None:
    """Each history goes on from where the one before it ended."""
    play(cmdb, history)
    assert_as_counted(cmdb)


def assert_as_counted(cmdb: Cmdb) -> None:
    assert differences(cmdb) == ()
    with cmdb.reading() as view:
        known = {kid: replace(found, counted=0) for kid, found in view.inventory() if found is not None}
    assert counted_anew(cmdb) == known
