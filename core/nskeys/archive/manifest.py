"""`manifest.json`: the facts in the clear, their signature, and every other member's hash and size."""

from nskeys.archive.facts_json import (
    facts_from_json,
    facts_to_json,
    format_number,
    members_from_json,
    members_to_json,
)
from nskeys.archive.limits import MANIFEST_LIMIT
from nskeys.archive.payload import signature_from_json
from nskeys.model.backup import (
    KMS_NAME,
    READER_NAME,
    RESTORE_NAME,
    BackupFacts,
    Manifest,
    MemberFact,
)
from nskeys.model.recovery import IDENTITY_MEMBERS
from nskeys.model.signed_json import Fields, Malformed, canonical_json, parse, to_base64url
from nskeys.reasons import Problem

_ORDER = (RESTORE_NAME, READER_NAME, *IDENTITY_MEMBERS, KMS_NAME)


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the manifest in RFC 8785 form."""
    signature = manifest.signature
    return canonical_json(
        {
            "facts": facts_to_json(manifest.facts),
            "sig": None if signature is None else to_base64url(signature),
            "members": members_to_json(manifest.members),
        }
    )


def parse_manifest(data: bytes) -> Manifest:
    """Return the manifest again. Raises Malformed, or NewerVersion."""
    value = parse(data, MANIFEST_LIMIT)
    if not isinstance(value, dict) or "facts" not in value:
        raise Malformed(Problem.WRONG_FIELDS)
    facts = facts_from_json(value["facts"])
    fields = Fields(value).only("facts", "sig", "members")
    return Manifest(
        facts=facts,
        signature=signature_from_json(fields.take("sig")),
        members=members_from_json(fields.take("members"), _ORDER, IDENTITY_MEMBERS),
    )


def manifest_for(facts: BackupFacts, signature: bytes | None, kms: MemberFact) -> Manifest:
    """Return the manifest that belongs to these facts; everything but the `.kms` follows from them."""
    return Manifest(facts, signature, (*facts.members, (KMS_NAME, kms)))


def manifest_format(data: bytes) -> int:
    """Return the format number in a manifest, without reading anything else of it. Raises Malformed."""
    value = parse(data, MANIFEST_LIMIT)
    return format_number(value.get("facts") if isinstance(value, dict) else None)
