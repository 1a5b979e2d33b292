"""The program reads a vector of the index as it reads everything else, and says how that ended."""

import hashlib
import json
import sqlite3
import zlib
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from nskeys import errors
from nskeys.archive.age.file import open_payload, parse_file
from nskeys.archive.age.identity_files import read_identities, read_identity
from nskeys.archive.age.recipients import FileIdentity, decrypt_by
from nskeys.archive.age.scrypt import decrypt
from nskeys.archive.age.ssh import SshIdentity
from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.database_copy.inspection import inspect_part, require_all
from nskeys.archive.database_copy.reading import CopyReader
from nskeys.archive.inspection import inspect
from nskeys.archive.opening import open_backup, open_backup_by, open_identity
from nskeys.archive.payload import payload_contents
from nskeys.archive.recovery_json import parse_record
from nskeys.crypto.keys import server_thumbprint, thumbprint
from nskeys.crypto.sealing import Sealer
from nskeys.crypto.signing import public_of, verify
from nskeys.crypto.slip39 import combine, completed, parse
from nskeys.crypto.ssh_keys import SshPrivate, read_private, read_public
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.imports.detect import read_export
from nskeys.model.audit import first_digest, next_digest
from nskeys.model.backup import Inspected, KmsContents
from nskeys.model.checkpoint import from_text as checkpoint_from_text
from nskeys.model.credentials import Credential, CredentialFields, CredentialKind, SealedCredential
from nskeys.model.custodians import Share
from nskeys.model.database_copy import Rows
from nskeys.model.database_register_json import from_text as copy_row_from_text, is_database_row
from nskeys.model.database_tables import CREDENTIALS
from nskeys.model.diary_json import from_text as drill_from_text
from nskeys.model.home_checkpoint import from_bytes
from nskeys.model.keys import Kid
from nskeys.model.register_json import from_text as register_from_text
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, Malformed, from_base64url, to_base64url
from nskeys.model.statements import StatementKind, from_text as statement_from_text
from nskeys.model.times import from_seconds, to_rfc3339
from nskeys.ports import Protector, Purpose, SecretProvider, SecretRequest
from nskeys.protectors.base import BaseProtector
from nskeys.protectors.catalogue import protector
from nskeys.reasons import Opens, Problem, RecoveryProblem, Wanted
from nskeys.services.passwords.shares import password_of
from nskeys.services.trail import read_accepted
from nskeys.store.cmdb import SqlCmdb
from nskeys.store.cmdb.database import cmdb_in_file
from nskeys.store.home_files import RegistryFile
from nskeys.store.keystore.store import DiskKeyStore
from nskeys.store.settings import ConfigToml
from tests.fakes.fixed import Answers, FixedClock

VECTORS = Path(__file__).parents[2] / "vectors"
Line = Mapping[str, Any]


def load(name: str) -> bytes:
    """The content of a file of the index."""
    data = (VECTORS / name).read_bytes()
    return zlib.decompress(data) if name.endswith(".zlib") else data


def told(line: Line) -> Any:
    """The JSON in the only file of a vector."""
    (name,) = line["files"]
    return json.loads(load(name))


# --- outcomes -------------------------------------------------------------------------------------

_NOT_CANONICAL = (Problem.NOT_CANONICAL, Problem.DUPLICATE_NAME, Problem.MEMBERS)
_OF_CLASS = MappingProxyType(
    {
        errors.NotABackup: "no backup",
        errors.NewerVersion: "newer",
        errors.KeyStoreDamaged: "damaged",
        errors.IdentityUnusable: "damaged",
        errors.CmdbDamaged: "damaged",
        errors.ShareRefused: "damaged",
        errors.ConfigurationInvalid: "damaged",
        errors.ImportUnreadable: "damaged",
        errors.WrongPassword: "wrong password",
        errors.IdentityNotRecipient: "other identity",
        errors.CopyKeyMissing: "other identity",
        errors.SealDoesNotOpen: "does not open",
        errors.PartsMissing: "incomplete",
        errors.SharesIncomplete: "incomplete",
        errors.PartsMixed: "mixed",
        errors.SharesDisagree: "mixed",
    }
)
"""The outcome of each error of the program, as far as its class tells it."""


def outcome_of(error: Exception) -> str:
    """Return the outcome (core/FORMAT.md, "Outcomes") that an error of the program is."""
    match error:
        case errors.BackupForged(part="signature"):
            return "not signed"
        case errors.BackupForged():
            return "forged"
        case errors.BackupDamaged(problem=problem) | Malformed(problem=problem):
            return "not canonical" if problem in _NOT_CANONICAL else "damaged"
        case errors.SecretUnavailable(wanted=Wanted.IDENTITY | Wanted.BACKUP_PASSWORD):
            return "other identity"
        case errors.RecoveryDamaged(problem=RecoveryProblem.NOT_SIGNED | RecoveryProblem.OTHER_SERVER):
            return "not signed"
        case errors.RecoveryDamaged():
            return "damaged"
    return _OF_CLASS[type(error)]


def read(line: Line) -> Mapping[str, Any]:
    """Return what a vector gives. Raises the error with which the program refuses it."""
    return RUNNERS[line["kind"]](line)


# --- key backups ----------------------------------------------------------------------------------


def _key_backup(line: Line) -> Mapping[str, Any]:
    (name,) = line["files"]
    inspected = inspect(name, load(name))
    contents = _opened(inspected, line["opened_with"])
    return {
        "keys": {key.info.kid: to_base64url(key.material.reveal()) for key in contents.keys},
        "copy_keys": {held.key.kid: to_base64url(held.secret.reveal()) for held in contents.copy_keys},
    }


def _opened(inspected: Inspected, given: Line) -> KmsContents:
    if "member" in given:
        password = _combined(given["shares"]) if "shares" in given else _password(given)
        assert inspected.manifest is not None
        named = {one.member: one for one in inspected.manifest.facts.identities}
        return open_backup_by(inspected, [open_identity(inspected, named[given["member"]], password)])
    if "password" in given:
        return open_backup(inspected, _password(given))
    return open_backup_by(inspected, _identities(given))


def _password(given: Line) -> SecretBytes:
    return SecretBytes(given["password"].encode("utf-8"))


def _identities(given: Line) -> tuple[FileIdentity, ...]:
    if "ssh_key" in given:
        return (SshIdentity(read_private((VECTORS / given["ssh_key"]).read_bytes(), None)),)
    if "ssh_ed25519_seed" in given:
        public = read_public(*given["ssh_recipient"].split(" "))
        seed = SecretBytes(bytes.fromhex(given["ssh_ed25519_seed"]))
        return (SshIdentity(SshPrivate(public, seed)),)
    return read_identities(given["identity"].encode(), "identity")


def _age_file(line: Line) -> Mapping[str, Any]:
    (name,) = line["files"]
    head, data = load(name).split(b"\n\n", 1)
    if b"compressed: zlib" in head:
        data = zlib.decompress(data)
    given = line["opened_with"]
    if "password" in given:
        plain = decrypt(data, _password(given))
    elif "identity" in given:
        plain = decrypt_by(data, read_identities(given["identity"].encode(), "identity"))
    else:
        plain = open_payload(
            data, parse_file(data, name), bytes.fromhex(given.get("file_key", "00" * 16)), name
        )
    return {"sha256": hashlib.sha256(plain).hexdigest()}


def _jwk_set(line: Line) -> Mapping[str, Any]:
    (name,) = line["files"]
    payload_contents(load(name))
    return {}


def _identity_file(line: Line) -> Mapping[str, Any]:
    (name,) = line["files"]
    found = read_identity(load(name), _password(line["opened_with"]), name)
    return {"identity": found.spelled().text()}


def _shares(line: Line) -> Mapping[str, Any]:
    return {"password": _combined(told(line)["shares"]).text()}


def _combined(texts: list[str]) -> SecretBytes:
    return password_of(combine([_share(text) for text in texts]))


def _share(text: str) -> Share:
    words = [completed(word) if len(word) == 4 else word for word in text.split()]
    return parse(SecretBytes(" ".join(words).encode()))


# --- rows and records -----------------------------------------------------------------------------


def _sealed_rows(line: Line) -> Mapping[str, Any]:
    held = told(line)
    for row in held["rows"]:
        fields = CredentialFields(
            CredentialKind(row["kind"]), row["name"], row["target"], row["account"], row["note"]
        )
        made = from_seconds(row.get("created", 0))
        kid = Kid(row["kid"])
        credential = Credential(row["credential_id"], fields, kid, made, made, row["number"])
        sealer = Sealer(held["cmdb_id"], kid, SecretBytes(from_base64url(held["keys"][kid])))
        opened = sealer.open(SealedCredential(credential, bytes.fromhex(row["blob"])))
        assert opened.text() == row["secret"]
    return {}


def _signed(parse_text: Callable[[str], object]) -> Callable[[Line], Mapping[str, Any]]:
    def run(line: Line) -> Mapping[str, Any]:
        held = told(line)
        label = held.get("label") or line["kind"].split(" ")[0]
        parse_text(held["text"])
        signature = bytes.fromhex(held["signature"])
        if not verify(bytes.fromhex(held["public"]), label, held["text"].encode(), signature):
            raise errors.BackupForged("", "signature")
        return {}

    return run


def _register_text(text: str) -> object:
    return copy_row_from_text(text) if is_database_row(text) else register_from_text(text)


def _statement_text(text: str) -> object:
    # The label is not in the document; both other kinds have one form.
    if '"mismatches"' in text:
        return read_accepted(text, json.loads(text)["cmdb_id"])
    return statement_from_text(StatementKind.REPLACED, text)


def _recovery(line: Line) -> Mapping[str, Any]:
    held = told(line)
    public = bytes.fromhex(held["public"])
    record = parse_record(held["text"])
    if record.server_key != server_thumbprint(public):
        raise errors.RecoveryDamaged("", RecoveryProblem.OTHER_SERVER)
    if not verify(public, "recovery", held["text"].encode(), bytes.fromhex(held["signature"])):
        raise errors.RecoveryDamaged("", RecoveryProblem.NOT_SIGNED)
    for one in record.recovery.identities if "files" in held else ():
        data = bytes.fromhex(held["files"].get(one.sha256, ""))
        if hashlib.sha256(data).hexdigest() != one.sha256:
            raise errors.RecoveryDamaged("", RecoveryProblem.IDENTITY_CHANGED)
    return {}


def _trail(line: Line) -> Mapping[str, Any]:
    held = told(line)
    digest = first_digest(held["cmdb_id"])
    for one in held["lines"]:
        digest = next_digest(digest, one["line"])
        if digest.hex() != one["digest"]:
            raise Malformed(Problem.NOT_A_DIGEST)
    return {}


def _home_checkpoint(line: Line) -> Mapping[str, Any]:
    held = told(line)
    return _kept(held["file"].encode(), bytes.fromhex(held["public"]))


def _kept(data: bytes, public: bytes) -> Mapping[str, Any]:
    home = from_bytes(data)
    if not verify(public, "checkpoint", home.signed.text.encode(), home.signed.signature):
        raise errors.BackupForged("", "signature")
    if not home.holds_together:
        raise Malformed(Problem.WRONG_VALUE)
    return {}


def _thumbprints(line: Line) -> Mapping[str, Any]:
    held = told(line)
    for key in held["keys"]:
        assert thumbprint(SecretBytes(from_base64url(key["k"]))) == key["kid"]
    assert server_thumbprint(from_base64url(held["server_key"]["x"])) == held["server_key"]["thumbprint"]
    return {}


# --- key stores and homes -------------------------------------------------------------------------


class _Token(BaseProtector):
    """The protector `pkcs11` with a token whose key is known."""

    name, asks = "pkcs11", False

    def __init__(self, key: str) -> None:
        self._key = from_base64url(key)

    def _unwrap(
        self, parameters: Mapping[str, Json], store_id: str, secrets: SecretProvider
    ) -> SecretBytes:
        wrapped = from_base64url(str(parameters["wrapped"]))
        bound = b"nskeys/token/1\x00" + bytes.fromhex(store_id)
        return SecretBytes(AESGCM(self._key).decrypt(wrapped[1:13], wrapped[13:], bound))

    def _wrap(
        self, kek: SecretBytes, store_id: str, secrets: SecretProvider
    ) -> Mapping[str, Json]:  # pragma: no cover  # it only reads
        raise NotImplementedError

    def _opens_with(self, parameters: Mapping[str, Json], store_id: str, candidate: SecretBytes) -> bool:
        return False


def _key_store(line: Line) -> Mapping[str, Any]:
    return _unlocked(told(line)["files"], line.get("opened_with", {}))


def _home(line: Line) -> Mapping[str, Any]:
    files = {name.partition("/home/")[2]: load(name).decode() for name in line["files"]}
    return _unlocked(files, line["opened_with"])


def _unlocked(files: Mapping[str, str], given: Line) -> Mapping[str, Any]:
    with TemporaryDirectory() as folder:
        home = Path(folder)
        for name, text in files.items():
            (home / name).parent.mkdir(parents=True, exist_ok=True)
            (home / name).write_text(text, "utf-8")

        def named(name: str) -> Protector:
            return _Token(given["token_key"]) if "token_key" in given else protector(name)

        store = DiskKeyStore(home / "store", home / "server.pub", named)
        public = store.server_public()
        if store.info().protector == "tpm2":
            return {}
        answers = Answers({Purpose.PASSPHRASE: [given.get("passphrase", "")]})
        with store.unlock(_once(answers)) as keys:
            held = [keys.copy_key(one.kid) for one in store.copy_keys()]
            assert public == public_of(keys.server_key())
            return {
                "keys": {one.kid: to_base64url(keys.key(one.kid).reveal()) for one in store.keys()},
                "copy_keys": {one.key.kid: to_base64url(one.secret.reveal()) for one in held},
                "server_key": to_base64url(keys.server_key().reveal()),
                "server_public": to_base64url(public),
                "copy_key_made": to_rfc3339(held[0].key.created),
            }


def _once(answers: Answers) -> SecretProvider:
    """A provider for which a second question means that the answer was wrong."""

    def give(request: SecretRequest, retry: int) -> SecretBytes:
        if retry:
            raise errors.WrongPassword(Opens.KEY_STORE)
        return answers(request, retry)

    return give


def _in_folder(use: Callable[[Path], object]) -> Callable[[Line], Mapping[str, Any]]:
    """Lay the vector's file down and read it there."""

    def run(line: Line) -> Mapping[str, Any]:
        (name,) = line["files"]
        with TemporaryDirectory() as folder:
            path = Path(folder) / "file"
            path.write_bytes(load(name))
            use(path)
        return {}

    return run


def _trusted(path: Path) -> None:
    assert KnownHosts(path).about("vault02", 2222).keys


def _of_home(line: Line) -> Mapping[str, Any]:
    public = json.loads(load("format-1/home/server.pub"))["x"]
    return _kept(load(line["files"][0]), from_base64url(public))


def _cmdb(line: Line) -> Mapping[str, Any]:
    (name,) = line["files"]
    with TemporaryDirectory() as folder:
        path = Path(folder) / "cmdb.sqlite3"
        if ".postgresql." in name:  # loaded into a server by a test of its own
            return dict(line["gives"])
        with closing(sqlite3.connect(path)) as database:
            database.executescript(load(name).decode())
        cmdb = cmdb_in_file(path, FixedClock())
        secrets = secrets_in(cmdb, line.get("opened_with", {}).get("keys", {}))
        cmdb.close()
    return {"secrets": secrets}


def secrets_in(cmdb: SqlCmdb, keys: Mapping[str, str]) -> dict[str, str]:
    """The secrets of a CMDB by the credentials' names."""
    cmdb_id, found = cmdb.cmdb_id(), {}
    with cmdb.reading() as view:
        for row in view.sealed():
            kid = row.credential.kid
            sealer = Sealer(cmdb_id, kid, SecretBytes(from_base64url(keys[kid])))
            found[row.credential.fields.name] = sealer.open(row).text()
    return found


def _export(line: Line) -> Mapping[str, Any]:
    (name,) = line["files"]
    export = read_export(name, load(name))
    if export.bad:
        raise errors.ImportUnreadable(name, Problem.WRONG_VALUE)
    return {"credentials": len(export.rows)}


# --- database copies ------------------------------------------------------------------------------


def _database_copy(line: Line) -> Mapping[str, Any]:
    inspected = [inspect_part(name, load(name)) for name in line["files"]]
    require_all((part.path, part.manifest) for part in inspected)
    given = line["opened_with"]
    (identity,) = read_identities(given["identity"].encode(), "identity")
    assert isinstance(identity, X25519Identity)
    reader = CopyReader(inspected[0].facts, identity)
    counts: dict[str, int] = {}
    secrets: dict[str, str] = {}
    kids: dict[object, str] = {}
    for part in inspected:
        for table, rows in reader.rows(part):
            counts[table.name] = counts.get(table.name, 0) + len(rows)
            if table.name == "keys":
                kids |= {row[0]: str(row[1]) for row in rows}
            if table is CREDENTIALS and "keys" in given:
                secrets |= _secrets(inspected[0].facts.cmdb_id, rows, kids, given["keys"])
    reader.finish()
    return {"rows": counts, "secrets": secrets}


def _secrets(
    cmdb_id: str, rows: Rows, kids: Mapping[object, str], keys: Mapping[str, str]
) -> dict[str, str]:
    found = {}
    for id_, key_no, kind, name, target, account, note, number, created, updated, sealed in rows:
        kid = Kid(kids[key_no])
        fields = CredentialFields(
            CredentialKind(str(kind)), str(name), str(target), str(account), str(note)
        )
        assert isinstance(number, int)
        times = (from_seconds(created), from_seconds(updated))
        credential = Credential(str(id_), fields, kid, *times, number)
        assert isinstance(sealed, bytes)
        sealer = Sealer(cmdb_id, kid, SecretBytes(from_base64url(keys[kid])))
        found[fields.name] = sealer.open(SealedCredential(credential, sealed)).text()
    return found


def _nothing(_: Line) -> Mapping[str, Any]:
    return {}


RUNNERS: Mapping[str, Callable[[Line], Mapping[str, Any]]] = MappingProxyType(
    {
        "about": _nothing,
        "age file": _age_file,
        "key backup": _key_backup,
        "JWK Set": _jwk_set,
        "identity file": _identity_file,
        "shares": _shares,
        "thumbprints": _thumbprints,
        "sealed rows": _sealed_rows,
        "register row": _signed(_register_text),
        "drill": _signed(drill_from_text),
        "statement": _signed(_statement_text),
        "checkpoint": _signed(checkpoint_from_text),
        "recovery record": _recovery,
        "audit trail": _trail,
        "home checkpoint": _home_checkpoint,
        "key store": _key_store,
        "home": _home,
        "cmdb": _cmdb,
        "database copy": _database_copy,
        "checkpoint.json": _of_home,
        "config.toml": _in_folder(lambda path: ConfigToml(path, "ns01").read()),
        "registry.json": _in_folder(lambda path: RegistryFile(path).read()),
        "known_hosts": _in_folder(_trusted),
        "export": _export,
    }
)
