"""The rules that make an entry a credential, one by one."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.errors import FieldInvalid
from nskeys.model.credentials import CredentialKind
from nskeys.model.imports import ExportRow
from nskeys.model.secret import SecretBytes
from nskeys.services.credentials.import_rules import (
    KIND_WORDS,
    ChosenKind,
    Names,
    choose_kind,
    derive_target,
    kind_of_group,
    named,
    plan_row,
)
from tests.fakes.examples import examples

HIERARCHY, PCANYWHERE, RUN_AS = CredentialKind


def entry(
    group: str = "", title: str = "deploy", username: str = "svc", url: str = "", kind: str = ""
) -> ExportRow:
    return ExportRow(1, group, title, username, url, "", SecretBytes(b"secret"), kind)


@pytest.mark.parametrize(
    ("group", "kind", "word"),
    [
        ("Hierarchy", HIERARCHY, "hierarchy"),
        ("Passwords/HIERARCHY", HIERARCHY, "hierarchy"),
        ("Notification Servers", HIERARCHY, "notification server"),
        ("All child-servers (EMEA)", HIERARCHY, "child server"),
        ("NS", HIERARCHY, "ns"),
        ("pcAnywhere", PCANYWHERE, "pc anywhere"),
        ("PC Anywhere hosts", PCANYWHERE, "pc anywhere"),
        ("Remote Control", PCANYWHERE, "remote control"),
        ("remote", PCANYWHERE, "remote"),
        ("Run-as", RUN_AS, "run as"),
        ("RunAs accounts", RUN_AS, "run as"),
        ("RUN_AS", RUN_AS, "run as"),
        ("Software Delivery", RUN_AS, "software delivery"),
        ("Service accounts", RUN_AS, "service account"),
        ("Deploy", RUN_AS, "deploy"),
    ],
)
def test_a_known_word_in_the_group_decides_the_kind(group: str, kind: CredentialKind, word: str) -> None:
    assert kind_of_group(group) == ChosenKind(kind, "group", word, group)


@pytest.mark.parametrize(
    "group", ["", "/", "Internet", "Pensions", "NS records", "Remote desktop", "Rerun as"]
)
def test_a_group_without_a_known_word_decides_nothing(group: str) -> None:
    assert kind_of_group(group) is None


@pytest.mark.parametrize(
    ("group", "kind", "word"),
    [
        ("Passwords/Hierarchy/Run-as/EMEA", RUN_AS, "run as"),
        ("Run-as/Hierarchy/Night shift", HIERARCHY, "hierarchy"),
    ],
)
def test_the_innermost_group_with_a_known_word_decides(group: str, kind: CredentialKind, word: str) -> None:
    assert kind_of_group(group) == ChosenKind(kind, "group", word, group)


def test_of_several_words_in_one_group_the_longest_decides() -> None:
    found = kind_of_group("Deploy to notification servers")
    assert found is not None
    assert (found.kind, found.word) == (HIERARCHY, "notification server")


def test_of_several_groups_the_one_that_says_a_kind_decides_and_two_that_differ_are_asked_about() -> None:
    both = replace(entry("Default collection"), further=("Run-as accounts", "RunAs"))
    said = choose_kind(both, None)
    assert (said.kind, said.group) == (RUN_AS, "Run-as accounts")
    with pytest.raises(FieldInvalid) as caught:
        choose_kind(replace(both, further=("Run-as", "Hierarchy")), None)
    assert (caught.value.field, caught.value.problem) == ("kind", "kind_ambiguous")


def test_every_kind_has_words_that_lead_to_it_and_its_own_name_is_one() -> None:
    for kind, words in KIND_WORDS.items():
        for word in (*words.contained, *words.named):
            found = kind_of_group(word)
            assert found is not None
            assert found.kind is kind
        own = kind_of_group(kind.value)
        assert own is not None
        assert own.kind is kind


def test_a_given_kind_overrides_everything() -> None:
    assert choose_kind(entry("Hierarchy", kind="run-as"), PCANYWHERE) == ChosenKind(PCANYWHERE, "given")


def test_a_stated_kind_is_taken_and_not_guessed_over() -> None:
    assert choose_kind(entry("Hierarchy", kind="run-as"), None) == ChosenKind(RUN_AS, "stated")


@pytest.mark.parametrize(
    "row",
    [
        entry("Internet"),
        entry("Hierarchy", kind="runas"),
        # A web site in a password manager is not a child server because it has a URL.
        entry("Internet", username="CORP\\admin", url="https://wiki.example.net"),
    ],
)
def test_a_kind_that_nothing_says_is_asked_for_and_never_assumed(row: ExportRow) -> None:
    with pytest.raises(FieldInvalid) as caught:
        choose_kind(row, None)
    assert (caught.value.field, caught.value.problem) == ("kind", "kind_unknown")


@pytest.mark.parametrize(
    ("title", "url", "target"),
    [
        ("Front desk", "pc-1.example.net", "pc-1.example.net"),
        ("Front desk", "pc-1:5632", "pc-1:5632"),
        ("Front desk", "https://pc-1:5632/path?x#y", "pc-1:5632"),
        ("Front desk", "pcanywhere://support:pass@PC-1", "PC-1"),
        ("Front desk", "rdp://[2001:db8::1]:5631/", "[2001:db8::1]:5631"),
        ("Front desk", "pc-1/console", "pc-1"),
        ("pc-1.example.net", "  ", "pc-1.example.net"),
        ("Front desk", "http://[broken", "http://[broken"),
    ],
)
def test_pcanywhere_takes_host_and_port_of_the_url_or_else_the_title(
    title: str, url: str, target: str
) -> None:
    assert derive_target(PCANYWHERE, title, url) == target


@pytest.mark.parametrize(
    ("title", "url", "target"), [("deploy", "", "deploy"), ("deploy", " finance-* ", "finance-*")]
)
def test_run_as_takes_the_url_field_or_else_the_title(title: str, url: str, target: str) -> None:
    assert derive_target(RUN_AS, title, url) == target


def test_hierarchy_takes_the_url_and_nothing_else() -> None:
    assert derive_target(HIERARCHY, "https://ns01", "https://ns02/Altiris") == "https://ns02/Altiris"
    assert derive_target(HIERARCHY, "https://ns01", "") == ""


@pytest.mark.parametrize("kind", CredentialKind)
@pytest.mark.parametrize("url", ["https://svc:hidden@ns01", "svc:hidden@ns01", "//x/?pwd=hidden"])
def test_a_password_in_a_url_does_not_reach_a_field_that_is_not_secret(
    kind: CredentialKind, url: str
) -> None:
    with pytest.raises(FieldInvalid) as caught:
        plan_row(entry(username="CORP\\svc", url=url), kind, literal=False)
    assert (caught.value.field, caught.value.problem) == ("target", "password_in_url")


def test_a_password_in_the_target_of_a_row_without_a_secret_becomes_its_secret() -> None:
    row = replace(entry("Run-as", username="", url="svc-7:h%40dden@srv7/x"), secret=SecretBytes(b""))
    planned = plan_row(row, None, literal=False)
    assert (planned.fields.target, planned.fields.account) == ("srv7/x", "svc-7")
    assert (planned.secret.text(), planned.moved) == ("h@dden", True)


def test_the_targets_of_nskeys_own_export_are_never_derived() -> None:
    with pytest.raises(FieldInvalid) as caught:
        plan_row(entry(title="pc-1", kind="pcanywhere"), None, literal=True)
    assert (caught.value.field, caught.value.problem) == ("target", "not_host_port")


def test_a_duplicate_title_gets_its_group_and_then_a_number() -> None:
    names = Names(())
    assert [names.choose(RUN_AS, "deploy", "Root/Run-as") for _ in range(4)] == [
        "deploy",
        "Root/Run-as/deploy",
        "Root/Run-as/deploy (2)",
        "Root/Run-as/deploy (3)",
    ]
    assert names.choose(RUN_AS, "deploy", "Root/Other") == "Root/Other/deploy"


def test_names_are_unique_within_their_kind_only() -> None:
    names = Names(())
    assert names.choose(RUN_AS, "ns02", "g") == "ns02"
    assert names.choose(HIERARCHY, "ns02", "g") == "ns02"


def test_names_that_the_cmdb_has_are_taken() -> None:
    names = Names([("run-as", "deploy"), ("run-as", "Run-as/deploy"), ("run-as", "Run-as/deploy (2)")])
    assert names.choose(RUN_AS, "deploy", "Run-as") == "Run-as/deploy (3)"


def test_without_a_group_a_duplicate_gets_a_number() -> None:
    names = Names([("run-as", "deploy")])
    assert names.choose(RUN_AS, "deploy", "") == "deploy (2)"


def test_a_group_too_long_for_a_name_is_left_out_of_it() -> None:
    names = Names([("run-as", "deploy")])
    assert names.choose(RUN_AS, "deploy", "g" * 250) == "deploy (2)"


def test_fifty_thousand_entries_of_one_title_do_not_take_their_square() -> None:
    names = Names(())
    chosen = {names.choose(RUN_AS, "deploy", "Run-as") for _ in range(50_000)}
    assert len(chosen) == 50_000
    assert "Run-as/deploy (49999)" in chosen


def test_two_spellings_of_one_group_are_one_name() -> None:
    names = Names([("run-as", "deploy")])
    composed, decomposed = entry("Run-as/Z\u00fcrich"), entry("Run-as/Zu\u0308rich")
    first, second = (
        named(row, plan_row(row, None, literal=False), names) for row in (composed, decomposed)
    )
    assert first.fields.name == "Run-as/Z\u00fcrich/deploy"
    assert second.fields.name == "Run-as/Z\u00fcrich/deploy (2)"


def test_a_renamed_entry_remembers_its_title() -> None:
    row = entry("Run-as")
    planned = named(row, plan_row(row, None, literal=False), Names([("run-as", "deploy")]))
    assert (planned.fields.name, planned.renamed_from) == ("Run-as/deploy", "deploy")
    assert (planned.kind_rule, planned.kind_word, planned.group) == ("group", "run as", "Run-as")


@settings(max_examples=examples(200), deadline=None)
@given(
    rows=st.lists(st.tuples(st.sampled_from(["a", "b", "g/a", "a (2)"]), st.sampled_from(["", "g", "h"])))
)
def test_names_never_collide(rows: list[tuple[str, str]]) -> None:
    names = Names([("run-as", "a")])
    chosen = [names.choose(RUN_AS, title, group) for title, group in rows]
    assert len({"a", *chosen}) == len(chosen) + 1


@settings(max_examples=examples(300), deadline=None)
@given(
    group=st.text(max_size=30),
    title=st.text(max_size=30),
    user=st.text(max_size=30),
    url=st.text(max_size=30),
)
def test_any_entry_becomes_a_credential_or_a_bad_row(group: str, title: str, user: str, url: str) -> None:
    for kind in (None, *CredentialKind):
        try:
            planned = plan_row(entry(group, title, user, url), kind, literal=False)
        except FieldInvalid:
            continue
        assert planned.fields.name
