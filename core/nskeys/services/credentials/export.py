"""Exporting every credential with its secret: nskeys' own JSON in an age file, which an import reads again.

What does not open is named and left out. The audit trail says so before the file is there: no secret leaves
without its line.
"""

import json
from collections.abc import Iterator, Sequence

from nskeys import files
from nskeys.archive.age.identity_files import read_identities, under_password
from nskeys.archive.age.recipients import Recipient, decrypt_by, encrypt_to, listed, parse_recipient
from nskeys.archive.age.scrypt import decrypt, encrypt, protection_of
from nskeys.crypto.sealing import Sealer
from nskeys.errors import (
    BackupDamaged,
    CannotCreate,
    ImportUnreadable,
    NoSuchKey,
    NotABackup,
    SealDoesNotOpen,
    SecretUnavailable,
    WrongPassword,
)
from nskeys.model.audit import Action
from nskeys.model.credentials import SealedCredential
from nskeys.model.imports import ExportReport
from nskeys.model.keys import Kid
from nskeys.model.register import Protection
from nskeys.model.secret import SecretBytes
from nskeys.model.unlock import Unlock
from nskeys.ports import (
    OpenKeyStore,
    Progress,
    Purpose,
    SecretProvider,
    SecretRequest,
    SilentProgress,
    Stage,
)
from nskeys.reasons import Opens, Problem, Wanted
from nskeys.services.credentials.verify import prove_here
from nskeys.services.installation import Installation
from nskeys.services.passwords.new_password import (
    ask_new_export_password,
    ask_until_it_opens,
    weakness,
)
from nskeys.services.transaction import signed_changes
from nskeys.services.user_files import writable_path

NAMES_LIMIT = 1 << 20
"""Bytes of the names in a line of the audit trail: 30,000 credentials; those beyond are counted."""


class ExportService:
    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def recipients(self, texts: Sequence[str]) -> tuple[str, ...]:
        """Return each once, in its normal spelling. Raises RecipientRefused."""
        return tuple(one.text for one in listed([parse_recipient(text) for text in texts]))

    def execute(
        self,
        path: str,
        recipients: Sequence[str],
        secrets: SecretProvider,
        progress: Progress | None = None,
    ) -> ExportReport:
        """Write every credential that opens to a new file, for `recipients`, or under a password that is
        asked for where there is none. Raises CannotCreate, RecipientRefused, PasswordRefused."""
        installation, progress = self._installation, progress or SilentProgress()
        installation.require()
        target = writable_path(path)
        if target.exists() or target.is_symlink():
            raise CannotCreate(str(target), Problem.NAME_TAKEN)
        people = listed([parse_recipient(text) for text in recipients])
        password = SecretBytes(b"")
        if not people:
            store, least = installation.key_store, installation.least_score
            password = ask_new_export_password(str(target), store, secrets, least)
        with password, signed_changes(installation, secrets, "exporting credentials") as changes:
            proof = prove_here(installation, changes.keys, progress)
            credentials = list(self._opened(changes.keys))
            progress.checkpoint()
            progress.stage(Stage.WRITING)
            data = _sealed(credentials, people, password, installation.scrypt_log_n)
            event = installation.event(
                Action.CREDENTIALS_EXPORTED,
                str(target),
                exported=len(credentials),
                encrypted="to recipients" if people else "under a password",
                credentials=_names(credentials),
            )
            changes.tell(event)
            files.write_new(target, data)
            return ExportReport(
                str(target),
                proof,
                tuple(one.text for one in people),
                weakness(password) if password else None,
            )

    def _opened(self, keys: OpenKeyStore) -> Iterator[dict[str, str]]:
        """Yield the fields and the secret of each credential that opens."""
        sealers: dict[Kid, Sealer | None] = {}
        cmdb = self._installation.cmdb
        cmdb_id, after = cmdb.cmdb_id(), ""
        with cmdb.reading() as view:
            while rows := view.sealed(after=after):
                for row in rows:
                    kid = row.credential.kid
                    if kid not in sealers:
                        sealers[kid] = _sealer(cmdb_id, kid, keys)
                    if (found := _credential(sealers[kid], row)) is not None:
                        yield found
                after = rows[-1].credential.credential_id


def _sealer(cmdb_id: str, kid: Kid, keys: OpenKeyStore) -> Sealer | None:
    try:
        return Sealer(cmdb_id, kid, keys.key(kid))
    except NoSuchKey:
        return None


def _credential(sealer: Sealer | None, row: SealedCredential) -> dict[str, str] | None:
    fields = row.credential.fields
    try:
        with sealer.open(row) if sealer is not None else SecretBytes(b"") as secret:
            return (
                None
                if sealer is None
                else {
                    "kind": fields.kind.value,
                    "name": fields.name,
                    "target": fields.target,
                    "account": fields.account,
                    "note": fields.note,
                    "secret": secret.text(),
                }
            )
    except SealDoesNotOpen:
        return None


def _names(credentials: Sequence[dict[str, str]]) -> str:
    """Return every credential as kind/name, in their order."""
    names = sorted(f"{item['kind']}/{item['name']}" for item in credentials)
    size, shown = 0, list[str]()
    for name in names:
        size += len(name.encode("utf-8")) + 2
        if size > NAMES_LIMIT:
            return f"{', '.join(shown)} and {len(names) - len(shown)} more"
        shown.append(name)
    return ", ".join(shown)


def _sealed(
    credentials: list[dict[str, str]], people: Sequence[Recipient], password: SecretBytes, log_n: int
) -> bytes:
    credentials.sort(key=lambda item: (item["kind"], item["name"]))
    text = json.dumps({"credentials": credentials}, ensure_ascii=False, indent=1)
    plain = text.encode("utf-8")
    return encrypt_to(people, plain) if people else encrypt(plain, password, log_n)


# --- read back ----------------------------------------------------------------------------------------


def open_export(source: str, data: bytes, secrets: SecretProvider, opening: Unlock) -> bytes:
    """Return what is in an age file. Its password is asked for; one to recipients wants `opening` to name
    an identity file. Raises ImportUnreadable, WrongPassword, IdentityNotRecipient, IdentityUnusable,
    SecretUnavailable (`identity`)."""
    try:
        if protection_of(data, source) is Protection.PASSWORD:
            return ask_until_it_opens(
                SecretRequest(Purpose.EXPORT_PASSWORD, source),
                secrets,
                lambda word: _by(source, data, word),
            )
        return _by_identity(source, data, secrets, opening)
    except (BackupDamaged, NotABackup) as error:
        raise ImportUnreadable(source, error.problem or Problem.NOT_AGE) from None


def _by(source: str, data: bytes, password: SecretBytes) -> bytes:
    try:
        return decrypt(data, password, source)
    except WrongPassword:
        raise WrongPassword(Opens.EXPORT, source) from None


def _by_identity(source: str, data: bytes, secrets: SecretProvider, opening: Unlock) -> bytes:
    if opening.identity is None:
        raise SecretUnavailable(Wanted.EXPORT_IDENTITY)
    name, identity = opening.name, opening.identity.reveal()

    def opened(password: SecretBytes | None) -> bytes:
        found = read_identities(identity, name, password)
        try:
            return decrypt_by(data, found, source)
        finally:
            for one in found:
                one.wipe()

    if under_password(identity):
        return ask_until_it_opens(SecretRequest(Purpose.IDENTITY_PASSWORD, name), secrets, opened)
    return opened(None)
