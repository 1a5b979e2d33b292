"""RFC 8785 within its bounds: one spelling for one value, and none for what has none."""

import json
import random

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.signed_json import Json, canonical_json
from tests.fakes.examples import examples

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53) + 1, 2**53 - 1) | texts,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(st.characters(max_codepoint=127)), inner)
    ),
    max_leaves=12,
)


@settings(max_examples=examples(200), deadline=None)
@given(values)
def test_a_value_is_read_back_and_spelled_the_same_again(value: Json) -> None:
    document = canonical_json(value)
    assert json.loads(document) == value
    assert canonical_json(json.loads(document)) == document


@settings(max_examples=examples(50), deadline=None)
@given(st.dictionaries(st.text(st.characters(max_codepoint=127)), st.integers(0, 9)), st.randoms())
def test_the_order_in_which_members_were_added_plays_no_part(
    value: dict[str, int], chance: random.Random
) -> None:
    shuffled = list(value.items())
    chance.shuffle(shuffled)
    assert canonical_json(dict(shuffled)) == canonical_json(value)


def test_the_escapes_are_those_of_rfc_8785() -> None:
    """Names sorted, two-letter escapes where there are any, lower-case digits, nothing else escaped."""
    value: Json = {
        "string": '\u20ac$\u000f\nA\'B"\\\\"/',
        "literals": [None, True, False],
        "numbers": [-1, 0],
    }
    assert canonical_json(value) == (
        b'{"literals":[null,true,false],"numbers":[-1,0],"string":"\xe2\x82\xac$\\u000f\\nA\'B\\"\\\\\\\\\\"/"}'
    )
    assert canonical_json("\b\t\n\f\r\x00\x1f\x7f\u2028😂") == (
        '"\\b\\t\\n\\f\\r\\u0000\\u001f\x7f\u2028😂"'.encode()
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (2**53, "integer"),
        (-(2**53), "integer"),
        ([[{"a": 2**60}]], "integer"),
        ("\ud800", "surrogates"),
        ({"é": 1}, "keys"),
        ({1: 2}, "keys"),
    ],
    ids=["too large", "too small", "deep inside", "lone surrogate", "name beyond ASCII", "name no text"],
)
def test_what_has_no_one_spelling_is_refused(value: Json, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        canonical_json(value)


@pytest.mark.parametrize("value", [1.0, float("nan"), b"bytes", {1, 2}, object()])
def test_what_is_no_json_here_is_refused(value: Json) -> None:
    with pytest.raises(TypeError):
        canonical_json(value)
