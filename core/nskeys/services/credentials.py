"""Credentials: add, edit, show, reveal, remove, search. Nothing is decrypted to be listed."""

import os
from dataclasses import replace

from nskeys.crypto.sealing import Sealer
from nskeys.errors import AmbiguousCredential, NoSuchCredential, NoSuchKey, SealDoesNotOpen
from nskeys.model.audit import Action
from nskeys.model.credentials import Credential, CredentialFields, SealedCredential, check_secret
from nskeys.model.paging import CredentialFilter
from nskeys.model.secret import SecretBytes
from nskeys.ports import OpenKeyStore, SecretProvider
from nskeys.services.installation import Installation, sealing_key, sign_off, unlocked


class CredentialService:
    """One credential at a time. Secrets come in and go out as SecretBytes that the caller wipes."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def total(self, wanted: CredentialFilter | None = None) -> int:
        """How many credentials match."""
        with self._installation.cmdb.reading() as view:
            return view.total(wanted or CredentialFilter())

    def show(self, reference: str) -> Credential:
        """The one credential with this id, unique id prefix, or `kind/name`."""
        with self._installation.cmdb.reading() as view:
            found = view.find(reference)
        if not found:
            raise NoSuchCredential(reference)
        if len(found) > 1:
            raise AmbiguousCredential(reference, tuple(item.reference for item in found))
        return found[0]

    def add(self, fields: CredentialFields, secret: SecretBytes, secrets: SecretProvider) -> Credential:
        """A new credential, sealed by the active key; NameTaken, KeyNotUsable, KeyUsedUp."""
        check_secret(secret.text())
        installation = self._installation
        installation.require()
        with unlocked(installation, secrets) as keys, installation.changing("adding a credential"):
            credential_id, now = os.urandom(16).hex(), installation.clock.now()
            event = installation.event(
                Action.CREDENTIAL_ADDED, f"{fields.kind}/{fields.name}", id=credential_id
            )
            with installation.cmdb.changing(event) as change:
                active = sealing_key(installation, change)
                credential = Credential(credential_id, fields, active.kid, now, now, now)
                blob = self._sealer(keys, credential).seal(credential_id, fields, secret)
                change.know_keys([active.kid])
                change.add([SealedCredential(credential, blob)])
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return credential

    def reveal(self, credential: Credential, secrets: SecretProvider) -> SecretBytes:
        """The secret. The audit trail says that it was revealed, before it is."""
        installation = self._installation
        installation.require()
        with unlocked(installation, secrets) as keys, installation.changing("revealing a credential"):
            with installation.cmdb.reading() as view:
                stored = self._stored(view.credential(credential.credential_id), credential)
            secret = self._open(keys, stored)
            event = installation.event(
                Action.CREDENTIAL_REVEALED, stored.credential.reference, id=credential.credential_id
            )
            with installation.cmdb.changing(event) as change:
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
        return secret

    def edit(
        self,
        credential: Credential,
        fields: CredentialFields,
        secret: SecretBytes | None,
        secrets: SecretProvider,
    ) -> Credential:
        """Other fields, another secret (None: the same), sealed anew. A credential that does not open
        takes only a new secret: its old one cannot be bound to new fields (SealDoesNotOpen)."""
        if secret is not None:
            check_secret(secret.text())
        installation = self._installation
        installation.require()
        with unlocked(installation, secrets) as keys, installation.changing("editing a credential"):
            event = installation.event(
                Action.CREDENTIAL_EDITED,
                f"{fields.kind}/{fields.name}",
                id=credential.credential_id,
                secret="kept" if secret is None else "new",
            )
            with installation.cmdb.changing(event) as change:
                stored = self._stored(change.credential(credential.credential_id), credential)
                kept = self._open(keys, stored) if secret is None else secret
                active = sealing_key(installation, change)
                now = installation.clock.now()
                edited = replace(
                    stored.credential,
                    fields=fields,
                    kid=active.kid,
                    updated=now,
                    # Exposure counts from the first sealing under a key, not from the last.
                    sealed=stored.credential.sealed if active.kid == stored.credential.kid else now,
                )
                blob = self._sealer(keys, edited).seal(edited.credential_id, fields, kept)
                change.know_keys([active.kid])
                change.replace([SealedCredential(edited, blob)])
                sign_off(change, installation.cmdb.cmdb_id(), keys.server_key())
            if kept is not secret:
                kept.wipe()
        return edited

    def remove(self, credential: Credential) -> None:
        """The row, for good. The audit trail keeps its name. No key is needed to let one go."""
        installation = self._installation
        installation.require()
        with installation.changing("removing a credential"):
            event = installation.event(
                Action.CREDENTIAL_REMOVED, credential.reference, id=credential.credential_id
            )
            with installation.cmdb.changing(event) as change:
                self._stored(change.credential(credential.credential_id), credential)
                change.remove(credential.credential_id)

    @staticmethod
    def _stored(found: SealedCredential | None, wanted: Credential) -> SealedCredential:
        if found is None:
            raise NoSuchCredential(wanted.reference)
        return found

    def _open(self, keys: OpenKeyStore, stored: SealedCredential) -> SecretBytes:
        credential = stored.credential
        try:
            sealer = self._sealer(keys, credential)
        except NoSuchKey:
            raise SealDoesNotOpen(
                credential.credential_id, credential.fields.kind, credential.fields.name, "key_missing"
            ) from None
        return sealer.open(credential.credential_id, credential.fields, stored.blob)

    def _sealer(self, keys: OpenKeyStore, credential: Credential) -> Sealer:
        return Sealer(self._installation.cmdb.cmdb_id(), credential.kid, keys.key(credential.kid))
