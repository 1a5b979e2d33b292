"""Credentials: add, edit, show, reveal, remove, search. Nothing is decrypted to be listed."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING

from nskeys.errors import (
    AmbiguousCredential,
    CmdbDamaged,
    FieldInvalid,
    NoSuchCredential,
    NoSuchKey,
    PlanOutdated,
    SealDoesNotOpen,
)
from nskeys.model.audit import Action
from nskeys.model.credential_list import CredentialFilter, CredentialOrder, SortBy
from nskeys.model.credentials import (
    Credential,
    CredentialFields,
    SealedCredential,
    UnreadableCredential,
    check_secret,
)
from nskeys.model.secret import SecretBytes
from nskeys.ports import CmdbChange, CmdbView, OpenKeyStore, SecretProvider
from nskeys.reasons import FieldProblem, Operation, SealProblem
from nskeys.services.credentials.pages import CredentialPages
from nskeys.services.installation import Installation, sealing_key
from nskeys.services.passwords.new_password import is_text

if TYPE_CHECKING:
    from nskeys.crypto.sealing import Sealer
    from nskeys.services.transaction import KeyedChanges

_PAGE = 1_000
_BY_KIND = CredentialOrder(SortBy.KIND)


class CredentialService:
    """One credential at a time. Secrets come in and go out as SecretBytes that the caller wipes."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def total(self, wanted: CredentialFilter | None = None) -> int:
        with self._installation.cmdb.reading() as view:
            return view.total(wanted or CredentialFilter())

    def pages(self, wanted: CredentialFilter, order: CredentialOrder) -> CredentialPages:
        """Return the matching list, of which only the rows asked for are read."""
        return CredentialPages(self._installation.cmdb, wanted, order)

    def listed(self, wanted: CredentialFilter, limit: int | None = None) -> Iterator[Credential]:
        """Yield every match, or the first `limit`, by kind and name. Each page is a transaction of its own,
        so a slow reader does not keep others from changing anything."""
        left, after = limit, None
        while left is None or left > 0:
            with self._installation.cmdb.reading() as view:
                page = view.page(wanted, _BY_KIND, _PAGE if left is None else min(_PAGE, left), after)
            if not page:
                return
            yield from (row.credential for row in page)
            after = page[-1].place
            left = None if left is None else left - len(page)

    def show(self, reference: str) -> Credential:
        """Return the one credential with this id, unique id prefix, or `kind/name`. Raises
        NoSuchCredential, AmbiguousCredential."""
        with self._installation.cmdb.reading() as view:
            found = view.find(reference)
        if not found:
            raise NoSuchCredential(reference)
        if len(found) > 1:
            raise AmbiguousCredential(reference, tuple(item.reference for item in found))
        return found[0]

    def add(self, fields: CredentialFields, secret: SecretBytes, secrets: SecretProvider) -> Credential:
        """Add a credential, sealed by the active key. Raises NameTaken, KeyNotUsable, KeyUsedUp."""
        _check(secret)
        installation = self._installation
        cmdb_id = installation.require()
        with _changes(installation, secrets, "adding a credential") as changes:
            credential_id, now = os.urandom(16).hex(), installation.clock.now()
            event = installation.event(
                Action.CREDENTIAL_ADDED, f"{fields.kind}/{fields.name}", id=credential_id
            )
            with changes.signed(event) as change:
                active = sealing_key(installation, change)
                credential = Credential(credential_id, fields, active.kid, now, now, change.number)
                sealed = _sealed(credential, secret, changes.keys, cmdb_id)
                change.add([sealed])
        return credential

    def reveal(self, credential: Credential, secrets: SecretProvider) -> SecretBytes:
        """Return the secret, which the caller wipes. The audit trail records the reveal first."""
        installation = self._installation
        cmdb_id = installation.require()
        with _changes(installation, secrets, "revealing a credential") as changes:
            with installation.cmdb.reading() as view:
                stored = _stored(view, credential)
            _check_readable(stored.credential)
            secret = _opened(stored, changes.keys, cmdb_id)
            try:
                event = installation.event(
                    Action.CREDENTIAL_REVEALED, stored.credential.reference, id=credential.credential_id
                )
                changes.tell(event)
            except BaseException:
                secret.wipe()  # not recorded in the trail, so not revealed
                raise
        return secret

    def edit(
        self,
        credential: Credential,
        fields: CredentialFields,
        secret: SecretBytes | None,
        secrets: SecretProvider,
    ) -> Credential:
        """Seal the credential anew with other fields and another secret (None: the same). A credential that
        does not open takes only a new secret, since its old one cannot be bound to new fields. Raises
        SealDoesNotOpen; CredentialWaits where something else wrote the row; PlanOutdated where somebody
        else edited the credential since."""
        if secret is not None:
            _check(secret)
        installation = self._installation
        cmdb_id = installation.require()
        with _changes(installation, secrets, "editing a credential") as changes:
            event = installation.event(
                Action.CREDENTIAL_EDITED,
                f"{fields.kind}/{fields.name}",
                id=credential.credential_id,
                secret="kept" if secret is None else "new",
                **_renamed(credential, fields),
            )
            with changes.signed(event) as change:
                stored = _unchanged(change, credential, Operation.EDIT)
                _require_sealed(change, changes.keys, stored)
                if secret is None:
                    _check_readable(stored.credential)
                edited = self._edited(change, stored.credential, fields)
                # Wipe only a secret that was opened here; a given one is wiped by the caller.
                with (
                    nullcontext(secret)
                    if secret is not None
                    else _opened(stored, changes.keys, cmdb_id) as sealing
                ):
                    sealed = _sealed(edited, sealing, changes.keys, cmdb_id)
                change.replace([sealed])
        return edited

    def _edited(self, change: CmdbChange, before: Credential, fields: CredentialFields) -> Credential:
        active, now = sealing_key(self._installation, change), self._installation.clock.now()
        if isinstance(before, UnreadableCredential):
            return _mended(before, Credential("", fields, active.kid, now, now, change.number))
        return replace(before, fields=fields, kid=active.kid, updated=now, number=change.number)

    def remove(self, credential: Credential, secrets: SecretProvider) -> None:
        """Delete the row; the audit trail keeps its name. Raises CredentialWaits where something else wrote
        it, PlanOutdated where somebody else edited the credential since."""
        installation = self._installation
        installation.require()
        with _changes(installation, secrets, "removing a credential") as changes:
            event = installation.event(
                Action.CREDENTIAL_REMOVED, credential.reference, id=credential.credential_id
            )
            with changes.signed(event) as change:
                stored = _unchanged(change, credential, Operation.REMOVAL)
                _require_sealed(change, changes.keys, stored)
                change.remove(credential.credential_id)


def _changes(
    installation: Installation, secrets: SecretProvider, doing: str
) -> AbstractContextManager[KeyedChanges]:
    from nskeys.services.transaction import signed_changes  # here, for a list changes nothing

    return signed_changes(installation, secrets, doing)


def _require_sealed(change: CmdbChange, keys: OpenKeyStore, stored: SealedCredential) -> None:
    from nskeys.services.credentials.old_seals import OldSeals

    OldSeals(change, keys).require(stored)


def _check(secret: SecretBytes) -> None:
    if not is_text(secret):
        raise FieldInvalid("secret", FieldProblem.NOT_TEXT)
    check_secret(secret.text())


def _check_readable(credential: Credential) -> None:
    """Raise CmdbDamaged for a row that cannot be read."""
    if isinstance(credential, UnreadableCredential):
        raise CmdbDamaged("credentials", credential.problem, (credential.reference,))


def _mended(before: UnreadableCredential, now: Credential) -> Credential:
    """Return a row that could not be read, with what a person gives; the unreadable fields have to be among
    that."""
    shown = before.fields
    for name in ("kind", "name", "target", "account", "note"):
        if name in before.ill and getattr(now.fields, name) == getattr(shown, name):
            raise FieldInvalid(name, FieldProblem.NOT_READABLE)
    if "id" in before.ill:
        _check_readable(before)
    created = now.created if "created" in before.ill else before.created
    return replace(now, credential_id=before.credential_id, created=created)


def _stored(view: CmdbView, wanted: Credential) -> SealedCredential:
    found = view.credential(wanted.credential_id)
    if found is None:
        raise NoSuchCredential(wanted.reference)
    return found


def _unchanged(view: CmdbView, seen: Credential, doing: Operation) -> SealedCredential:
    """Return the stored row. Raises PlanOutdated unless its fields are those that the person saw; a
    rotation in between does not matter."""
    stored = _stored(view, seen)
    now = stored.credential
    if (now.fields, now.updated, now.number) != (seen.fields, seen.updated, seen.number):
        raise PlanOutdated(doing)
    return stored


def _renamed(credential: Credential, fields: CredentialFields) -> dict[str, str]:
    """Return the audit detail of an edit that changes the name, which is the line's subject."""
    same = (credential.fields.kind, credential.fields.name) == (fields.kind, fields.name)
    return {} if same else {"before": credential.reference}


def _opened(stored: SealedCredential, keys: OpenKeyStore, cmdb_id: str) -> SecretBytes:
    credential = stored.credential
    try:
        sealer = _sealer(credential, keys, cmdb_id)
    except NoSuchKey:
        raise SealDoesNotOpen(
            credential.credential_id,
            credential.fields.kind,
            credential.fields.name,
            SealProblem.KEY_MISSING,
        ) from None
    return sealer.open(stored)


def _sealed(
    credential: Credential, secret: SecretBytes, keys: OpenKeyStore, cmdb_id: str
) -> SealedCredential:
    return _sealer(credential, keys, cmdb_id).seal(credential, secret)


def _sealer(credential: Credential, keys: OpenKeyStore, cmdb_id: str) -> Sealer:
    from nskeys.crypto.sealing import Sealer

    return Sealer(cmdb_id, credential.kid, keys.key(credential.kid))
