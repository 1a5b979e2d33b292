"""A register row as text: the RFC 8785 JSON that the server key signs and the CMDB stores.

Everything of a `BackupCopy` but `signed`, nothing else, in one spelling: `from_text` accepts exactly
what `to_text` writes, so a signature covers one meaning. Times are RFC 3339 in UTC, absent ones null.
"""

import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import TypeVar

from nskeys.model.backup import Protection
from nskeys.model.canonical import Json, canonical_json
from nskeys.model.keys import Kid
from nskeys.model.places import Location, LocationReason, Whereabouts
from nskeys.model.register import BackupCopy, BackupIdentity, Proof, ProofDate, Sight
from nskeys.model.times import from_rfc3339, to_rfc3339

TEXT_LIMIT = 1 << 20
"""Characters of a row; thousands of keys fit."""

_Token = TypeVar("_Token", bound=StrEnum)
_HEX = re.compile(r"[0-9a-f]+")


def to_text(copy: BackupCopy) -> str:
    """The one spelling of a copy."""
    value: Json = {
        "backup": _identity(copy.backup),
        "destination": copy.destination,
        "address": copy.address,
        "where": {
            "location": copy.where.location.value,
            "reason": copy.where.reason.value,
            "detail": copy.where.detail,
        },
        "proofs": [{"proof": item.proof.value, "moment": to_rfc3339(item.moment)} for item in copy.proofs],
        "sight": copy.sight.value,
        "look_moment": to_rfc3339(copy.look_moment),
        "good_moment": _time(copy.good_moment),
        "retired": _time(copy.retired),
        "drilled_rows": copy.drilled_rows,
    }
    return canonical_json(value).decode("utf-8")


def from_text(text: str) -> BackupCopy:
    """The copy that `to_text` wrote, not signed yet; ValueError for any other text."""
    if len(text) > TEXT_LIMIT:
        raise ValueError("longer than a register row can be")
    try:
        value: Json = json.loads(text)
        same = canonical_json(value).decode("utf-8") == text
    except (RecursionError, TypeError):
        same = False
    if not same:
        raise ValueError("not in canonical form")
    return _copy(_Fields(value))


def _identity(backup: BackupIdentity) -> Json:
    return {
        "kms_sha256": backup.kms_sha256,
        "archive_sha256": backup.archive_sha256,
        "archive_name": backup.archive_name,
        "size": backup.size,
        "server": backup.server,
        "cmdb_id": backup.cmdb_id,
        "server_key": backup.server_key,
        "created": to_rfc3339(backup.created),
        "generation": backup.generation,
        "previous": backup.previous,
        "kids": list(backup.kids),
        "protection": backup.protection.value,
        "recipients": list(backup.recipients),
        "hint": backup.hint,
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)


class _Fields:
    """A JSON object that is read field by field; `done` refuses what nobody asked for."""

    def __init__(self, value: Json) -> None:
        self._left = dict(_object(value))

    def take(self, name: str) -> Json:
        try:
            return self._left.pop(name)
        except KeyError:
            raise ValueError(f"{name} is missing") from None

    def text(self, name: str) -> str:
        return _text(self.take(name))

    def hex(self, name: str, digits: int) -> str:
        return _hex(self.take(name), digits)

    def number(self, name: str) -> int:
        value = self.take(name)
        if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
            return value
        raise ValueError(f"{name} is no count")

    def token(self, name: str, tokens: type[_Token]) -> _Token:
        return tokens(self.text(name))

    def time(self, name: str) -> datetime:
        return from_rfc3339(self.text(name))

    def time_or_none(self, name: str) -> datetime | None:
        value = self.take(name)
        return None if value is None else from_rfc3339(_text(value))

    def items(self, name: str) -> Sequence[Json]:
        value = self.take(name)
        if isinstance(value, list):
            return value
        raise ValueError(f"{name} is no list")

    def done(self) -> None:
        if self._left:
            raise ValueError("unknown fields")


def _copy(fields: _Fields) -> BackupCopy:
    copy = BackupCopy(
        backup=_backup(_Fields(fields.take("backup"))),
        destination=fields.text("destination"),
        address=fields.text("address"),
        where=_where(_Fields(fields.take("where"))),
        proofs=tuple(_proof(_Fields(item)) for item in fields.items("proofs")),
        sight=fields.token("sight", Sight),
        look_moment=fields.time("look_moment"),
        good_moment=fields.time_or_none("good_moment"),
        retired=fields.time_or_none("retired"),
        drilled_rows=fields.number("drilled_rows"),
    )
    fields.done()
    return copy


def _backup(fields: _Fields) -> BackupIdentity:
    previous = fields.take("previous")
    backup = BackupIdentity(
        kms_sha256=fields.hex("kms_sha256", 64),
        archive_sha256=fields.hex("archive_sha256", 64),
        archive_name=fields.text("archive_name"),
        size=fields.number("size"),
        server=fields.text("server"),
        cmdb_id=fields.hex("cmdb_id", 32),
        server_key=fields.hex("server_key", 64),
        created=fields.time("created"),
        generation=fields.number("generation"),
        previous=None if previous is None else _hex(previous, 64),
        kids=tuple(Kid(_hex(item, 64)) for item in fields.items("kids")),
        protection=fields.token("protection", Protection),
        recipients=tuple(_text(item) for item in fields.items("recipients")),
        hint=fields.text("hint"),
    )
    fields.done()
    return backup


def _where(fields: _Fields) -> Whereabouts:
    where = Whereabouts(
        location=fields.token("location", Location),
        reason=fields.token("reason", LocationReason),
        detail=fields.text("detail"),
    )
    fields.done()
    return where


def _proof(fields: _Fields) -> ProofDate:
    proof = ProofDate(proof=fields.token("proof", Proof), moment=fields.time("moment"))
    fields.done()
    return proof


def _text(value: Json) -> str:
    if isinstance(value, str):
        return value
    raise ValueError("not a text")


def _object(value: Json) -> Mapping[str, Json]:
    if isinstance(value, Mapping):
        return value
    raise ValueError("not an object")


def _hex(value: Json, digits: int) -> str:
    text = _text(value)
    if len(text) != digits or not _HEX.fullmatch(text):
        raise ValueError(f"not {digits} hex digits")
    return text
