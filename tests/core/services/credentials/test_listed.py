"""The long list, page by page: every credential once, in the order of kind and name."""

import pytest

from nskeys.model.credential_list import CredentialFilter
from nskeys.model.credentials import CredentialKind
from nskeys.services.credentials import service
from tests.fakes.servers import NOBODY, Server

NAMES = ["a", "b", "c", "d", "e"]
EVERYTHING = CredentialFilter()


@pytest.fixture
def filled(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Five credentials, two on a page."""
    monkeypatch.setattr(service, "_PAGE", 2)
    for name in reversed(NAMES):
        server.add(name)
    return server


def listed(server: Server, wanted: CredentialFilter = EVERYTHING, limit: int | None = None) -> list[str]:
    """Their names."""
    return [item.fields.name for item in server.services.credentials.listed(wanted, limit)]


def test_every_page_follows_the_one_before(filled: Server) -> None:
    assert listed(filled) == NAMES


@pytest.mark.parametrize("limit", [0, 1, 2, 3, 5, 9])
def test_a_limit_ends_it(filled: Server, limit: int) -> None:
    assert listed(filled, limit=limit) == NAMES[:limit]


def test_only_what_is_wanted_is_in_it(filled: Server) -> None:
    filled.add("another")
    assert listed(filled, CredentialFilter(text="another")) == ["another"]
    assert listed(filled, CredentialFilter(CredentialKind.PCANYWHERE)) == []


def test_a_change_between_two_pages_waits_for_nobody(filled: Server) -> None:
    rows = filled.services.credentials.listed(EVERYTHING)
    assert next(rows).fields.name == "a"
    filled.services.credentials.remove(filled.services.credentials.show("run-as/d"), NOBODY)
    assert [item.fields.name for item in rows] == ["b", "c", "e"]
