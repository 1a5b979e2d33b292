"""The sum over rows: as core/FORMAT.md spells it, and moved by every change of every value."""

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.crypto.inventory import RowSums
from nskeys.model.credentials import CHANGE_LIMIT, CredentialKind, SealedRow
from nskeys.model.keys import Kid
from tests.fakes.examples import examples

CMDB, KID = "c0" * 16, Kid("0a" * 32)
ROW: SealedRow = ("0b" * 16, "run-as", "deploy", "finance-*", "svc", "", 7, 100, 200, b"\x01" + bytes(92))
TOLD = json.loads((Path(__file__).parents[2] / "vectors/format-1/sealed_rows.json").read_text("utf-8"))

texts = st.text(st.characters(exclude_categories=["Cs"]), max_size=600)
numbers = st.integers(1, CHANGE_LIMIT)
rows = st.tuples(
    st.binary(min_size=16, max_size=16).map(bytes.hex),
    st.sampled_from([kind.value for kind in CredentialKind]),
    texts,
    texts,
    texts,
    texts,
    numbers,
    st.integers(-(2**33), 2**33),
    st.integers(-(2**33), 2**33),
    st.binary(max_size=300),
)


def spelled_out(cmdb_id: str, kid: str, told: list[SealedRow]) -> int:
    """The sum, from core/FORMAT.md alone."""
    total = 0
    for row in told:
        hashed = b"nskeys/inventory/1\x00" + bytes.fromhex(cmdb_id + kid)
        for value in row:
            data = value if isinstance(value, bytes) else str(value).encode()
            hashed += len(data).to_bytes(4, "big") + data
        total += int.from_bytes(hashlib.shake_128(hashed).digest(256), "big")
    return total % 2**2048


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(rows, max_size=5))
def test_the_sum_is_the_specified_one_in_any_order(told: list[SealedRow]) -> None:
    sums = RowSums(CMDB, KID)
    assert sums.of(told) == sums.of(told[::-1]) == spelled_out(CMDB, KID, told)


def test_a_row_of_the_longest_values_is_summed() -> None:
    longest: SealedRow = (
        "ff" * 16, "pcanywhere", "🔑" * 255, "ΐ" * 2_048, "ŉ" * 2_048, "🔑" * 16_384,
        CHANGE_LIMIT, -(2**35), 2**38, bytes(65_629),
    )  # fmt: skip
    assert RowSums(CMDB, KID).of([longest]) == spelled_out(CMDB, KID, [longest])


@pytest.mark.parametrize("kid", TOLD["row_sums"])
def test_the_released_sums_are_those_of_the_released_rows(kid: str) -> None:
    names = ("credential_id", "kind", "name", "target", "account", "note", "number", "created", "updated")
    told: list[Any] = [
        (*(row[name] for name in names), bytes.fromhex(row["blob"]))
        for row in TOLD["rows"]
        if row["kid"] == kid
    ]
    assert len(told) == 2
    assert f"{RowSums(TOLD['cmdb_id'], Kid(kid)).of(told):0512x}" == TOLD["row_sums"][kid]
    assert f"{spelled_out(TOLD['cmdb_id'], kid, told):0512x}" == TOLD["row_sums"][kid]


@pytest.mark.parametrize("at", range(len(ROW)))
def test_every_value_of_a_row_is_in_the_sum(at: int) -> None:
    changed: list[Any] = list(ROW)
    changed[at] = changed[at] + (1 if isinstance(changed[at], int) else changed[at][:1] or "x")
    sums = RowSums(CMDB, KID)
    assert sums.of([ROW]) != sums.of([tuple(changed)])


def test_a_letter_moved_to_the_next_field_is_another_row() -> None:
    moved: SealedRow = (*ROW[:2], "deployf", "inance-*", *ROW[4:])
    assert RowSums(CMDB, KID).of([ROW]) != RowSums(CMDB, KID).of([moved])


def test_key_and_cmdb_are_in_the_sum() -> None:
    of_all = {
        RowSums(CMDB, KID).of([ROW]),
        RowSums(CMDB, Kid("0c" * 32)).of([ROW]),
        RowSums("c1" * 16, KID).of([ROW]),
    }
    assert len(of_all) == 3


def test_no_rows_have_no_sum() -> None:
    assert RowSums(CMDB, KID).of([]) == 0
