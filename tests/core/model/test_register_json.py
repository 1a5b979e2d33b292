"""A register row has one spelling: what was written is read, and nothing else is."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, ProofDate, Protection
from nskeys.model.register_json import TEXT_LIMIT, from_text, to_text
from nskeys.model.signed_json import canonical_json
from tests.fakes.backups import a_copy
from tests.fakes.examples import examples

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
moments = st.integers(0, 200 * 365 * 86_400).map(
    lambda s: datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=s)
)
digests = st.binary(min_size=32, max_size=32).map(bytes.hex)
counts = st.integers(0, 2**53 - 1)

identities = st.builds(
    BackupIdentity,
    kms_sha256=digests,
    archive_sha256=digests,
    archive_name=texts,
    size=counts,
    server=texts,
    cmdb_id=st.binary(min_size=16, max_size=16).map(bytes.hex),
    server_key=digests,
    created=moments,
    generation=counts,
    previous=st.none() | digests,
    kids=st.lists(digests.map(Kid), max_size=4).map(tuple),
    protection=st.sampled_from(Protection),
    recipients=st.lists(texts, max_size=3).map(tuple),
    hint=texts,
    earlier=st.lists(texts, max_size=3).map(tuple),
    copy_kids=st.lists(digests, max_size=3).map(tuple),
)
copies = st.builds(
    BackupCopy,
    backup=identities,
    destination=texts,
    address=texts,
    where=st.builds(LocatedAt, st.sampled_from(Location), st.sampled_from(LocationReason), texts),
    proofs=st.lists(st.builds(ProofDate, st.sampled_from(Proof), moments), max_size=6).map(tuple),
    status=st.sampled_from(CopyStatus),
    look_moment=moments,
    good_moment=st.none() | moments,
    retired=st.none() | moments,
    drilled_rows=counts,
    weak=st.none() | st.integers(0, 2),
    signed=st.booleans(),
)


@settings(max_examples=examples(100), deadline=None)
@given(copies)
def test_every_copy_is_read_back_as_it_was_written(copy: BackupCopy) -> None:
    again = from_text(to_text(copy))
    assert again == copy
    assert not again.signed
    assert to_text(again) == to_text(copy)


def test_whether_a_row_is_signed_is_not_part_of_its_text() -> None:
    assert to_text(replace(a_copy(), signed=True)) == to_text(a_copy())


Change = Callable[[dict[str, Any]], object]
CHANGES: dict[str, Change] = {
    "a password that is good": lambda row: row.update(weak=3),
    "a field is missing": lambda row: row.pop("sight"),
    "a field of the backup is missing": lambda row: row["backup"].pop("hint"),
    "a field is unknown": lambda row: row.update(extra=1),
    "a field of the backup is unknown": lambda row: row["backup"].update(extra=1),
    "a field of the place is unknown": lambda row: row["where"].update(extra=1),
    "a field of a proof is unknown": lambda row: row["proofs"][0].update(extra=1),
    "the backup is no object": lambda row: row.update(backup=[]),
    "a proof is no object": lambda row: row.update(proofs=["opened"]),
    "the proofs are no list": lambda row: row.update(proofs={}),
    "a token is unknown": lambda row: row.update(sight="splendid"),
    "a token is a number": lambda row: row.update(sight=1),
    "a time has another spelling": lambda row: row.update(look_moment="2026-11-23 14:02:00Z"),
    "a time is a number": lambda row: row.update(look_moment=0),
    "a day does not exist": lambda row: row.update(retired="2026-02-30T00:00:00Z"),
    "a count is negative": lambda row: row.update(drilled_rows=-1),
    "a count is true": lambda row: row.update(drilled_rows=True),
    "a count is text": lambda row: row["backup"].update(size="4711"),
    "a hash is too short": lambda row: row["backup"].update(kms_sha256="ab" * 31),
    "a hash is in capitals": lambda row: row["backup"].update(kms_sha256="AB" * 32),
    "a hash is no text": lambda row: row["backup"].update(previous=7),
    "a key id is no hash": lambda row: row["backup"].update(kids=["key"]),
    "a recipient is no text": lambda row: row["backup"].update(recipients=[None]),
    "an address is nothing": lambda row: row.update(address=None),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_a_row_is_refused_when(change: Change) -> None:
    row = json.loads(to_text(a_copy()))
    change(row)
    with pytest.raises(ValueError, match=r".+"):
        from_text(canonical_json(row).decode())


@pytest.mark.parametrize(
    "text",
    [
        "",
        "null",
        "[]",
        "{}",
        "7.5",
        "NaN",
        "[" * 100_000,
        '{"a":' * 100_000,
        '"\\ud800"',
        "1" * 5_000,
        "9" * 400,
        " " + to_text(a_copy()),
        to_text(a_copy()) + "\n",
        to_text(a_copy()).replace('"size":4711', '"size":4711.0'),
        to_text(a_copy()).replace('"size":4711', '"size":1,"size":4711'),
        to_text(a_copy()).replace("ns01", "\\u006es01"),
        to_text(replace(a_copy(), destination="x" * TEXT_LIMIT)),
    ],
    ids=lambda text: text[:20],
)
def test_any_other_text_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r".+"):
        from_text(text)
