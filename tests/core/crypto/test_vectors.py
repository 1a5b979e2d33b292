"""What was released opens: every vector that needs no archive."""

import json
import shutil
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.crypto.sealing import Sealer
from nskeys.crypto.signing import public_of, verify
from nskeys.model.audit import first_digest, next_digest
from nskeys.model.checkpoint import from_text as checkpoint_from_text, to_text as checkpoint_to_text
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, SealedCredential
from nskeys.model.home_checkpoint import from_bytes, to_bytes
from nskeys.model.keys import Kid
from nskeys.model.register_json import from_text, to_text
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import from_base64url
from nskeys.ports import Purpose
from nskeys.protectors.passphrase import PassphraseProtector
from nskeys.store.keystore.store import DiskKeyStore
from tests.fakes.fixed import Answers
from tests.vectors import generate

VECTORS = Path(__file__).parents[2] / "vectors" / "format-1"


def _vector(name: str) -> Any:
    return json.loads((VECTORS / name).read_text("utf-8"))


KEYS = {key["kid"]: SecretBytes(from_base64url(key["k"])) for key in _vector("thumbprints.json")["keys"]}
ROWS = _vector("sealed_rows.json")


def test_the_generator_still_makes_the_released_files() -> None:
    made = generate.vectors()
    kept = {str(path.relative_to(VECTORS)) for path in VECTORS.rglob("*") if path.is_file()}
    assert kept == made.keys()
    for name, data in made.items():
        assert (VECTORS / name).read_bytes() == data, name
    assert generate.INDEX.read_bytes() == generate.index()


def test_thumbprints_are_as_released() -> None:
    assert [thumbprint(key) for key in KEYS.values()] == list(KEYS)
    server = _vector("thumbprints.json")["server_key"]
    public = from_base64url(server["x"])
    assert public_of(SecretBytes(from_base64url(server["d"]))) == public
    assert server_thumbprint(public) == server["thumbprint"]


@pytest.mark.parametrize("row", ROWS["rows"], ids=lambda row: row["name"])
def test_a_released_row_opens(row: dict[str, Any]) -> None:
    fields = CredentialFields(
        CredentialKind(row["kind"]), row["name"], row["target"], row["account"], row["note"]
    )
    sealer = Sealer(ROWS["cmdb_id"], Kid(row["kid"]), KEYS[row["kid"]])
    created, updated = (datetime.fromtimestamp(row[name], UTC) for name in ("created", "updated"))
    credential = Credential(row["credential_id"], fields, sealer.kid, created, updated, row["number"])
    sealed = SealedCredential(credential, bytes.fromhex(row["blob"]))
    assert sealer.open(sealed).text() == row["secret"]


def test_a_released_register_row_is_signed_and_read() -> None:
    row = _vector("register_row.json")
    document = row["text"].encode("utf-8")
    assert verify(bytes.fromhex(row["public"]), "register", document, bytes.fromhex(row["signature"]))
    assert to_text(from_text(row["text"])) == row["text"]


def test_a_released_audit_trail_is_whole() -> None:
    trail = _vector("audit_trail.json")
    digest = first_digest(trail["cmdb_id"])
    assert digest.hex() == trail["first"]
    for entry in trail["lines"]:
        digest = next_digest(digest, entry["line"])
        assert digest.hex() == entry["digest"]
    assert (trail["count"], trail["head"]) == (len(trail["lines"]), digest.hex())


def test_a_released_checkpoint_is_signed_and_the_homes_copy_holds_together() -> None:
    told = _vector("checkpoint.json")
    document, signature = told["text"].encode("utf-8"), bytes.fromhex(told["signature"])
    assert verify(bytes.fromhex(told["public"]), "checkpoint", document, signature)
    checkpoint = checkpoint_from_text(told["text"])
    assert checkpoint_to_text(checkpoint) == told["text"]
    trail = _vector("audit_trail.json")
    assert (checkpoint.audit.count, checkpoint.audit.digest.hex()) == (trail["count"], trail["head"])
    home = from_bytes(told["home"].encode("utf-8"))
    assert home.holds_together
    assert home.checkpoint == checkpoint
    assert to_bytes(home).decode("utf-8") == told["home"]


def test_a_released_key_store_opens(tmp_path: Path) -> None:
    home = shutil.copytree(VECTORS / "home", tmp_path / "home")
    store = DiskKeyStore(home / "store", home / "server.pub", lambda _: PassphraseProtector())
    answers = Answers({Purpose.PASSPHRASE: [_vector("store.json")["passphrase"]]})
    assert store.info().protector == "passphrase"
    assert {key.kid for key in store.keys()} == KEYS.keys()
    with store.unlock(answers) as opened:
        for kid, material in KEYS.items():
            assert opened.key(Kid(kid)).same_as(material)
        assert server_thumbprint(public_of(opened.server_key())) == server_thumbprint(
            from_base64url(_vector("thumbprints.json")["server_key"]["x"])
        )
