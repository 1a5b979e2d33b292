"""The checkpoint: one spelling, every member checked, a newer one said to be newer."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from nskeys.errors import NewerVersion
from nskeys.model.audit import AuditHead
from nskeys.model.checkpoint import (
    VOID_LIMIT,
    Checkpoint,
    LastCheck,
    Predecessor,
    SignedCheckpoint,
    Unexplained,
    from_text,
    hash_of,
    to_text,
    with_void,
)
from nskeys.model.home_checkpoint import HomeCheckpoint, Moved, from_bytes, hash_of_text, to_bytes
from nskeys.model.registry import RegistryValues
from nskeys.model.signed_json import Malformed, canonical_json

NOW = datetime(2026, 11, 23, 14, 2, tzinfo=UTC)
ONE = Checkpoint(
    cmdb_id="c0" * 16,
    server_key="5e" * 32,
    number=7,
    previous="01" * 32,
    moment=NOW,
    store_id="d0" * 16,
    keys=hash_of([]),
    register=hash_of(["02" * 32]),
    diary=hash_of([]),
    audit=AuditHead(7, bytes(32)),
    rotation=None,
    recovery=hash_of_text("{}"),
    predecessors=(Predecessor("06" * 32, 3),),
    void=((4, 5),),
    unexplained=(Unexplained("audit", NOW, "7", "6"),),
    last_check=LastCheck(6, NOW, 0),
)
HOME = HomeCheckpoint(
    signed=SignedCheckpoint(to_text(ONE), bytes(64)),
    keys=(),
    recovery="{}",
    rotation=None,
    register=("02" * 32,),
    diary=(),
    registry=RegistryValues("/vault", NOW),
    events=("ab" * 16,),
)


@pytest.mark.parametrize(
    "one",
    [
        ONE,
        ONE._replace(
            previous=None, recovery=None, last_check=None, predecessors=(), void=(), unexplained=()
        ),
        ONE._replace(rotation="07" * 32),
    ],
)
def test_it_is_read_as_it_was_written(one: Checkpoint) -> None:
    assert from_text(to_text(one)) == one


def test_a_newer_one_is_said_to_be_newer() -> None:
    told = {**json.loads(to_text(ONE)), "version": 2, "more": 1}
    with pytest.raises(NewerVersion) as newer:
        from_text(canonical_json(told).decode())
    assert (newer.value.what, newer.value.found) == ("checkpoint", 2)


@pytest.mark.parametrize("name", json.loads(to_text(ONE)))
def test_every_member_has_to_be_there(name: str) -> None:
    told = json.loads(to_text(ONE))
    del told[name]
    with pytest.raises(Malformed):
        from_text(canonical_json(told).decode())


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 0},
        {"number": 0},
        {"number": -1},
        {"number": "7"},
        {"cmdb_id": "C0" * 16},
        {"previous": ""},
        {"moment": "yesterday"},
        {"keys": None},
        {"audit": {"count": 7, "head": "00"}},
        {"audit": {"count": 7}},
        {"void": [[5, 4]]},
        {"void": [[1]]},
        {"void": [[1, 2, 3]]},
        {"void": [[1, 1]] * 101},
        {"predecessors": [{"server_key": "x", "upto": 1}]},
        {"unexplained": [{"what": "audit"}]},
        {"last_check": {"number": 1}},
        {"more": 1},
    ],
)
def test_what_no_server_writes_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(Malformed):
        from_text(canonical_json({**json.loads(to_text(ONE)), **wrong}).decode())


@pytest.mark.parametrize("text", ["", "{}", "[]", "7", to_text(ONE) + " ", " " + to_text(ONE), "[" * 9_999])
def test_another_text_is_refused(text: str) -> None:
    with pytest.raises(Malformed):
        from_text(text)


def test_the_two_oldest_ranges_are_joined_where_there_are_too_many() -> None:
    void: tuple[tuple[int, int], ...] = ()
    for number in range(1, VOID_LIMIT + 3):
        void = with_void(void, 10 * number, 10 * number + 1)
    assert len(void) == VOID_LIMIT
    assert void[:2] == ((10, 31), (40, 41))
    assert from_text(to_text(ONE._replace(void=void))).void == void


def test_the_homes_copy_is_read_as_it_was_written() -> None:
    assert from_bytes(to_bytes(HOME)) == HOME
    moved = replace(HOME, moved=Moved(7, "sqlite:////var/lib/nskeys/cmdb.sqlite3"))
    assert from_bytes(to_bytes(moved)) == moved
    bare = replace(HOME, registry=None, recovery=None, events=(), rotation={"number": 1})
    assert from_bytes(to_bytes(bare)) == bare


Change = Callable[[HomeCheckpoint], HomeCheckpoint]


@pytest.mark.parametrize(
    "change",
    [
        lambda home: replace(home, keys=({"kid": "x"},)),
        lambda home: replace(home, register=()),
        lambda home: replace(home, diary=("03" * 32,)),
        lambda home: replace(home, rotation={"number": 1}),
        lambda home: replace(home, recovery=None),
    ],
)
def test_what_stands_beside_the_checkpoint_is_what_it_names(change: Change) -> None:
    assert HOME.holds_together
    assert not change(HOME).holds_together


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        to_bytes(HOME)[:-2],
        to_bytes(HOME) + b"\n",
        to_bytes(HOME).replace(b'"sig":"', b'"sig":"A'),
        to_bytes(HOME).replace(b'"version":1', b'"version":"1"'),
        to_bytes(HOME).replace(b'"keys":', b'"moved":null,"keys":'),
        to_bytes(replace(HOME, moved=Moved(0, "x"))),
        to_bytes(replace(HOME, moved=Moved(7, "x"))).replace(b'{"left":"x",', b"{"),
        to_bytes(HOME).replace(b'"number\\":7', b'"number\\":07'),
    ],
)
def test_another_file_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        from_bytes(data)


def test_a_newer_file_is_said_to_be_newer() -> None:
    told = {**json.loads(to_bytes(HOME)), "version": 2}
    with pytest.raises(NewerVersion):
        from_bytes(canonical_json(told) + b"\n")
