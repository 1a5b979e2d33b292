"""Vectors that others made, as lines of the index."""

from pathlib import Path

from tests.vectors.entries import ACCEPTED, Doc, Entry

HERE = Path(__file__).parent
_OUTCOMES = {
    "success": ACCEPTED,
    "no match": "other identity",
    "HMAC failure": "damaged",
    "header failure": "damaged",
    "payload failure": "damaged",
}


def entries() -> list[Entry]:
    """The age files of CCTV. One that says neither password nor identity is opened with its file key."""
    found = []
    for path in sorted((HERE / "age").iterdir()):
        if path.suffix != ".md":
            found.append(_age_file(path))
    return found


def _age_file(path: Path) -> Entry:
    head = path.read_bytes().split(b"\n\n", 1)[0].decode()
    notes = dict(line.split(": ", 1) for line in head.splitlines())
    opened_with: Doc = {}
    for name in ("passphrase", "identity", "file key"):
        if name in notes:
            opened_with = {"password" if name == "passphrase" else name.replace(" ", "_"): notes[name]}
            break
    outcome, rule = _OUTCOMES[notes["expect"]], _rule(path.name, notes["expect"])
    if rule == "R-4.1":
        outcome = "no backup"
    elif rule == "R-4.5":
        outcome = "wrong password"
    return Entry(
        "age file",
        {path.name: None},
        "4",
        notes.get("comment", path.name.replace("_", " ")),
        outcome,
        "" if outcome == ACCEPTED else rule,
        opened_with,
        {"sha256": notes["payload"]} if outcome == ACCEPTED else {},
        folder="age",
    )


def _rule(name: str, expect: str) -> str:
    if name in ("empty", "header_crlf", "version_unsupported"):
        return "R-4.1"
    if expect == "no match":
        return "R-4.5" if name.startswith("scrypt_") and name != "scrypt_uppercase" else "R-4.7"
    if name in ("scrypt_work_factor_23", "scrypt_work_factor_overflow", "scrypt_work_factor_zero"):
        return "R-4.4"
    if name.endswith("_not_canonical_body"):
        return "R-4.2"
    if expect == "header failure" and name.startswith(("scrypt", "x25519")):
        return "R-4.3" if name.startswith("scrypt") else "R-4.6"
    return {"HMAC failure": "R-4.8", "payload failure": "R-4.9"}.get(expect, "R-4.2")
