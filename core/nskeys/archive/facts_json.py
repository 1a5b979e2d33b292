"""A backup's facts as JSON and back, strictly (core/FORMAT.md, "Facts")."""

import re
from dataclasses import asdict

from nskeys.archive.age.limits import RECIPIENT_LIMIT, RECIPIENTS_LIMIT
from nskeys.archive.limits import KEYS_LIMIT, SERVER_LIMIT, problem_of
from nskeys.archive.recovery_json import (
    check_kinds,
    earlier_from_json,
    earlier_to_json,
    identity_from_json,
    identity_to_json,
)
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import PUBLIC_SIZE
from nskeys.errors import NewerVersion
from nskeys.model.audit import AuditHead
from nskeys.model.backup import (
    FORMAT,
    PREDECESSORS_LIMIT,
    READER_NAME,
    RESTORE_NAME,
    BackupFacts,
    CheckpointMark,
    KeyFact,
    MemberFact,
)
from nskeys.model.checkpoint import Predecessor
from nskeys.model.copy_keys import CopyKey, in_order
from nskeys.model.credentials import CredentialKind
from nskeys.model.keys import KeyInfo, KeyState, Kid
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.model.register import HINT_LIMIT, SOURCE_LIMIT, Protection
from nskeys.model.signed_json import Fields, Json, Malformed, items, text, to_base64url
from nskeys.model.times import to_rfc3339
from nskeys.reasons import HintProblem, Problem, Versioned

_FIELDS = (
    "format",
    "server",
    "source",
    "cmdb_id",
    "server_key",
    "server_public",
    "created",
    "generation",
    "previous",
    "keys",
    "copy_keys",
    "kinds",
    "audit",
    "protection",
    "recipients",
    "hint",
    "identities",
    "earlier",
    "predecessors",
    "checkpoint",
    "members",
)


def facts_to_json(facts: BackupFacts) -> dict[str, Json]:
    """Return the facts as the object that is signed, stored in the `.kms` and repeated in
    `manifest.json`."""
    return {
        "format": f"nskeys/backup/{FORMAT}",
        "server": facts.server,
        "source": facts.source,
        "cmdb_id": facts.cmdb_id,
        "server_key": facts.server_key,
        "server_public": to_base64url(facts.server_public),
        "created": to_rfc3339(facts.created),
        "generation": facts.generation,
        "previous": facts.previous,
        "keys": [_key_to_json(key) for key in facts.keys],
        "copy_keys": [{"kid": key.kid, "created": to_rfc3339(key.created)} for key in facts.copy_keys],
        "kinds": dict(facts.kinds),
        "audit": {"count": facts.audit.count, "head": facts.audit.digest.hex()},
        "protection": facts.protection.value,
        "recipients": list(facts.recipients),
        "hint": facts.hint,
        "identities": [
            {"member": identity.member, **identity_to_json(identity)} for identity in facts.identities
        ],
        "earlier": earlier_to_json(facts.earlier),
        "predecessors": [
            {"server_key": before.server_key, "upto": before.upto} for before in facts.predecessors
        ],
        "checkpoint": None if facts.checkpoint is None else asdict(facts.checkpoint),
        "members": members_to_json(facts.members),
    }


def facts_from_json(value: Json) -> BackupFacts:
    """Return the facts that `facts_to_json` wrote. Raises Malformed, or NewerVersion for an unknown format
    number."""
    if (found := format_number(value)) > FORMAT:
        raise NewerVersion(Versioned.BACKUP, found, FORMAT)
    fields = Fields(value).only(*_FIELDS)
    audit = fields.fields("audit").only("count", "head")
    protection = fields.token("protection", Protection)
    recipients = tuple(
        text(item, rf"[\x20-\x7e]{{1,{RECIPIENT_LIMIT}}}")
        for item in fields.items("recipients", RECIPIENTS_LIMIT)
    )
    if bool(recipients) is (protection is Protection.PASSWORD):
        raise Malformed(Problem.WRONG_VALUE)
    hashes = fields.take("members")
    identities = _identities_from_json(fields.take("identities"), hashes, recipients)
    order = (RESTORE_NAME, READER_NAME, *(identity.member for identity in identities))
    return BackupFacts(
        server=outside_text(fields.take("server"), SERVER_LIMIT, lowest=1),
        source=outside_text(fields.take("source"), SOURCE_LIMIT),
        cmdb_id=fields.hexadecimal("cmdb_id", 32),
        server_key=fields.hexadecimal("server_key", 64),
        server_public=_public_from_json(fields),
        created=fields.moment("created"),
        generation=fields.integer("generation", lowest=1),
        previous=None if fields.is_null("previous") else fields.hexadecimal("previous", 64),
        keys=_keys_from_json(fields.take("keys")),
        copy_keys=_copy_keys_from_json(fields.take("copy_keys")),
        kinds=kinds_from_json(fields.take("kinds")),
        audit=AuditHead(audit.integer("count"), bytes.fromhex(audit.hexadecimal("head", 64))),
        protection=protection,
        recipients=recipients,
        hint=outside_text(fields.take("hint"), HINT_LIMIT),
        identities=identities,
        earlier=earlier_from_json(fields.take("earlier")),
        predecessors=_predecessors_from_json(fields.take("predecessors")),
        checkpoint=None if fields.is_null("checkpoint") else _mark_from_json(fields.fields("checkpoint")),
        members=members_from_json(hashes, order),
    )


def format_number(value: Json) -> int:
    """Return the format number that the facts name. Raises Malformed where there is none."""
    named = value.get("format") if isinstance(value, dict) else None
    match = re.fullmatch(r"nskeys/backup/([1-9][0-9]{0,5})", named) if isinstance(named, str) else None
    if match is None:
        raise Malformed(Problem.NOT_NSKEYS)
    return int(match[1])


def members_to_json(members: tuple[tuple[str, MemberFact], ...]) -> dict[str, Json]:
    """Return each member's name with its hash and size."""
    return {name: {"sha256": fact.sha256, "size": fact.size} for name, fact in members}


def members_from_json(
    value: Json, order: tuple[str, ...], optional: tuple[str, ...] = ()
) -> tuple[tuple[str, MemberFact], ...]:
    """Return the members in the archive's `order`: all of them, `optional` ones only if they are there."""
    stated = value if isinstance(value, dict) else {}
    present = tuple(name for name in order if name not in optional or name in stated)
    fields = Fields(value).only(*present)
    members = []
    for name in present:
        fact = fields.fields(name).only("sha256", "size")
        members.append((name, MemberFact(fact.hexadecimal("sha256", 64), fact.integer("size"))))
    return tuple(members)


def _identities_from_json(
    value: Json, members: Json, recipients: tuple[str, ...]
) -> tuple[RecoveryIdentity, ...]:
    """Return the recovery identities; each has its file's hash among the members and is a recipient."""
    identities = []
    for item in items(value, len(IdentityKind)):
        fields = dict(item) if isinstance(item, dict) else {}
        member = fields.pop("member", None)
        fact = members.get(member) if isinstance(members, dict) and isinstance(member, str) else None
        sha256 = Fields(fact).only("sha256", "size").hexadecimal("sha256", 64)
        identity = identity_from_json(fields, sha256)
        if identity.member != member or identity.recipient not in recipients:
            raise Malformed(Problem.WRONG_VALUE)
        identities.append(identity)
    check_kinds(identities)
    return tuple(identities)


def _public_from_json(fields: Fields) -> bytes:
    """Return the server key's public half, which the thumbprint beside it must name."""
    public = fields.binary("server_public", PUBLIC_SIZE)
    if server_thumbprint(public) != fields.take("server_key"):
        raise Malformed(Problem.SERVER_KEY)
    return public


def _predecessors_from_json(value: Json) -> tuple[Predecessor, ...]:
    found = []
    for item in items(value, PREDECESSORS_LIMIT):
        fields = Fields(item).only("server_key", "upto")
        found.append(Predecessor(fields.hexadecimal("server_key", 64), fields.integer("upto")))
    return tuple(found)


def _mark_from_json(fields: Fields) -> CheckpointMark:
    fields.only("number", "sha256")
    return CheckpointMark(fields.integer("number", lowest=1), fields.hexadecimal("sha256", 64))


def _key_to_json(key: KeyFact) -> Json:
    return {
        "kid": key.info.kid,
        "created": to_rfc3339(key.info.created),
        "state": key.info.state.value,
        "state_since": to_rfc3339(key.info.state_since),
        "credentials": key.credentials,
    }


def _keys_from_json(value: Json) -> tuple[KeyFact, ...]:
    keys = []
    for item in items(value, KEYS_LIMIT):
        fields = Fields(item).only("kid", "created", "state", "state_since", "credentials")
        info = KeyInfo(
            kid=Kid(fields.hexadecimal("kid", 64)),
            created=fields.moment("created"),
            state=fields.token("state", KeyState),
            state_since=fields.moment("state_since"),
        )
        keys.append(KeyFact(info, fields.integer("credentials")))
    if not keys or len({key.info.kid for key in keys}) != len(keys):
        raise Malformed(Problem.WRONG_VALUE)
    return tuple(keys)


def _copy_keys_from_json(value: Json) -> tuple[CopyKey, ...]:
    keys = []
    for item in items(value, KEYS_LIMIT):
        fields = Fields(item).only("kid", "created")
        keys.append(CopyKey(fields.hexadecimal("kid", 64), fields.moment("created")))
    if in_order(keys) != tuple(keys) or len({key.kid for key in keys}) != len(keys):
        raise Malformed(Problem.WRONG_VALUE)
    return tuple(keys)


def kinds_from_json(value: Json) -> tuple[tuple[str, int], ...]:
    present = [kind.value for kind in CredentialKind if isinstance(value, dict) and kind.value in value]
    fields = Fields(value).only(*present)
    return tuple((kind, fields.integer(kind)) for kind in present)


def outside_text(value: Json, limit: int, lowest: int = 0) -> str:
    if not isinstance(value, str):
        raise Malformed(Problem.WRONG_TYPE)
    if len(value) < lowest:
        raise Malformed(Problem.WRONG_VALUE)
    if problem := problem_of(value, limit):
        raise Malformed(Problem.NOT_NFC if problem is HintProblem.NOT_NFC else Problem.WRONG_VALUE)
    return value
