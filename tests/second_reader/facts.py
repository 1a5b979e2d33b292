"""What a key backup says of itself (section 5)."""

import re
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.names import name_public
from tests.second_reader.refusal import refuse_unless
from tests.second_reader.shapes import Shape, decode_base64url, record

KINDS = ("hierarchy", "pcanywhere", "run-as")
STATES = ("pre-active", "active", "deactivated", "compromised")
MEMBER_OF = {"person": "identity.age", "custodians": "identity-custodians.age"}

AGE_RECIPIENT = r"age1[02-9ac-hj-np-z]{58}"
WORD_PAIR = r"[a-z]{4,8} [a-z]{4,8}"

recipient = shapes.matching(AGE_RECIPIENT)
identity_kind = shapes.token("person", "custodians")
kinds = record({}, dict.fromkeys(KINDS, shapes.count))
audit_head = record({"count": shapes.count, "head": shapes.digest})
earlier_identity = record({"kind": identity_kind, "number": shapes.number, "recipient": recipient})
predecessor = record({"server_key": shapes.digest, "upto": shapes.count})
member_sum = record({"sha256": shapes.digest, "size": shapes.count})

IDENTITY_MEMBERS: dict[str, Shape] = {
    "kind": identity_kind,
    "number": shapes.number,
    "recipient": recipient,
    "created": shapes.moment,
    "shares": shapes.count,
    "threshold": shapes.count,
    "set": shapes.either_empty(shapes.matching(WORD_PAIR)),
}


def any_recipient(value: Any, path: str) -> None:
    """Check one of `recipients`: its length, and that it is printable ASCII."""
    shapes.text(1)(value, path)
    refuse_unless(len(value) <= 4096, "damaged", "R-10.5", f"{path} has {len(value)} characters")
    shapes.matching(r"[\x20-\x7e]+")(value, path)


FACTS = record(
    {
        "format": shapes.text(),
        "server": shapes.outside_text(1, 255),
        "source": shapes.outside_text(0, 200),
        "cmdb_id": shapes.identifier,
        "server_key": shapes.digest,
        "server_public": shapes.octets(32),
        "created": shapes.moment,
        "generation": shapes.number,
        "previous": shapes.either_null(shapes.digest),
        "keys": shapes.array(
            record(
                {
                    "kid": shapes.digest,
                    "created": shapes.moment,
                    "state": shapes.token(*STATES),
                    "state_since": shapes.moment,
                    "credentials": shapes.count,
                }
            ),
            most=10_000,
            rule="R-10.4",
        ),
        "copy_keys": shapes.array(
            record({"kid": shapes.digest, "created": shapes.moment}), most=10_000, rule="R-10.4"
        ),
        "kinds": kinds,
        "audit": audit_head,
        "protection": shapes.token("password", "recipients"),
        "recipients": shapes.array(any_recipient, most=100, rule="R-10.5"),
        "hint": shapes.outside_text(0, 200),
        "identities": shapes.array(
            record({**IDENTITY_MEMBERS, "member": shapes.token(*MEMBER_OF.values())})
        ),
        "earlier": shapes.array(earlier_identity, most=100, rule="R-10.8"),
        "predecessors": shapes.array(predecessor, most=100, rule="R-10.8"),
        "checkpoint": shapes.either_null(record({"number": shapes.number, "sha256": shapes.digest})),
        "members": shapes.table(member_sum),
    }
)


def check_format(found: Any, name: str) -> None:
    """Refuse a newer format, and one that is none, before anything else is looked at (R-5.1, R-5.2)."""
    version = read_format(found, name)
    refuse_unless(version is not None, "damaged", "R-5.2", "a format that is none")
    refuse_unless(version == 1, "newer", "R-5.1", f"format {version}")


def read_format(found: Any, name: str) -> int | None:
    """Give the number behind `nskeys/<name>/`; None where the format is not as the grammar."""
    if not isinstance(found, str):
        return None
    match = re.fullmatch(rf"nskeys/{name}/([1-9][0-9]{{0,5}})", found)
    return int(match[1]) if match else None


def check_facts(facts: Any) -> None:
    """Check the facts of a key backup."""
    refuse_unless(isinstance(facts, dict), "damaged", "R-1.6", "the facts are no object")
    refuse_unless("format" in facts, "damaged", "R-1.5", "no format")
    check_format(facts["format"], "backup")
    FACTS(facts, "facts")
    public = decode_base64url(facts["server_public"])
    same = name_public("Ed25519", public) == facts["server_key"]
    refuse_unless(same, "damaged", "R-2.2", "server_key is not the thumbprint of server_public")
    kids = [key["kid"] for key in facts["keys"]]
    refuse_unless(bool(kids) and len(set(kids)) == len(kids), "damaged", "R-5.3", "no key, or a kid twice")
    check_copy_keys(facts["copy_keys"])
    empty = not facts["recipients"]
    refuse_unless(
        empty == (facts["protection"] == "password"), "damaged", "R-5.5", "recipients and protection"
    )
    check_identities(facts)


def check_copy_keys(copy_keys: list[dict[str, Any]]) -> None:
    """Check that copy keys are the oldest first, and each once (R-5.4)."""
    order = [(key["created"], key["kid"]) for key in copy_keys]
    kids = {key["kid"] for key in copy_keys}
    fits = order == sorted(order) and len(kids) == len(order)
    refuse_unless(fits, "damaged", "R-5.4", "copy_keys in another order, or one twice")


def check_identities(facts: dict[str, Any]) -> None:
    """Check the recovery identities of a backup (R-5.6)."""
    found = [identity["kind"] for identity in facts["identities"]]
    in_order = found in ([], ["person"], ["custodians"], ["person", "custodians"])
    refuse_unless(in_order, "damaged", "R-5.6", "a kind of identity twice, or custodians first")
    for identity in facts["identities"]:
        member = identity["member"]
        refuse_unless(identity["recipient"] in facts["recipients"], "damaged", "R-5.6", "no recipient")
        fits = member == MEMBER_OF[identity["kind"]] and member in facts["members"]
        refuse_unless(fits, "damaged", "R-5.6", f"member {member}")
        check_shares(identity, "R-5.6")
    members = {"RESTORE.txt", "open_kms.py", *(identity["member"] for identity in facts["identities"])}
    refuse_unless(set(facts["members"]) == members, "damaged", "R-1.5", "members of other names")


def check_shares(identity: dict[str, Any], rule: str) -> None:
    """Check shares, threshold and set of an identity against its kind (section 11)."""
    shares, threshold = identity["shares"], identity["threshold"]
    if identity["kind"] == "person":
        fits = shares == threshold == 0 and identity["set"] == ""
    else:
        fits = 2 <= threshold <= shares <= 16
    refuse_unless(fits, "damaged", rule, "shares and threshold of an identity")
