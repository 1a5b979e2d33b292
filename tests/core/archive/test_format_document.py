"""core/FORMAT.md and the vectors say the same: what a stranger reads there is what nskeys writes."""

import io
import json
import re
import sqlite3
import textwrap
from contextlib import closing, redirect_stdout
from enum import StrEnum
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys.archive import limits
from nskeys.archive.age import limits as age_limits
from nskeys.archive.age.scrypt import HIGHEST_LOG_N, LOG_N, decrypt
from nskeys.archive.database_copy import limits as copy_limits
from nskeys.archive.reader import READER_SHA256
from nskeys.archive.recovery_json import RECORD_LIMIT
from nskeys.archive.templates import DATABASE_COPY, KEY_BACKUP, template
from nskeys.model.backup import PREDECESSORS_LIMIT
from nskeys.model.checkpoint import DOCUMENT_LIMIT
from nskeys.model.credentials import SECRET_LIMIT
from nskeys.model.destinations import LocationReason
from nskeys.model.diary import DrillEnd
from nskeys.model.diary_json import TEXT_LIMIT as DIARY_TEXT
from nskeys.model.home_checkpoint import HOME_LIMIT
from nskeys.model.recovery import EARLIER_LIMIT
from nskeys.model.register import CopyStatus, Proof
from nskeys.model.register_json import TEXT_LIMIT as REGISTER_TEXT
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import JSON_DEPTH, JSON_DIGITS, from_base64url
from nskeys.store.cmdb.migrations import SEARCH
from nskeys.store.settings import NAMES as SETTINGS
from tests.vectors.records import schema_sql

ROOT = Path(__file__).parents[3]
VECTORS = ROOT / "tests" / "vectors" / "format-1"
DOCUMENT = (ROOT / "core" / "FORMAT.md").read_text("utf-8")
JOINED = re.sub(r"\s+", "", DOCUMENT)


def _vector(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


def _says(text: str) -> bool:
    """Whether the document holds this, wherever its lines break."""
    return re.sub(r"\s+", "", text) in JOINED


def test_its_keys_are_those_of_the_vectors() -> None:
    told = _vector("thumbprints.json")
    assert _says(f'{{"k":"{told["keys"][0]["k"]}","kty":"oct"}}')
    assert _says(f"kid   {told['keys'][0]['kid']}")
    assert _says(f"x           {told['server_key']['x']}")
    assert _says(f"thumbprint  {told['server_key']['thumbprint']}")


def test_its_sealed_secret_is_the_first_row_of_the_vectors() -> None:
    told = _vector("sealed_rows.json")
    row = told["rows"][0]
    assert _says(f"cmdb_id {told['cmdb_id']}")
    for field in ("credential_id", "kind", "name", "target", "account", "number", "blob", "secret"):
        assert _says(f"{field} {row[field]}"), field


def test_its_row_sum_is_that_of_the_vectors() -> None:
    told = _vector("sealed_rows.json")
    assert _says(told["row_sums"][told["rows"][0]["kid"]])


def test_its_kms_is_that_of_the_vectors() -> None:
    told, kms = _vector("password.json"), (VECTORS / "password.kms").read_bytes()
    header = kms.split(b"---")[0].decode("ascii")
    assert header.replace("\n", "\n    ") in DOCUMENT
    assert told["password"] in DOCUMENT
    first = json.loads(decrypt(kms, SecretBytes.from_text(told["password"])))["keys"][0]
    assert json.dumps(first, separators=(",", ":"), sort_keys=True) in DOCUMENT


def test_its_archive_begins_as_that_of_the_vectors() -> None:
    begins = re.search(r"first bytes of `password.zip`:\n\n    ([0-9a-f]+)\n", DOCUMENT)
    assert begins is not None
    assert len(begins[1]) % 2 == 0
    for name in ("password.zip", "recipients.zip"):
        assert (VECTORS / name).read_bytes().hex().startswith(begins[1])
    assert f"{READER_SHA256}  open_kms.py" in DOCUMENT


def test_its_kms_for_recipients_is_that_of_the_vectors() -> None:
    header = (VECTORS / "recipients.kms").read_bytes().split(b"---")[0].decode("ascii")
    assert header.replace("\n", "\n    ") in DOCUMENT


def test_its_record_of_recovery_identities_is_that_of_the_vectors() -> None:
    record = _vector("recovery_record.json")
    assert record["text"] + "\n" in re.sub(r"(?m)^    ", "", DOCUMENT)
    assert _says(f"signature  {record['signature']}")


def test_its_key_store_is_that_of_the_vectors() -> None:
    for name in ("protector.json", "server.json"):
        assert (VECTORS / "home" / "store" / "1" / name).read_text("utf-8") in re.sub(
            r"(?m)^    ", "", DOCUMENT
        )
    assert _vector("store.json")["passphrase"] in DOCUMENT


def test_its_register_row_and_audit_trail_are_those_of_the_vectors() -> None:
    assert _says(f"signature  {_vector('register_row.json')['signature']}")
    trail = _vector("audit_trail.json")
    assert trail["first"] in DOCUMENT
    assert trail["lines"][0]["line"] in DOCUMENT
    assert f"h(1)    {trail['lines'][0]['digest']}" in DOCUMENT


def test_its_checkpoint_is_that_of_the_vectors() -> None:
    told = _vector("checkpoint.json")
    for name, label in (("text", "checkpoint"), ("sha256", "sha256    "), ("signature", "signature ")):
        assert _says(f"{label} {told[name]}")


def test_its_bounds_are_those_of_the_program() -> None:
    mib, kib = 1024 * 1024, 1024
    for row in (
        f"| an archive or a bare `.kms` | {limits.ARCHIVE_LIMIT // mib} MiB |",
        f"| `manifest.json` | {limits.MANIFEST_LIMIT // mib} MiB |",
        f"| the JWK Set | {limits.PAYLOAD_LIMIT // mib} MiB |",
        f"| keys in a backup, and copy keys | {limits.KEYS_LIMIT:,} |",
        f"| {age_limits.RECIPIENTS_LIMIT}, and {age_limits.RECIPIENT_LIMIT:,} |",
        f"| stanzas of an age header | {age_limits.STANZAS_LIMIT} |",
        f"| an identity file | {age_limits.IDENTITY_LIMIT // 1024} KiB |",
        f"| earlier identities; predecessors of a server key | {EARLIER_LIMIT} |",
        f"| a secret | {SECRET_LIMIT:,} bytes |",
        f"| a part of a database copy | {copy_limits.PART_LIMIT // mib} MiB |",
        (
            f"| {copy_limits.UNPACKED_LIMIT // mib} MiB; {copy_limits.LINE_LIMIT // mib} MiB;"
            f" {copy_limits.PARTS_LIMIT:,} |"
        ),
        (
            "| a register row; a line of the diary, and a statement; a record of recovery identities"
            f" | {REGISTER_TEXT // mib} MiB; {DIARY_TEXT // kib} KiB; {RECORD_LIMIT // kib} KiB |"
        ),
        (
            "| a checkpoint; the home's checkpoint; a file of the key store"
            f" | {DOCUMENT_LIMIT // mib} MiB; {HOME_LIMIT // mib} MiB; 64 KiB |"
        ),
        f"predecessors` | [object] | at most {PREDECESSORS_LIMIT} of",
        f"depth and digits of JSON: {JSON_DEPTH}, and {JSON_DIGITS} ",
        f"a password: {age_limits.PASSWORD_LIMIT:,} bytes",
        f"a scrypt work factor: 2^{HIGHEST_LOG_N} ",
        f"writes a work factor of {LOG_N} ",
    ):
        assert _says(row), row


def _printed(text: str) -> str:
    """A text as the document prints it."""
    return "".join(f"    {line}" if line.strip() else line for line in text.splitlines(keepends=True))


@pytest.mark.parametrize("name", [KEY_BACKUP, DATABASE_COPY])
def test_it_prints_the_templates_that_the_program_reads(name: str) -> None:
    assert f"core/nskeys/archive/templates/{name}" in DOCUMENT
    assert _printed(template(name)) in DOCUMENT


def test_its_statement_of_the_trigrams_is_that_of_the_program() -> None:
    assert _says(f"{SEARCH};")


def test_its_sql_makes_the_tables_of_the_program() -> None:
    assert _printed("\n".join(schema_sql("SQLite"))) in DOCUMENT
    # What it says of PostgreSQL, done to it.
    spelled = (
        "\n".join(schema_sql("SQLite")).replace(" TEXT", ' TEXT COLLATE "C"').replace(" BLOB", " BYTEA")
    )
    assert spelled.replace(" WITHOUT ROWID", "") == "\n".join(schema_sql("PostgreSQL"))


@pytest.mark.parametrize("tokens", [CopyStatus, DrillEnd, LocationReason, Proof])
def test_it_lists_every_token(tokens: type[StrEnum]) -> None:
    assert [token for token in tokens if f"`{token.value}`" not in DOCUMENT] == []


def test_the_lines_that_open_every_credential_do_it() -> None:
    """They are run as they stand, on the CMDB of the vectors."""
    code = re.search(r"from the JWK Set\):\n\n((?:    .*\n)+)", DOCUMENT)
    assert code is not None
    told, said = _vector("sealed_rows.json"), io.StringIO()
    with closing(sqlite3.connect(":memory:")) as database, redirect_stdout(said):
        database.executescript((VECTORS / "cmdb.sqlite.sql").read_text("utf-8"))
        keys = {kid: from_base64url(key) for kid, key in told["keys"].items()}
        names = {"database": database, "keys": keys, "cmdb_id": told["cmdb_id"], "AESGCM": AESGCM}
        exec(textwrap.dedent(code[1]), names)
    expected = {f"{row['kind']} {row['name']} {row['secret']}" for row in told["rows"]}
    assert set(said.getvalue().splitlines()) == expected


def test_it_names_every_setting() -> None:
    settings = DOCUMENT.split("**config.toml**")[1].split("**registry.json**")[0]
    assert [
        name for name in SETTINGS if f"`{name}`" not in settings.replace("[", "").replace("]", "")
    ] == []
