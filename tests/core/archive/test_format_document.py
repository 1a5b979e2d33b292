"""core/FORMAT.md and the vectors say the same: what a stranger reads there is what nskeys writes."""

import json
import re
from pathlib import Path
from typing import Any

from nskeys.archive import limits
from nskeys.archive.age import limits as age_limits
from nskeys.archive.age.scrypt import HIGHEST_LOG_N, LOG_N, decrypt
from nskeys.archive.reader import READER_SHA256
from nskeys.model.recovery import EARLIER_LIMIT
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import JSON_DEPTH, JSON_DIGITS

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
    for field in ("credential_id", "kind", "name", "target", "account", "blob", "secret"):
        assert _says(f"{field} {row[field]}"), field


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
    record = (VECTORS / "home" / "recovery" / "recovery.json").read_text("utf-8")
    assert record in re.sub(r"(?m)^    ", "", DOCUMENT)


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


def test_its_bounds_are_those_of_the_program() -> None:
    mib = 1024 * 1024
    for row in (
        f"| an archive or a bare `.kms` | {limits.ARCHIVE_LIMIT // mib} MiB |",
        f"| `manifest.json` | {limits.MANIFEST_LIMIT // mib} MiB |",
        f"| the JWK Set | {limits.PAYLOAD_LIMIT // mib} MiB |",
        f"| keys in a backup | {limits.KEYS_LIMIT:,} |",
        f"| {age_limits.RECIPIENTS_LIMIT}, and {age_limits.RECIPIENT_LIMIT:,} |",
        f"| stanzas of an age header | {age_limits.STANZAS_LIMIT} |",
        f"| an identity file | {age_limits.IDENTITY_LIMIT // 1024} KiB |",
        f"| earlier identities | {EARLIER_LIMIT} |",
        f"| {JSON_DEPTH}, and {JSON_DIGITS} |",
        f"| a password | {age_limits.PASSWORD_LIMIT:,} bytes |",
        f"| scrypt work factor | 2^{HIGHEST_LOG_N} |",
        f"writes a work factor of {LOG_N} ",
    ):
        assert row in DOCUMENT, row
