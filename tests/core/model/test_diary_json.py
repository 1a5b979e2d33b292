"""A line of the diary has one spelling: what was written is read, and nothing else is."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.audit import Actor
from nskeys.model.diary import DrillEnd, DrillEntry
from nskeys.model.diary_json import TEXT_LIMIT, from_text, to_text
from nskeys.model.register import Proof
from nskeys.model.signed_json import canonical_json
from tests.fakes.backups import an_entry
from tests.fakes.examples import examples

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
counts = st.integers(0, 2**53 - 1)
moments = counts.map(lambda n: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=n % 6_000_000_000))
entries = st.builds(
    DrillEntry,
    began=moments,
    seconds=counts,
    actor=st.builds(Actor, counts, texts, texts, st.none() | counts, texts),
    host=texts,
    address=texts,
    archive_sha256=st.just("") | st.binary(min_size=32, max_size=32).map(bytes.hex),
    generation=counts,
    end=st.sampled_from(DrillEnd),
    reached=st.none() | st.sampled_from(Proof),
    opened=counts,
    missing=counts,
    tampered=counts,
    failures=st.lists(texts, max_size=5).map(tuple),
    typed=st.booleans(),
)


@settings(max_examples=examples(50))
@given(entries)
def test_whatever_is_written_is_read(entry: DrillEntry) -> None:
    assert from_text(to_text(entry)) == entry


def changed(**members: object) -> str:
    value = {**json.loads(to_text(an_entry())), **members}
    return canonical_json(value).decode("utf-8")


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        to_text(an_entry()) + " ",
        changed(more=1),
        changed(typed=1),
        changed(seconds=-1),
        changed(end="splendid"),
        changed(reached="splendid"),
        changed(archive_sha256="AB" * 32),
        changed(failures="run-as/one"),
        changed(began="yesterday"),
        changed(host=7),
        "[" * 100_000,
        changed(host="x" * TEXT_LIMIT),
    ],
)
def test_nothing_else_is_read(text: str) -> None:
    with pytest.raises(ValueError, match=r"."):
        from_text(text)
