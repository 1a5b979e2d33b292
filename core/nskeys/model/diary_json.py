"""A line of the diary as text: the RFC 8785 JSON that the server key signs, in its canonical form."""

from nskeys.model.audit import Actor
from nskeys.model.diary import DrillEnd, DrillEntry
from nskeys.model.register import Proof
from nskeys.model.signed_json import Fields, Json, canonical_json, parse, text
from nskeys.model.times import to_rfc3339

TEXT_LIMIT = 1 << 16
"""Bytes of a line."""


def to_text(entry: DrillEntry) -> str:
    """Return a line in its canonical form."""
    value: Json = {
        "began": to_rfc3339(entry.began),
        "seconds": entry.seconds,
        **entry.actor.document(),
        "host": entry.host,
        "address": entry.address,
        "archive_sha256": entry.archive_sha256,
        "generation": entry.generation,
        "end": entry.end.value,
        "reached": None if entry.reached is None else entry.reached.value,
        "opened": entry.opened,
        "missing": entry.missing,
        "tampered": entry.tampered,
        "failures": list(entry.failures),
        "typed": entry.typed,
        "copy_sha256": entry.copy_sha256,
        "copy_number": entry.copy_number,
    }
    return canonical_json(value).decode("utf-8")


def from_text(body: str) -> DrillEntry:
    """Return the line that `to_text` wrote, as unsigned. Raises ValueError for any other text."""
    fields = Fields(parse(body.encode("utf-8"), TEXT_LIMIT))
    entry = DrillEntry(
        began=fields.moment("began"),
        seconds=fields.integer("seconds"),
        actor=Actor(
            fields.integer("uid"),
            fields.text("user"),
            fields.text("sudo_user"),
            None if fields.is_null("login_uid") else fields.integer("login_uid"),
            fields.text("login_user"),
        ),
        host=fields.text("host"),
        address=fields.text("address"),
        archive_sha256=fields.text("archive_sha256", r"([0-9a-f]{64})?"),
        generation=fields.integer("generation"),
        end=fields.token("end", DrillEnd),
        reached=None if fields.is_null("reached") else fields.token("reached", Proof),
        opened=fields.integer("opened"),
        missing=fields.integer("missing"),
        tampered=fields.integer("tampered"),
        failures=tuple(text(item) for item in fields.items("failures")),
        typed=fields.flag("typed"),
        copy_sha256=fields.text("copy_sha256", r"([0-9a-f]{64})?"),
        copy_number=fields.integer("copy_number"),
    )
    fields.done()
    return entry
