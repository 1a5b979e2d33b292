"""How lists are ordered and searched."""

from datetime import UTC, datetime

from nskeys.model.credential_list import PART_LIMIT, SortBy, SortKeys, fold, sort_keys
from nskeys.model.credentials import CredentialFields, CredentialKind

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def of(name: str, target: str = "finance-*", account: str = "CORP\\svc", note: str = "") -> SortKeys:
    """The listing of a run-as credential."""
    return sort_keys(CredentialFields(CredentialKind.RUN_AS, name, target, account, note), NOON)


def test_case_and_composition_do_not_matter() -> None:
    assert fold("STRASSE") == fold("straße")
    assert fold("A\u030angstro\u0308m") == fold("ångström")


def test_every_column_has_its_key() -> None:
    row = of("Deploy")
    assert [row.key(by) for by in SortBy] == [
        row.by_kind,
        row.by_name,
        row.by_target,
        row.by_account,
        row.by_updated,
    ]
    assert row.by_kind == "run-as/deploy"
    assert row.by_updated.startswith("2026-11-23T12:00:00Z")


def test_equal_accounts_stay_together_and_are_ordered_by_name() -> None:
    rows = [of("b", account="a"), of("a", account="a b"), of("c", account="A"), of("a", account="a")]
    ordered = sorted(rows, key=lambda row: row.by_account)
    assert [row.by_name for row in ordered] == ["a", "b", "c", "a"]
    assert ordered[-1].by_account.startswith("a b")


def test_a_long_field_gives_a_key_that_every_database_can_index() -> None:
    row = of("\U0001f511" * 255, target="\u0390" * 2_048, account="\u0390" * 2_048)
    assert all(len(row.key(by)) <= 2 * PART_LIMIT + 32 for by in SortBy)
    assert all(len(row.key(by).encode()) < 2_000 for by in SortBy)


def test_what_is_searched_holds_every_field_and_no_other() -> None:
    row = of("Deploy", "Finance-*", "CORP\\Svc", "Call\nFirst")
    assert row.haystack == "deploy\nfinance-*\ncorp\\svc\ncall\nfirst\n\n"


def test_numbers_are_ordered_as_a_person_counts() -> None:
    names = [
        "till-2",
        "till-12",
        "till 1",
        "Till-1",
        "till-002",
        "till-1234567890",
        "till-20",
        "till",
        "3",
        "b",
    ]
    ordered = sorted(names, key=lambda name: of(name).by_name)
    assert ordered == [
        "3",
        "b",
        "till",
        "till 1",
        "Till-1",
        "till-2",
        "till-002",
        "till-12",
        "till-20",
        "till-1234567890",
    ]
    hosts = ["pc10.example.net:443", "pc9.example.net:5631", "pc9.example.net:443"]
    assert sorted(hosts, key=lambda host: of("x", target=host).by_target) == [
        "pc9.example.net:443",
        "pc9.example.net:5631",
        "pc10.example.net:443",
    ]
