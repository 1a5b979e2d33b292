"""A copy's facts, its manifest, and the first and last line of a part, as JSON and back, strictly."""

import re

from nskeys.archive.age.limits import RECIPIENT_LIMIT
from nskeys.archive.database_copy.limits import (
    LEFT_OUT_SHOWN,
    LINE_LIMIT,
    PART_LIMIT,
    PARTS_LIMIT,
    UNPACKED_LIMIT,
)
from nskeys.archive.facts_json import kinds_from_json, members_from_json, members_to_json, outside_text
from nskeys.archive.limits import KEYS_LIMIT, MANIFEST_LIMIT, SERVER_LIMIT
from nskeys.crypto.signing import SIGNATURE_SIZE
from nskeys.errors import NewerVersion
from nskeys.model.audit import AuditHead
from nskeys.model.backup import RESTORE_NAME, MemberFact
from nskeys.model.checkpoint import SignedCheckpoint
from nskeys.model.database_copy import (
    CMDB_NAME,
    COPY_FORMAT,
    CopyFacts,
    CopyHeader,
    CopyKeyFact,
    CopyManifest,
    LeftOut,
    LeftOutRow,
    PartFact,
)
from nskeys.model.database_tables import COPIED_TABLES
from nskeys.model.keys import Kid
from nskeys.model.signed_json import (
    Fields,
    Json,
    Malformed,
    canonical_json,
    hexadecimal,
    items,
    parse,
    to_base64url,
)
from nskeys.model.times import to_rfc3339
from nskeys.reasons import Problem, Versioned

FORMAT_NAME = f"nskeys/cmdb/{COPY_FORMAT}"
PUBLIC_SIZE = 32
_DATABASES = r"SQLite|PostgreSQL"
_TABLE_NAMES = tuple(table.name for table in COPIED_TABLES)
_SHOWN_ROW = 64
_PROBLEMS = (Problem.NOT_UTF8, Problem.NUMBER, Problem.NOT_BYTES, Problem.TOO_LARGE, Problem.UNKNOWN_KEY)
"""Why a row has no spelling."""


def facts_to_json(facts: CopyFacts) -> dict[str, Json]:
    """Return the facts as the object that is signed."""
    return {
        "format": FORMAT_NAME,
        "server": facts.server,
        "cmdb_id": facts.cmdb_id,
        "server_key": facts.server_key,
        "server_public": to_base64url(facts.server_public),
        "created": to_rfc3339(facts.created),
        "database": facts.database,
        "number": facts.number,
        "checkpoint": facts.checkpoint,
        "copy_key": {"kid": facts.copy_key.kid, "recipient": facts.copy_key.recipient},
        "keys": [{"kid": kid, "credentials": count} for kid, count in facts.keys],
        "kinds": dict(facts.kinds),
        "tables": dict(facts.tables),
        "audit": {"count": facts.audit.count, "head": facts.audit.digest.hex()},
        "left_out": _left_out_to_json(facts.left_out),
        "unexplained": facts.unexplained,
        "parts": [
            {
                "sha256": part.member.sha256,
                "size": part.member.size,
                "unpacked": part.unpacked,
                "rows": part.rows,
            }
            for part in facts.parts
        ],
    }


def signed_facts(facts: CopyFacts) -> bytes:
    """Return the document that the server key signs: the facts in RFC 8785 form."""
    return canonical_json(facts_to_json(facts))


def facts_from_json(value: Json) -> CopyFacts:
    """Return the facts that `facts_to_json` wrote. Raises Malformed, or NewerVersion for an unknown format
    number."""
    if (found := format_number(value)) > COPY_FORMAT:
        raise NewerVersion(Versioned.DATABASE_COPY, found, COPY_FORMAT)
    fields = Fields(value)
    audit = fields.fields("audit").only("count", "head")
    copy_key = fields.fields("copy_key").only("kid", "recipient")
    fields.take("format")
    facts = CopyFacts(
        server=outside_text(fields.take("server"), SERVER_LIMIT, lowest=1),
        cmdb_id=fields.hexadecimal("cmdb_id", 32),
        server_key=fields.hexadecimal("server_key", 64),
        server_public=fields.binary("server_public", PUBLIC_SIZE),
        created=fields.moment("created"),
        database=fields.text("database", _DATABASES),
        number=fields.integer("number"),
        checkpoint=None if fields.is_null("checkpoint") else fields.hexadecimal("checkpoint", 64),
        copy_key=CopyKeyFact(
            copy_key.hexadecimal("kid", 64),
            copy_key.text("recipient", rf"age1[\x21-\x7e]{{1,{RECIPIENT_LIMIT}}}"),
        ),
        keys=_keys_from_json(fields.take("keys")),
        kinds=kinds_from_json(fields.take("kinds")),
        tables=_counts_from_json(fields.fields("tables")),
        audit=AuditHead(audit.integer("count"), bytes.fromhex(audit.hexadecimal("head", 64))),
        left_out=_left_out_from_json(fields.fields("left_out")),
        unexplained=fields.flag("unexplained"),
        parts=tuple(_part_from_json(item) for item in fields.items("parts", PARTS_LIMIT)),
    )
    fields.done()
    if not facts.parts or sum(part.rows for part in facts.parts) != facts.rows:
        raise Malformed(Problem.WRONG_VALUE)
    return facts


def format_number(value: Json) -> int:
    """Return the format number that the facts or a first line name. Raises Malformed where there is
    none."""
    named = value.get("format") if isinstance(value, dict) else None
    match = re.fullmatch(r"nskeys/cmdb/([1-9][0-9]{0,5})", named) if isinstance(named, str) else None
    if match is None:
        raise Malformed(Problem.NOT_NSKEYS)
    return int(match[1])


def manifest_bytes(manifest: CopyManifest) -> bytes:
    """Return the manifest in RFC 8785 form."""
    return canonical_json(
        {
            "facts": facts_to_json(manifest.facts),
            "part": manifest.part,
            "sig": to_base64url(manifest.signature),
            "members": members_to_json(manifest.members),
        }
    )


def parse_manifest(data: bytes) -> CopyManifest:
    """Return the manifest again. Raises Malformed, or NewerVersion."""
    value = parse(data, MANIFEST_LIMIT)
    if not isinstance(value, dict) or "facts" not in value:
        raise Malformed(Problem.WRONG_FIELDS)
    facts = facts_from_json(value["facts"])
    fields = Fields(value).only("facts", "part", "sig", "members")
    return CopyManifest(
        facts=facts,
        signature=fields.binary("sig", SIGNATURE_SIZE),
        part=fields.integer("part", 1, len(facts.parts)),
        members=members_from_json(fields.take("members"), (RESTORE_NAME, CMDB_NAME)),
    )


def manifest_format(data: bytes) -> int:
    """Return the format number in a manifest, without reading anything else of it. Raises Malformed."""
    value = parse(data, MANIFEST_LIMIT)
    return format_number(value.get("facts") if isinstance(value, dict) else None)


def first_line(header: CopyHeader) -> bytes:
    """Return a part's first line."""
    signed = header.checkpoint
    checkpoint: Json = None
    if signed is not None:
        checkpoint = {"document": signed.text, "sig": to_base64url(signed.signature)}
    told: Json = {
        "format": FORMAT_NAME,
        "cmdb_id": header.cmdb_id,
        "part": header.part,
        "checkpoint": checkpoint,
        "counts": dict(header.counts),
    }
    return canonical_json(told) + b"\n"


def header_of(line: bytes) -> CopyHeader:
    """Return what a first line says. Raises Malformed, or NewerVersion."""
    value = parse(line.removesuffix(b"\n"), LINE_LIMIT)
    if (found := format_number(value)) > COPY_FORMAT:
        raise NewerVersion(Versioned.DATABASE_COPY, found, COPY_FORMAT)
    fields = Fields(value).only("format", "cmdb_id", "part", "checkpoint", "counts")
    checkpoint = None
    if not fields.is_null("checkpoint"):
        signed = fields.fields("checkpoint").only("document", "sig")
        checkpoint = SignedCheckpoint(signed.text("document"), signed.binary("sig", SIGNATURE_SIZE))
    return CopyHeader(
        cmdb_id=fields.hexadecimal("cmdb_id", 32),
        part=fields.integer("part", lowest=1),
        checkpoint=checkpoint,
        counts=_counts_from_json(fields.fields("counts")),
    )


LAST_LINE_BEGINS = b'{"lines":'


def last_line(lines: int, sha256: str) -> bytes:
    """Return a part's last line: how many lines come before it, and their SHA-256."""
    return canonical_json({"lines": lines, "sha256": sha256}) + b"\n"


def _keys_from_json(value: Json) -> tuple[tuple[Kid, int], ...]:
    keys = []
    for item in items(value, KEYS_LIMIT):
        fields = Fields(item).only("kid", "credentials")
        keys.append((Kid(fields.hexadecimal("kid", 64)), fields.integer("credentials")))
    if len(dict(keys)) != len(keys):
        raise Malformed(Problem.TWICE)
    return tuple(keys)


def _counts_from_json(fields: Fields) -> tuple[tuple[str, int], ...]:
    fields.only(*_TABLE_NAMES)
    return tuple((name, fields.integer(name)) for name in _TABLE_NAMES)


def _left_out_to_json(left_out: LeftOut) -> Json:
    return {
        "count": left_out.count,
        "rows": [
            {"table": row.table, "row": row.row, "problem": row.problem.value} for row in left_out.rows
        ],
        "kids": list(left_out.kids),
        "unknown_key": left_out.unknown_key,
    }


def _left_out_from_json(fields: Fields) -> LeftOut:
    fields.only("count", "rows", "kids", "unknown_key")
    rows = []
    for item in fields.items("rows", LEFT_OUT_SHOWN):
        row = Fields(item).only("table", "row", "problem")
        rows.append(
            LeftOutRow(
                row.text("table", "|".join(_TABLE_NAMES)),
                outside_text(row.take("row"), _SHOWN_ROW),
                Problem(row.text("problem", "|".join(_PROBLEMS))),
            )
        )
    count = fields.integer("count")
    if len(rows) != min(count, LEFT_OUT_SHOWN):
        raise Malformed(Problem.WRONG_VALUE)
    kids = tuple(Kid(hexadecimal(item, 64)) for item in fields.items("kids", KEYS_LIMIT))
    return LeftOut(count, tuple(rows), kids, fields.flag("unknown_key"))


def _part_from_json(value: Json) -> PartFact:
    fields = Fields(value).only("sha256", "size", "unpacked", "rows")
    member = MemberFact(fields.hexadecimal("sha256", 64), fields.integer("size", highest=PART_LIMIT))
    return PartFact(member, fields.integer("unpacked", highest=UNPACKED_LIMIT), fields.integer("rows"))
