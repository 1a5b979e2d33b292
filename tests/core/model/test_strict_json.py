"""Strict JSON: one spelling, bounded, and hostile documents cost nothing."""

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.signed_json import (
    JSON_DEPTH,
    Fields,
    Json,
    Malformed,
    canonical_json,
    integer,
    items,
    parse,
    text,
)
from tests.fakes.examples import examples

LIMIT = 1_000_000

json_values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner, max_size=3)
    ),
    max_leaves=8,
)


def _depth(value: Json) -> int:
    if isinstance(value, dict):
        return 1 + max(map(_depth, value.values()), default=0)
    return 1 + max(map(_depth, value), default=0) if isinstance(value, list) else 0


@settings(max_examples=examples(200), deadline=None)
@given(json_values)
def test_what_is_written_is_read(value: Json) -> None:
    document = canonical_json(value)
    if _depth(value) <= JSON_DEPTH:
        assert parse(document, LIMIT) == value
    else:
        with pytest.raises(Malformed):
            parse(document, LIMIT)


@pytest.mark.parametrize(
    ("document", "problem"),
    [
        (b'{"a":1,"a":1}', "duplicate_name"),
        (b'{"a":1,"\\u0061":2}', "duplicate_name"),
        (b"[" * 7 + b"]" * 7, "json_depth"),
        (b"[" * 400_000, "json_depth"),
        (b'{"a":' * 200_000, "json_depth"),
        (b"9" * 17, "number"),
        (b"-" + b"9" * 17, "number"),
        (b"9" * 900_000, "number"),
        (b"1.0", "number"),
        (b"1e3", "number"),
        (b"NaN", "number"),
        (b"-Infinity", "number"),
        (b"9" * 16, "not_canonical"),
        (b"-0", "not_canonical"),
        (b'{"a": 1}', "not_canonical"),
        (b'{"b":1,"a":1}', "not_canonical"),
        (b'"\\u0041"', "not_canonical"),
        (b'"\\ud800"', "not_canonical"),
        (b'{"\xc3\xa9":1}', "not_canonical"),
        (b" 1", "not_canonical"),
        (b"1\n", "not_canonical"),
        (b"", "not_json"),
        (b"{", "not_json"),
        (b"\xff", "not_json"),
        (b"\xef\xbb\xbf1", "not_json"),
        (b"1 1", "not_json"),
        (b'"' + b"x" * LIMIT + b'"', "too_large"),
    ],
    ids=lambda value: repr(value[:20]),
)
def test_a_hostile_document_is_refused(document: bytes, problem: str) -> None:
    with pytest.raises(Malformed) as raised:
        parse(document, LIMIT)
    assert raised.value.problem == problem


def test_the_deepest_allowed_document_is_read() -> None:
    document = b"[" * JSON_DEPTH + b"1" + b"]" * JSON_DEPTH
    assert parse(document, LIMIT) == [[[[[[1]]]]]]


def test_an_object_has_exactly_the_names_it_should() -> None:
    fields = Fields({"a": 1, "b": 2}).only("a", "b")
    assert (fields.integer("a"), fields.integer("b")) == (1, 2)
    others: list[Json] = [{"a": 1}, {"a": 1, "b": 2, "c": 3}, [], None, "ab"]
    for wrong in others:
        with pytest.raises(Malformed):
            Fields(wrong).only("a", "b")


def test_a_member_that_nobody_read_is_refused_and_one_that_is_not_there_too() -> None:
    fields = Fields({"a": 1, "b": None})
    assert fields.integer("a") == 1
    with pytest.raises(Malformed, match="wrong_fields"):
        fields.done()
    assert fields.is_null("b")
    fields.done()
    with pytest.raises(Malformed, match="wrong_fields"):
        fields.text("c")


def test_a_caller_names_the_error_for_members_of_members_too() -> None:
    fields = Fields({"a": {"b": 1}}, LookupError)
    with pytest.raises(LookupError, match="wrong_type"):
        fields.fields("a").text("b")


def test_an_array_has_no_more_items_than_it_may() -> None:
    assert items([1, 2], 2) == [1, 2]
    others: list[Json] = [[1, 2, 3], {"a": 1}, "ab", None]
    for wrong in others:
        with pytest.raises(Malformed):
            items(wrong, 2)


def test_a_string_matches_as_a_whole() -> None:
    assert text("abc", "[a-c]+") == "abc"
    for wrong in ("abcd", "abc\n", "", 1, None):
        with pytest.raises(Malformed):
            text(wrong, "[a-c]+")


def test_an_integer_is_no_boolean_and_within_bounds() -> None:
    assert integer(3, lowest=1, highest=3) == 3
    for wrong in (0, 4, True, "3", None):
        with pytest.raises(Malformed):
            integer(wrong, lowest=1, highest=3)
