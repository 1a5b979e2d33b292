"""Whatever way a person goes through a long list, what is shown is the list."""

from functools import cache

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.audit import Action, AuditEvent
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import Credential, CredentialKind
from nskeys.ports import Cmdb
from nskeys.services.credentials.pages import CredentialPages
from tests.fakes.credentials import NEW_KEY, OLD_KEY, a_credential
from tests.fakes.dying import Life
from tests.fakes.examples import examples
from tests.fakes.fixed import AFTERNOON, OPERATOR
from tests.fakes.memory_cmdb import MemoryCmdb
from tests.fakes.servers import Server

_ROWS = 61
_FILTERS = (
    CredentialFilter(),
    CredentialFilter(kind=CredentialKind.PCANYWHERE),
    CredentialFilter(text="SVC-1"),
    CredentialFilter(kids=frozenset({NEW_KEY})),
    CredentialFilter(text="nowhere to be found"),
)
_ORDERS = tuple(CredentialOrder(by, descending) for by in SortBy for descending in (False, True))


@cache
def cmdb() -> Cmdb:
    """A CMDB with many rows, of which many share a column."""
    made = MemoryCmdb()
    made.create("c0" * 16)
    kinds = tuple(CredentialKind)
    rows = [
        a_credential(
            f"name {number % 20:02}-{number}",
            kinds[number % 3],
            target=f"target {number % 4}",
            account=f"CORP\\svc-{number % 7}",
            kid=NEW_KEY if number % 5 == 0 else OLD_KEY,
        )
        for number in range(_ROWS)
    ]
    with made.changing(AuditEvent(Action.CREDENTIALS_IMPORTED, "a test", OPERATOR, AFTERNOON)) as change:
        change.add(rows)
    return made


def whole(wanted: CredentialFilter, order: CredentialOrder) -> tuple[Credential, ...]:
    """The list at once."""
    with cmdb().reading() as view:
        return tuple(row.credential for row in view.page(wanted, order, 1_000))


@given(
    st.sampled_from(_FILTERS),
    st.sampled_from(_ORDERS),
    st.lists(st.tuples(st.integers(0, _ROWS + 3), st.integers(0, 15)), max_size=30),
)
@settings(max_examples=examples(200), deadline=None)
def test_any_walk_shows_the_list_as_it_is(
    wanted: CredentialFilter, order: CredentialOrder, walk: list[tuple[int, int]]
) -> None:
    pages, expected = CredentialPages(cmdb(), wanted, order), whole(wanted, order)
    for first, count in walk:
        assert pages.window(first, count) == expected[first : first + count]


@pytest.mark.parametrize("wanted", _FILTERS)
def test_the_total_is_that_of_the_list(wanted: CredentialFilter) -> None:
    pages = CredentialPages(cmdb(), wanted, CredentialOrder())
    assert pages.total() == len(whole(wanted, CredentialOrder()))


def skips(pages: CredentialPages, life: Life) -> list[int]:
    """How many rows the database had to skip for each window so far."""
    return [given["offset"] for call, given in life.given if call.endswith(".page")]


def test_one_line_up_from_the_end_of_a_long_list_skips_nothing() -> None:
    life = Life()
    pages = CredentialPages(life.mortal(cmdb(), "cmdb"), CredentialFilter(), CredentialOrder())
    pages.total()
    for first in range(_ROWS - 10, 20, -1):
        pages.window(first, 10)
    assert max(skips(pages, life)) == 0


def test_one_page_after_the_other_skips_nothing() -> None:
    life = Life()
    pages = CredentialPages(life.mortal(cmdb(), "cmdb"), CredentialFilter(), CredentialOrder())
    for first in range(0, _ROWS, 10):
        pages.window(first, 10)
    assert max(skips(pages, life)) == 0


def test_places_are_forgotten_before_there_are_too_many(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("nskeys.services.credentials.pages._KNOWN_LIMIT", 4)
    pages, expected = (
        CredentialPages(cmdb(), CredentialFilter(), CredentialOrder()),
        whole(CredentialFilter(), CredentialOrder()),
    )
    for first in (50, 3, 41, 17, 29, 8, 55, 0):
        assert pages.window(first, 2) == expected[first : first + 2]


def test_over_a_real_database_it_is_the_same_list(server: Server) -> None:
    for number in range(12):
        server.add(f"deploy-{number:02}")
    pages = CredentialPages(server.installation.cmdb, CredentialFilter(), CredentialOrder())
    names = [row.fields.name for row in (*pages.window(8, 9), *pages.window(7, 1), *pages.window(0, 2))]
    assert names == [f"deploy-{number:02}" for number in (8, 9, 10, 11, 7, 0, 1)]
