"""A line of the audit trail in words, whoever wrote it."""

import json

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.audit import Action, AuditEvent
from nskeys.wording.audit import NOT_WRITTEN_HERE, trail_line
from nskeys.wording.text.terminal import safe
from nskeys.wording.text.times import when
from tests.fakes.examples import examples
from tests.fakes.fixed import AFTERNOON, OPERATOR


def test_a_line_says_when_who_what_and_of_what() -> None:
    event = AuditEvent(
        Action.BACKED_UP, "/mnt/a.zip", OPERATOR, AFTERNOON, (("generation", "4"), ("hint", ""))
    )
    told = trail_line(event.line(7))
    assert (told.time, told.who) == (when(AFTERNOON), "operator as root")
    assert (told.what, told.subject, told.details) == ("backed up", "/mnt/a.zip", "generation 4")


@pytest.mark.parametrize("line", ["", "[1, 2]", "nonsense", "[" * 100_000, '"text"', "7", "\x1b[2J"])
def test_a_line_that_nskeys_did_not_write_is_shown_as_it_stands(line: str) -> None:
    told = trail_line(line)
    assert (told.what, told.subject) == (NOT_WRITTEN_HERE, safe(line))


def test_values_of_other_types_and_times_that_are_none_are_harmless() -> None:
    told = trail_line(json.dumps({"time": "yesterday\x1b", "user": 7, "action": "x\u202e", "details": [1]}))
    assert (told.time, told.who, told.what, told.details) == ("yesterday\\x1b", "", "x\\u202e", "")


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.sampled_from(["time", "user", "details", "x"]), inner, max_size=4)
        ),
        max_leaves=8,
    )
)
@settings(max_examples=examples(60), deadline=None)
def test_whatever_json_says_nothing_reaches_the_terminal(value: object) -> None:
    told = trail_line(json.dumps(value))
    for text in (told.time, told.who, told.what, told.subject, told.details):
        assert safe(text) == text
