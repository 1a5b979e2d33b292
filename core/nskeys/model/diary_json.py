"""A line of the diary as text: the RFC 8785 JSON that the server key signs, in its canonical form."""

from nskeys.model.audit import Actor
from nskeys.model.diary import DrillEnd, DrillEntry
from nskeys.model.register import Proof
from nskeys.model.signed_json import Fields, Json, canonical_json, hex_of, parsed, text_of
from nskeys.model.times import to_rfc3339

TEXT_LIMIT = 1 << 16
"""Characters of a line."""


def to_text(entry: DrillEntry) -> str:
    """Return a line in its canonical form."""
    value: Json = {
        "began": to_rfc3339(entry.began),
        "seconds": entry.seconds,
        "uid": entry.actor.uid,
        "user": entry.actor.user,
        "sudo_user": entry.actor.sudo_user,
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
    }
    return canonical_json(value).decode("utf-8")


def from_text(text: str) -> DrillEntry:
    """Return the line that `to_text` wrote, as unsigned. Raises ValueError for any other text."""
    fields = Fields(parsed(text, TEXT_LIMIT))
    digest, reached = fields.text("archive_sha256"), fields.take("reached")
    entry = DrillEntry(
        began=fields.time("began"),
        seconds=fields.number("seconds"),
        actor=Actor(fields.number("uid"), fields.text("user"), fields.text("sudo_user")),
        host=fields.text("host"),
        address=fields.text("address"),
        archive_sha256=hex_of(digest, 64) if digest else "",
        generation=fields.number("generation"),
        end=fields.token("end", DrillEnd),
        reached=None if reached is None else Proof(text_of(reached)),
        opened=fields.number("opened"),
        missing=fields.number("missing"),
        tampered=fields.number("tampered"),
        failures=tuple(text_of(item) for item in fields.items("failures")),
        typed=fields.flag("typed"),
    )
    fields.done()
    return entry
