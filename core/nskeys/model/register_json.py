"""A register row as text: the RFC 8785 JSON that the server key signs and the CMDB stores.

It holds every field of `BackupCopy` but `signed`, in canonical form: `from_text` accepts exactly what
`to_text` writes, so a signature covers one meaning. Times are RFC 3339 in UTC, absent ones null.
"""

import sys
from datetime import datetime

from nskeys.model.destinations import LocatedAt, Location, LocationReason
from nskeys.model.keys import Kid
from nskeys.model.register import BackupCopy, BackupIdentity, CopyStatus, Proof, ProofDate, Protection
from nskeys.model.secret import LEAST_SCORE
from nskeys.model.signed_json import Fields, Json, canonical_json, hexadecimal, parse, text
from nskeys.model.times import to_rfc3339

TEXT_LIMIT = 1 << 20
"""Bytes of a row; thousands of keys fit."""


def to_text(copy: BackupCopy) -> str:
    """Return a copy in its canonical form."""
    value: dict[str, Json] = {
        "backup": _identity(copy.backup),
        "destination": copy.destination,
        "address": copy.address,
        "where": where_to_json(copy.where),
        "proofs": [proof_to_json(item) for item in copy.proofs],
        "sight": copy.status.value,
        "look_moment": to_rfc3339(copy.look_moment),
        "good_moment": _time(copy.good_moment),
        "retired": _time(copy.retired),
        "drilled_rows": copy.drilled_rows,
    }
    # Members of a later day, left out where there is nothing to say: what was written before still reads.
    if copy.drilled_upto is not None:
        value["drilled_upto"] = copy.drilled_upto
    if copy.typed is not None:
        value["typed"] = to_rfc3339(copy.typed)
    if copy.weak is not None:
        value["weak"] = copy.weak
    return canonical_json(value).decode("utf-8")


def from_text(body: str) -> BackupCopy:
    """Return the copy that `to_text` wrote, as unsigned. Raises ValueError for any other text."""
    return _copy(Fields(parse(body.encode("utf-8"), TEXT_LIMIT)))


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
        "earlier": list(backup.earlier),
        "copy_kids": list(backup.copy_kids),
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else to_rfc3339(moment)


def _copy(fields: Fields) -> BackupCopy:
    copy = BackupCopy(
        backup=_backup(fields.fields("backup")),
        destination=fields.text("destination"),
        address=fields.text("address"),
        where=where_from_json(fields.fields("where")),
        proofs=tuple(proof_from_json(Fields(item)) for item in fields.items("proofs")),
        status=fields.token("sight", CopyStatus),
        look_moment=fields.moment("look_moment"),
        good_moment=_moment(fields, "good_moment"),
        retired=_moment(fields, "retired"),
        drilled_rows=fields.integer("drilled_rows"),
        drilled_upto=fields.integer("drilled_upto") if fields.has("drilled_upto") else None,
        typed=fields.moment("typed") if fields.has("typed") else None,
        weak=fields.integer("weak", highest=LEAST_SCORE - 1) if fields.has("weak") else None,
    )
    fields.done()
    return copy


def _moment(fields: Fields, name: str) -> datetime | None:
    return None if fields.is_null(name) else fields.moment(name)


def _backup(fields: Fields) -> BackupIdentity:
    backup = BackupIdentity(
        kms_sha256=fields.hexadecimal("kms_sha256", 64),
        archive_sha256=fields.hexadecimal("archive_sha256", 64),
        archive_name=fields.text("archive_name"),
        size=fields.integer("size"),
        server=fields.text("server"),
        cmdb_id=fields.hexadecimal("cmdb_id", 32),
        server_key=fields.hexadecimal("server_key", 64),
        created=fields.moment("created"),
        generation=fields.integer("generation"),
        previous=None if fields.is_null("previous") else fields.hexadecimal("previous", 64),
        # The same few ids are in every backup: each is held once.
        kids=tuple(Kid(sys.intern(hexadecimal(item, 64))) for item in fields.items("kids")),
        protection=fields.token("protection", Protection),
        recipients=tuple(text(item) for item in fields.items("recipients")),
        hint=fields.text("hint"),
        earlier=tuple(text(item) for item in fields.items("earlier")),
        copy_kids=tuple(sys.intern(hexadecimal(item, 64)) for item in fields.items("copy_kids")),
    )
    fields.done()
    return backup


def where_to_json(where: LocatedAt) -> Json:
    return {"location": where.location.value, "reason": where.reason.value, "detail": where.detail}


def where_from_json(fields: Fields) -> LocatedAt:
    where = LocatedAt(
        location=fields.token("location", Location),
        reason=fields.token("reason", LocationReason),
        detail=fields.text("detail"),
    )
    fields.done()
    return where


def proof_to_json(item: ProofDate) -> Json:
    return {"proof": item.proof.value, "moment": to_rfc3339(item.moment)}


def proof_from_json(fields: Fields) -> ProofDate:
    proof = ProofDate(proof=fields.token("proof", Proof), moment=fields.moment("moment"))
    fields.done()
    return proof
