"""`manifest.json`: the facts in the clear, their signature, every other member's hash and size, and a
signature over all of that, so that the `.kms` cannot be exchanged either."""

from nskeys.archive.facts_json import (
    facts_from_json,
    facts_to_json,
    format_number,
    members_from_json,
    members_to_json,
)
from nskeys.archive.limits import MANIFEST_LIMIT
from nskeys.archive.payload import facts_are_signed, signed_document
from nskeys.crypto.signing import SIGNATURE_SIZE, sign, verify
from nskeys.model.backup import (
    KMS_NAME,
    READER_NAME,
    RESTORE_NAME,
    BackupFacts,
    Manifest,
    MemberFact,
)
from nskeys.model.recovery import IDENTITY_MEMBERS
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Fields, Json, Malformed, canonical_json, parse, to_base64url
from nskeys.reasons import Problem

_ORDER = (RESTORE_NAME, READER_NAME, *IDENTITY_MEMBERS, KMS_NAME)


def manifest_document(
    facts: BackupFacts, signature: bytes, members: tuple[tuple[str, MemberFact], ...]
) -> bytes:
    """Return what the server key signs as `manifest`: the manifest without that signature."""
    return canonical_json(_document(facts, signature, members))


def manifest_bytes(manifest: Manifest) -> bytes:
    """Return the manifest in RFC 8785 form."""
    document = _document(manifest.facts, manifest.signature, manifest.members)
    return canonical_json({**document, "manifest_sig": to_base64url(manifest.manifest_signature)})


def _document(
    facts: BackupFacts, signature: bytes, members: tuple[tuple[str, MemberFact], ...]
) -> dict[str, Json]:
    return {
        "facts": facts_to_json(facts),
        "sig": to_base64url(signature),
        "members": members_to_json(members),
    }


def parse_manifest(data: bytes) -> Manifest:
    """Return the manifest again; its signatures are not checked here. Raises Malformed, or
    NewerVersion."""
    value = parse(data, MANIFEST_LIMIT)
    if not isinstance(value, dict) or "facts" not in value:
        raise Malformed(Problem.WRONG_FIELDS)
    facts = facts_from_json(value["facts"])
    fields = Fields(value).only("facts", "sig", "members", "manifest_sig")
    return Manifest(
        facts=facts,
        signature=fields.binary("sig", SIGNATURE_SIZE),
        members=members_from_json(fields.take("members"), _ORDER, IDENTITY_MEMBERS),
        manifest_signature=fields.binary("manifest_sig", SIGNATURE_SIZE),
    )


def signed_manifest(facts: BackupFacts, kms: MemberFact, server_key: SecretBytes) -> Manifest:
    """Return the manifest that belongs to these facts, whose `members` are complete, and to this `.kms`."""
    signature = sign(server_key, "facts", signed_document(facts))
    members = (*facts.members, (KMS_NAME, kms))
    document = manifest_document(facts, signature, members)
    return Manifest(facts, signature, members, sign(server_key, "manifest", document))


def is_signed(manifest: Manifest) -> bool:
    """Return whether the server key that the facts carry signed both the facts and the manifest."""
    facts, signature = manifest.facts, manifest.signature
    public, document = facts.server_public, manifest_document(facts, signature, manifest.members)
    return facts_are_signed(facts, signature) and verify(
        public, "manifest", document, manifest.manifest_signature
    )


def manifest_format(data: bytes) -> int:
    """Return the format number in a manifest, without reading anything else of it. Raises Malformed."""
    value = parse(data, MANIFEST_LIMIT)
    return format_number(value.get("facts") if isinstance(value, dict) else None)
