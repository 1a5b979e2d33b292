"""The record of who can open backups: the recovery identities of a server, those before them and one that
waits (core/FORMAT.md, "Recovery identities"). What the facts of a backup say of them is written and read
here too.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from nskeys.errors import NewerVersion
from nskeys.model.recovery import (
    EARLIER_LIMIT,
    SHARES_LIMIT,
    EarlierIdentity,
    IdentityKind,
    Recovery,
    RecoveryIdentity,
)
from nskeys.model.secret import LEAST_SCORE
from nskeys.model.signed_json import (
    Fields,
    Json,
    Malformed,
    canonical_json,
    hexadecimal,
    integer,
    items,
    mapping,
    parse,
)
from nskeys.model.times import to_rfc3339
from nskeys.reasons import Problem, Versioned

RECORD_LIMIT = 256 * 1024
"""Bytes of the record."""
_VERSION = 1
_RECIPIENT = r"age1[02-9ac-hj-np-z]{58}"
_SET = r"([a-z]{4,8} [a-z]{4,8})?"


class RecoveryRecord(NamedTuple):
    """What the CMDB's record says."""

    recovery: Recovery
    server_key: str
    cmdb_id: str


def recovery_text(recovery: Recovery, server_key: str, cmdb_id: str) -> str:
    """Return the record as it is stored, which the server key signs."""
    document: Json = {
        "version": _VERSION,
        "server_key": server_key,
        "cmdb_id": cmdb_id,
        "identities": [_kept(identity) for identity in recovery.identities],
        "earlier": earlier_to_json(recovery.earlier),
        "waiting": None if recovery.waiting is None else _kept(recovery.waiting),
    }
    return canonical_json(document).decode("utf-8")


def parse_record(text: str) -> RecoveryRecord:
    """Return what a record says; its signature is not checked here. Raises Malformed, NewerVersion."""
    document = parse(text.encode("utf-8"), RECORD_LIMIT)
    found = integer(document.get("version") if isinstance(document, dict) else None, lowest=1)
    if found > _VERSION:
        raise NewerVersion(Versioned.RECOVERY, found, _VERSION)
    fields = Fields(document).only("version", "server_key", "cmdb_id", "identities", "earlier", "waiting")
    identities = tuple(_read_kept(item) for item in fields.items("identities", len(IdentityKind)))
    check_kinds(identities)
    waiting = None if fields.is_null("waiting") else _read_kept(fields.take("waiting"))
    if waiting is not None and waiting.kind is not IdentityKind.CUSTODIANS:
        raise Malformed(Problem.WRONG_VALUE)
    return RecoveryRecord(
        Recovery(identities, earlier_from_json(fields.take("earlier")), waiting),
        fields.hexadecimal("server_key", 64),
        fields.hexadecimal("cmdb_id", 32),
    )


def _kept(identity: RecoveryIdentity) -> dict[str, Json]:
    weak: dict[str, Json] = {} if identity.weak is None else {"weak": identity.weak}
    return {**identity_to_json(identity), "sha256": identity.sha256, **weak}


def _read_kept(value: Json) -> RecoveryIdentity:
    entry = dict(mapping(value))
    sha256 = hexadecimal(entry.pop("sha256", None), 64)
    weak = integer(entry.pop("weak"), highest=LEAST_SCORE - 1) if "weak" in entry else None
    return replace(identity_from_json(entry, sha256), weak=weak)


def identity_to_json(identity: RecoveryIdentity) -> dict[str, Json]:
    """Return an identity in force, without the hash of its file."""
    return {
        "kind": identity.kind.value,
        "number": identity.number,
        "recipient": identity.recipient,
        "created": to_rfc3339(identity.created),
        "shares": identity.shares,
        "threshold": identity.threshold,
        "set": identity.set_name,
    }


def identity_from_json(value: Json, sha256: str) -> RecoveryIdentity:
    """Return the identity again, whose file has this hash. Raises Malformed."""
    fields = Fields(value).only("kind", "number", "recipient", "created", "shares", "threshold", "set")
    kind = fields.token("kind", IdentityKind)
    shares = fields.integer("shares", highest=SHARES_LIMIT)
    threshold = fields.integer("threshold", highest=shares)
    set_name = fields.text("set", _SET)
    if kind is IdentityKind.PERSON and (shares or set_name):
        raise Malformed(Problem.WRONG_VALUE)
    if kind is IdentityKind.CUSTODIANS and threshold < 2:
        raise Malformed(Problem.WRONG_VALUE)
    return RecoveryIdentity(
        kind,
        fields.integer("number", lowest=1),
        fields.text("recipient", _RECIPIENT),
        fields.moment("created"),
        sha256,
        shares,
        threshold,
        set_name,
    )


def earlier_to_json(earlier: Sequence[EarlierIdentity]) -> list[Json]:
    """Return the identities that were replaced, newest first."""
    return [
        {"kind": identity.kind.value, "number": identity.number, "recipient": identity.recipient}
        for identity in earlier
    ]


def earlier_from_json(value: Json) -> tuple[EarlierIdentity, ...]:
    """Return the replaced ones again. Raises Malformed."""
    found = []
    for item in items(value, EARLIER_LIMIT):
        fields = Fields(item).only("kind", "number", "recipient")
        kind = fields.token("kind", IdentityKind)
        number = fields.integer("number", lowest=1)
        found.append(EarlierIdentity(kind, number, fields.text("recipient", _RECIPIENT)))
    return tuple(found)


def check_kinds(identities: Sequence[RecoveryIdentity]) -> None:
    """Raise Malformed unless each kind is there at most once, in the kinds' order."""
    order = list(IdentityKind)
    places = [order.index(identity.kind) for identity in identities]
    if places != sorted(set(places)):
        raise Malformed(Problem.WRONG_VALUE)
