"""Settings, registry values and host keys of the home (section 15)."""

import base64
import binascii
import json
import re
import tomllib
from typing import Any

from tests.second_reader import shapes
from tests.second_reader.audit import LINE
from tests.second_reader.canonical import read_document
from tests.second_reader.refusal import Refused, refuse_unless, under_rule
from tests.second_reader.shapes import Shape, record
from tests.second_reader.specification import read_encodings

DAYS = shapes.integer(0, 36_500)
PRESENT = shapes.text(1)
MARKERS = ("@cert-authority", "@revoked")


def source(value: Any, path: str) -> None:
    """Check `source`: at most 200 characters, none that cannot be seen."""
    shapes.text(0, 200)(value, path)
    refuse_unless(
        shapes.UNSEEN.search(value) is None, "damaged", "R-15.2", f"{path} holds what cannot be seen"
    )


MOUNTED = record(
    {"point": PRESENT, "kind": PRESENT, "source": PRESENT, "inside": PRESENT}, {"uuid": shapes.text()}
)
DESTINATION = record(
    {"address": PRESENT}, {"elsewhere": shapes.text(), "key_file": shapes.text(), "mounted": MOUNTED}
)
COLUMNS = record(
    {"name": PRESENT, "account": PRESENT, "secret": PRESENT},
    {
        **dict.fromkeys(("target", "note", "group", "kind"), shapes.text()),
        "encoding": shapes.token("", *read_encodings()),
        "delimiter": shapes.text(0, 1),
    },
)
SETTINGS: dict[str, Shape] = {
    "version": shapes.integer(1, 1),
    "server_name": PRESENT,
    "cmdb": shapes.matching(r"(postgresql://[\s\S]*)?"),
    "source": source,
    "default_destination": shapes.text(),
    **dict.fromkeys(("drill_days", "check_days", "exposure_hours"), DAYS),
    "audit_journal": shapes.flag,
    "audit_syslog": shapes.flag,
    "destination": shapes.array(DESTINATION),
    "retention": record(
        {}, {"keep_last": shapes.integer(1, 10_000), "keep_monthly": shapes.integer(0, 10_000)}
    ),
    "columns": shapes.table(COLUMNS),
}


def read_settings(data: bytes) -> dict[str, Any]:
    """Read `config.toml` (R-15.1, R-15.2)."""
    try:
        settings = tomllib.loads(data.decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Refused("damaged", "R-15.2", f"no TOML: {error}") from error
    version = settings.get("version", 1)
    refuse_unless(not (type(version) is int and version > 1), "newer", "R-15.1", f"version {version}")
    with under_rule("R-15.2"):
        record({}, SETTINGS)(settings, "settings")
    addresses = [destination["address"] for destination in settings.get("destination", [])]
    refuse_unless(len(set(addresses)) == len(addresses), "damaged", "R-15.2", "an address twice")
    return settings


def read_registry(data: bytes) -> dict[str, Any]:
    """Read `registry.json`: its two members, others are ignored (R-15.3)."""
    try:
        found = json.loads(data.decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise Refused("damaged", "R-15.3", f"no JSON: {error}") from error
    refuse_unless(isinstance(found, dict), "damaged", "R-15.3", "no object")
    values = {name: found.get(name) for name in ("KMSBackupPath", "KMSBackupDate")}
    with under_rule("R-15.3"):
        shapes.either_null(shapes.text())(values["KMSBackupPath"], "KMSBackupPath")
        shapes.either_null(shapes.moment)(values["KMSBackupDate"], "KMSBackupDate")
    return values


def read_known_hosts(data: bytes) -> list[tuple[str, str, str, bytes]]:
    """Give marker, names, type and key of each line of `known_hosts`; pass over what is none."""
    lines = []
    for line in data.decode("utf-8", "replace").splitlines():
        words = line.split()
        marker = words.pop(0) if words and words[0] in MARKERS else ""
        if len(words) < 3 or words[0].startswith("#") or not re.fullmatch(r"[A-Za-z0-9@.-]+", words[1]):
            continue
        try:
            key = base64.b64decode(words[2], validate=True)
        except (binascii.Error, ValueError):
            continue
        lines.append((marker, words[0], words[1], key))
    return lines


TRAIL_COPY = shapes.either_null(
    record(
        {
            "lines": shapes.count,
            "problem": shapes.either_null(shapes.text()),
            "since": shapes.either_null(shapes.moment),
        }
    )
)
TRAIL_COPIES = record({"cmdb_id": shapes.identifier, "journal": TRAIL_COPY, "syslog": TRAIL_COPY})


def read_trail_copies(data: bytes) -> dict[str, Any]:
    """Read `trail-copies.json`."""
    document: dict[str, Any] = read_document(data.removesuffix(b"\n"))
    TRAIL_COPIES(document, "trail-copies")
    return document


def read_events(data: bytes) -> list[dict[str, Any]]:
    """Read `events.jsonl`: lines of the audit trail that wait, each with its event and the number 0."""
    events = []
    for line in data.split(b"\n")[:-1]:
        event = read_document(line)
        LINE(event, "event")
        refuse_unless("event" in event and event["number"] == 0, "damaged", "R-1.5", "no event that waits")
        events.append(event)
    return events
