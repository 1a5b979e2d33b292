"""Lists, walked page by page: every CMDB shows every row once, in one order that all of them share."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from nskeys.model.credential_list import CredentialFilter, CredentialOrder, PlacedCredential, SortBy
from nskeys.model.credentials import Credential, CredentialKind, SealedCredential
from nskeys.model.keys import KeyUse, Kid
from nskeys.ports import Cmdb, CmdbView
from tests.fakes.cmdbs import CMDB_ID
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.events import an_event
from tests.fakes.examples import examples
from tests.fakes.fixed import AFTERNOON
from tests.fakes.memory_cmdb import MemoryCmdb

UNKNOWN_KEY = Kid("ff" * 32)
HIERARCHY, PCANYWHERE, RUN_AS = CredentialKind

# Few characters, so that keys collide: case, composition, signs of LIKE, planes, and what sorts below.
_words = st.text("aAbäÄ\u0308ß%_'\\ \x01~\ue000🔑", max_size=4)

rows_of_a_cmdb = st.lists(
    st.tuples(
        st.sampled_from(CredentialKind),
        _words,
        _words,
        _words,
        st.sampled_from([OLD_KEY, NEW_KEY]),
        st.integers(0, 2),
        st.binary(min_size=16, max_size=16),
    ),
    unique_by=(lambda row: row[:2], lambda row: row[6]),
    max_size=14,
)
filters = st.builds(
    CredentialFilter,
    kind=st.none() | st.sampled_from(CredentialKind),
    text=st.sampled_from(["", "", "a", "ä", "A\u0308", "%", "ss", "\\", "\n", "🔑", "nowhere"]),
    kids=st.none() | st.frozensets(st.sampled_from([OLD_KEY, NEW_KEY, UNKNOWN_KEY])),
)
orders = st.builds(CredentialOrder, by=st.sampled_from(SortBy), descending=st.booleans())

a_few = settings(
    max_examples=examples(40),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


def fill(cmdb: Cmdb, drawn: Sequence[tuple[CredentialKind, str, str, str, Kid, int, bytes]]) -> None:
    """Hold these credentials and no others."""
    rows = [
        a_credential(
            name,
            kind,
            target=target,
            account=account,
            kid=kid,
            updated=AFTERNOON + timedelta(days=days),
            credential_id=identity.hex(),
        )
        for kind, name, target, account, kid, days, identity in drawn
    ]
    with cmdb.changing(an_event()) as change:
        for old in change.sealed():
            change.remove(old.credential.credential_id)
        change.add(rows)


Step = Callable[[tuple[str, str] | None], tuple[PlacedCredential, ...]]


def forwards(step: Step) -> list[PlacedCredential]:
    """Walk from the start to the end."""
    walked: list[PlacedCredential] = []
    while page := step(walked[-1].place if walked else None):
        walked += page
    return walked


def backwards(step: Step) -> list[PlacedCredential]:
    """Walk from the end to the start."""
    walked: list[PlacedCredential] = []
    while page := step(walked[0].place if walked else None):
        walked[:0] = page
    return walked


def letting_through(view: CmdbView, wanted: CredentialFilter) -> set[str]:
    """The ids that a filter lets through, found the slow way."""
    return {
        row.credential_id
        for row in (sealed.credential for sealed in view.sealed())
        if (wanted.kind is None or row.fields.kind is wanted.kind)
        and (wanted.kids is None or row.kid in wanted.kids)
        and matches(row, wanted.text)
    }


def matches(row: Credential, text: str) -> bool:
    """Whether a filter by this text alone, in memory, lets this row through."""
    alone = MemoryCmdb()
    alone.create(CMDB_ID)
    with alone.changing(an_event()) as change:
        change.add([SealedCredential(row, b"\x01")])
        return change.total(CredentialFilter(text=text)) == 1


@a_few
@given(rows_of_a_cmdb, filters, orders, st.integers(1, 5))
def test_walking_forwards_and_backwards_shows_every_row_once(
    cmdb: Cmdb,
    drawn: list[tuple[CredentialKind, str, str, str, Kid, int, bytes]],
    wanted: CredentialFilter,
    order: CredentialOrder,
    limit: int,
) -> None:
    fill(cmdb, drawn)
    with cmdb.reading() as view:
        there = forwards(lambda place: view.page(wanted, order, limit, place))
        back = backwards(lambda place: view.page(wanted, order, limit, place, backwards=True))
        ids = [item.credential.credential_id for item in there]
        assert there == back
        assert len(ids) == len(set(ids)) == view.total(wanted)
        assert set(ids) == letting_through(view, wanted)
        places = [item.place for item in there]
        assert places == sorted(places, reverse=order.descending)


@a_few
@given(rows_of_a_cmdb, filters, orders, st.integers(0, 6), st.integers(0, 6), st.booleans())
def test_any_page_is_the_one_that_the_cmdb_in_memory_shows(
    cmdb: Cmdb,
    drawn: list[tuple[CredentialKind, str, str, str, Kid, int, bytes]],
    wanted: CredentialFilter,
    order: CredentialOrder,
    limit: int,
    offset: int,
    backwards: bool,
) -> None:
    reference = MemoryCmdb()
    reference.create(CMDB_ID)
    for one in (cmdb, reference):
        fill(one, drawn)
    with cmdb.reading() as view, reference.reading() as expected:
        places = [None, *(item.place for item in expected.page(CredentialFilter(), order, 3))]
        for place in places:
            page = view.page(wanted, order, limit, place, backwards, offset)
            assert page == expected.page(wanted, order, limit, place, backwards, offset)
        assert view.total(wanted) == expected.total(wanted)
        assert unnumbered(view.counts()) == unnumbered(expected.counts())
        assert view.names() == expected.names()


def unnumbered(uses: tuple[KeyUse, ...]) -> list[KeyUse]:
    """Apart from the numbers of seals, which count all that was ever sealed in this CMDB."""
    return [use._replace(last_number=0) for use in uses]


@pytest.mark.parametrize(
    ("by", "expected"),
    [
        (SortBy.KIND, ["Zebra", "apple", "Émile", "emile", "mango"]),
        (SortBy.NAME, ["apple", "emile", "mango", "Zebra", "Émile"]),
        (SortBy.TARGET, ["mango", "apple", "emile", "Zebra", "Émile"]),
        (SortBy.ACCOUNT, ["emile", "mango", "Zebra", "Émile", "apple"]),
        (SortBy.UPDATED, ["emile", "mango", "Zebra", "Émile", "apple"]),
    ],
)
def test_a_list_is_ordered_by_its_column_and_then_by_name(
    cmdb: Cmdb, by: SortBy, expected: list[str]
) -> None:
    rows = [
        a_credential("Zebra", HIERARCHY, target="b"),
        a_credential(
            "apple", PCANYWHERE, target="B", account="d", updated=AFTERNOON + timedelta(seconds=1)
        ),
        a_credential("Émile", PCANYWHERE, target="b"),
        a_credential("mango", RUN_AS, target="A"),
        a_credential("emile", RUN_AS, target="b"),
    ]
    with cmdb.changing(an_event()) as change:
        change.add(rows)
    with cmdb.reading() as view:
        for descending in (False, True):
            page = view.page(CredentialFilter(), CredentialOrder(by, descending), 10)
            names = [item.credential.fields.name for item in page]
            assert names == (expected[::-1] if descending else expected)


def test_a_page_far_down_is_reached_by_counting(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.add([a_credential(f"n{n:04}") for n in range(500)])
    with cmdb.reading() as view:
        page = view.page(CredentialFilter(), CredentialOrder(), 3, offset=400)
        assert [item.credential.fields.name for item in page] == ["n0400", "n0401", "n0402"]
        before = view.page(
            CredentialFilter(), CredentialOrder(), 2, page[0].place, backwards=True, offset=100
        )
        assert [item.credential.fields.name for item in before] == ["n0298", "n0299"]


def test_many_keys_and_few_are_both_found_by_their_keys(cmdb: Cmdb) -> None:
    with cmdb.changing(an_event()) as change:
        change.add(
            [a_credential(f"n{n:04}", kid=NEW_KEY if n % 300 == 299 else OLD_KEY) for n in range(1_500)]
        )
    with cmdb.reading() as view:
        for kid, count in ((OLD_KEY, 1_495), (NEW_KEY, 5)):
            wanted = CredentialFilter(kids=frozenset([kid]))
            page = view.page(wanted, CredentialOrder(), 2_000)
            assert len(page) == view.total(wanted) == count
            assert {item.credential.kid for item in page} == {kid}
