"""The register: which backups there are, vouched for by the server key, and looked at now."""

import hashlib
from dataclasses import dataclass, replace

from nskeys.archive.inspection import inspect
from nskeys.archive.opening import signed_by
from nskeys.crypto.signing import sign, verify
from nskeys.crypto.thumbprint import server_thumbprint
from nskeys.errors import (
    BackupForeign,
    DestinationInvalid,
    DestinationUnreachable,
    FileUnreadable,
    NoBackupKnown,
    NoSuchBackup,
    NotABackup,
)
from nskeys.model.audit import Action
from nskeys.model.backup import Facts, Inspected
from nskeys.model.keys import Kid
from nskeys.model.places import Whereabouts
from nskeys.model.register import BackupCopy, BackupIdentity, Proof, ProofDate, Sight
from nskeys.model.register_text import from_text, to_text
from nskeys.model.secret import SecretBytes
from nskeys.ports import (
    CmdbChange,
    CmdbView,
    Progress,
    RegisterRow,
    SecretProvider,
    SilentProgress,
    Stage,
)
from nskeys.services.installation import Installation, sign_off, unlocked

ARCHIVE_LIMIT = 64 * 1024 * 1024
"""Bytes; a backup holds keys, not credentials, so it stays far below."""


def vouched(view: CmdbView, public: bytes | None) -> tuple[BackupCopy, ...]:
    """Every register row, newest generation first; `signed` says whether the server key vouches."""
    copies = [_vouch(row, public) for row in view.register_rows()]
    return tuple(sorted(copies, key=newest, reverse=True))


def newest(copy: BackupCopy) -> tuple[bool, int, str, str]:
    """Order of backups: vouched ones first, then generation, hash and address; never a file name."""
    return (copy.signed, copy.backup.generation, copy.backup.kms_sha256, copy.address)


def _vouch(row: RegisterRow, public: bytes | None) -> BackupCopy:
    signed = (
        public is not None
        and row.signature is not None
        and verify(public, "register", row.text.encode("utf-8"), row.signature)
    )
    return replace(from_text(row.text), signed=signed)


def record(change: CmdbChange, copy: BackupCopy, server_key: SecretBytes) -> None:
    """Write the row, signed by the server key."""
    text = to_text(copy)
    signature = sign(server_key, "register", text.encode("utf-8"))
    change.record(copy, RegisterRow(text, signature))


def identity(facts: Facts, inspected: Inspected, archive_name: str) -> BackupIdentity:
    """What the register keeps of a backup."""
    return BackupIdentity(
        kms_sha256=inspected.kms_sha256,
        archive_sha256=inspected.file_sha256,
        archive_name=archive_name,
        size=inspected.size,
        server=facts.server,
        cmdb_id=facts.cmdb_id,
        server_key=facts.server_key,
        created=facts.created,
        generation=facts.generation,
        previous=facts.previous,
        kids=facts.kids,
        protection=facts.protection,
        recipients=facts.recipients,
        hint=facts.hint,
    )


@dataclass(frozen=True, slots=True)
class RetirePlan:
    """What retiring a copy means: the keys whose last good copy it is, and their credentials."""

    copy: BackupCopy
    loses: tuple[Kid, ...]
    credentials: int


def known_copy(
    installation: Installation, inspected: Inspected, address: str, public: bytes | None
) -> BackupCopy | None:
    """The row of this very file at this address, if the server key vouches for it."""
    with installation.cmdb.reading() as view:
        copies = vouched(view, public)
    for copy in copies:
        if copy.signed and copy.address == address and copy.backup.archive_sha256 == inspected.file_sha256:
            return copy
    return None


class RegisterService:
    """Lists, looks at, adds and retires backups."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def copies(self, look: bool = True) -> tuple[BackupCopy, ...]:
        """Every copy; with `look`, each one that can be reached from here was just read. Changes
        nothing: what is seen counts for this answer only."""
        installation = self._installation
        if not installation.cmdb.exists():
            return ()
        with installation.cmdb.reading() as view:
            copies = vouched(view, installation.key_store.server_public())
        return tuple(self.look(copy) for copy in copies) if look else copies

    def look(self, copy: BackupCopy) -> BackupCopy:
        """The copy as it is at this moment. A look that fails never counts as good."""
        if copy.retired is not None:
            return copy
        sight, where = self._sight(copy)
        return replace(copy.seen(sight, self._installation.clock.now()), where=where, signed=copy.signed)

    def _sight(self, copy: BackupCopy) -> tuple[Sight, Whereabouts]:
        try:
            destination, name = self._installation.destinations.source(copy.address)
            where = destination.where()
            data = destination.read(name, ARCHIVE_LIMIT)
        except FileUnreadable as error:
            return (Sight.MISSING if error.problem == "missing" else Sight.UNREACHABLE), copy.where
        except (DestinationUnreachable, DestinationInvalid):
            return Sight.UNREACHABLE, copy.where
        same = hashlib.sha256(data).hexdigest() == copy.backup.archive_sha256
        return (Sight.GOOD if same else Sight.CHANGED), where

    def check(self, secrets: SecretProvider, progress: Progress | None = None) -> tuple[BackupCopy, ...]:
        """Look at every copy and write what was seen into the register."""
        installation, told = self._installation, progress or SilentProgress()
        installation.require()
        with unlocked(installation, secrets) as keys, installation.changing("checking the register"):
            copies = self.copies(look=False)
            told.stage(Stage.LOOKING, len(copies))
            looked = []
            for copy in copies:
                told.checkpoint()
                looked.append(self.look(copy))
                told.advance()
            # An unsigned row stays unsigned: signing it here would vouch for what was not proven.
            signed = [copy for copy in looked if copy.signed]
            event = installation.event(Action.REGISTER_CHECKED, "register", copies=len(signed))
            with installation.cmdb.changing(event) as change:
                for copy in signed:
                    record(change, copy, keys.server_key())
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return tuple(looked)

    def add(self, address: str, secrets: SecretProvider) -> BackupCopy:
        """Put a backup that lies elsewhere, or was found again, into the register as `intact`.

        Only one that this server signed, of this CMDB, can be added: another one is a restore's
        business (BackupForeign)."""
        installation = self._installation
        installation.require()
        inspected, where, folder, full = self.read(address)
        facts = self._own_facts(inspected)
        now = installation.clock.now()
        found = BackupCopy(
            backup=identity(facts, inspected, full.rsplit("/", 1)[-1]),
            destination=folder,
            address=full,
            where=where,
            proofs=(ProofDate(Proof.RECORDED, now),),
            sight=Sight.GOOD,
            look_moment=now,
            good_moment=now,
        ).with_proof(Proof.INTACT, now)
        with unlocked(installation, secrets) as keys, installation.changing("adding to the register"):
            known = known_copy(installation, inspected, full, installation.key_store.server_public())
            found = (
                replace(known.with_proof(Proof.INTACT, now), where=where, retired=None) if known else found
            )
            event = installation.event(Action.REGISTER_ADDED, full, generation=facts.generation)
            with installation.cmdb.changing(event) as change:
                change.know_keys(facts.kids)
                record(change, found, keys.server_key())
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return replace(found, signed=True)

    def _own_facts(self, inspected: Inspected) -> Facts:
        manifest = inspected.manifest
        if manifest is None:
            raise NotABackup(inspected.path, "bare")
        public = self._installation.key_store.server_public()
        reasons = []
        if public is None or not signed_by(manifest.facts, manifest.signature, public):
            reasons.append("other_signer" if manifest.signature else "unsigned")
        if manifest.facts.cmdb_id != self._installation.cmdb.cmdb_id():
            reasons.append("other_cmdb")
        if reasons:
            raise BackupForeign(inspected.path, tuple(reasons))
        return manifest.facts

    def read(self, address: str) -> tuple[Inspected, Whereabouts, str, str]:
        """A backup file, inspected without its password: with where it lies, its destination's
        address and its own full address. `latest` is the newest that the register can reach."""
        destinations = self._installation.destinations
        if address == "latest":
            address = self._latest()
        destination, name = destinations.source(address)
        full = destination.address_of(name)
        data = destination.read(name, ARCHIVE_LIMIT)
        folder = full[: -len(name)].rstrip("/") or "/"
        return inspect(full, data), destination.where(), folder, full

    def _latest(self) -> str:
        for copy in self.copies():
            if copy.sight is Sight.GOOD and copy.retired is None:
                return copy.address
        raise NoBackupKnown

    def find(self, reference: str) -> BackupCopy:
        """The one copy whose `.kms` hash begins with `reference`, or whose address or name it is."""
        matches = [
            copy
            for copy in self.copies(look=False)
            if reference in (copy.address, copy.backup.archive_name)
            or (len(reference) >= 4 and copy.backup.kms_sha256.startswith(reference.lower()))
        ]
        if len(matches) != 1:
            raise NoSuchBackup(reference)
        return matches[0]

    def plan_retire(self, reference: str) -> RetirePlan:
        """What would be lost if this copy did not count any more."""
        copy = self.find(reference)
        others = [other for other in self.copies() if other.address != copy.address and other.counts]
        held = {kid for other in others for kid in other.backup.kids}
        loses = tuple(kid for kid in copy.backup.kids if kid not in held)
        with self._installation.cmdb.reading() as view:
            uses = {use.kid: 0 for use in view.counts()}
            for use in view.counts():
                uses[use.kid] += use.credentials
        return RetirePlan(copy, loses, sum(uses.get(kid, 0) for kid in loses))

    def retire(self, plan: RetirePlan, secrets: SecretProvider) -> BackupCopy:
        """Let the copy count no more. The file stays where it is."""
        installation = self._installation
        gone = replace(plan.copy, retired=installation.clock.now())
        with unlocked(installation, secrets) as keys, installation.changing("retiring a backup"):
            event = installation.event(Action.REGISTER_RETIRED, plan.copy.address)
            with installation.cmdb.changing(event) as change:
                record(change, gone, keys.server_key())
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return gone


def thumbprint_of(public: bytes | None) -> str | None:
    """The server key's thumbprint; None where no server key is known."""
    return None if public is None else server_thumbprint(public)
