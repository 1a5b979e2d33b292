"""Declares somebody else's database backups, and withdraws that; whether one counts, a check decides."""

import unicodedata
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from nskeys.archive.limits import problem_of
from nskeys.errors import AlreadyDeclared, FieldInvalid, NotDeclared
from nskeys.model.audit import Action
from nskeys.model.declared_backups import DECLARED_LIMIT, DeclaredBackup
from nskeys.ports import CmdbView, SecretProvider
from nskeys.reasons import FieldProblem
from nskeys.services.installation import Installation
from nskeys.services.register.signed_rows import read_register, record_declared
from nskeys.services.transaction import signed_changes


class DeclaredBackupService:
    """Keeps the list of them in the register."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def declared(self) -> tuple[DeclaredBackup, ...]:
        """Return those that stand, newest first."""
        with self._installation.cmdb.reading() as view:
            return standing(self._installation, view)

    def period(self) -> tuple[datetime, int]:
        """Return the present moment, and for how many days a check counts; 0: for ever."""
        installation = self._installation
        return installation.clock.now(), installation.settings.read().database_check_days

    def named(self, text: str = "") -> DeclaredBackup:
        """Return the one that is called so; the only one where no text is given. Raises NotDeclared."""
        return chosen(self.declared(), text)

    def declare(self, text: str, secrets: SecretProvider) -> DeclaredBackup:
        """Write down that there is such a backup. It counts for nothing yet; one that was withdrawn begins
        anew. Raises FieldInvalid, AlreadyDeclared."""
        installation = self._installation
        installation.require()
        kept = checked_text(text)
        self._require_new(self.declared(), kept)
        backup = DeclaredBackup(kept, installation.clock.now().replace(microsecond=0), signed=True)
        event = installation.event(Action.DATABASE_DECLARED, kept)
        with (
            signed_changes(installation, secrets, "declaring a database backup") as changes,
            changes.signed(event) as change,
        ):
            self._require_new(standing(installation, change), kept)
            record_declared(change, backup, changes.server_key)
        return backup

    def withdraw(self, text: str, secrets: SecretProvider) -> DeclaredBackup:
        """Let it count for nothing from now on. Raises NotDeclared."""
        installation = self._installation
        installation.require()
        known = self.named(text)
        event = installation.event(Action.DATABASE_WITHDRAWN, known.text)
        with (
            signed_changes(installation, secrets, "withdrawing a database backup") as changes,
            changes.signed(event) as change,
        ):
            now = installation.clock.now().replace(microsecond=0)
            backup = replace(chosen(standing(installation, change), known.text), withdrawn=now)
            record_declared(change, backup, changes.server_key)
        return backup

    @staticmethod
    def _require_new(known: Sequence[DeclaredBackup], text: str) -> None:
        if any(one.text.casefold() == text.casefold() for one in known):
            raise AlreadyDeclared(text)


def standing(installation: Installation, view: CmdbView) -> tuple[DeclaredBackup, ...]:
    """Return the declarations that this server's key vouches for and that nobody withdrew."""
    register = read_register(view, installation.server_public())
    return tuple(one for one in register.declared if one.stands)


def chosen(known: Sequence[DeclaredBackup], text: str) -> DeclaredBackup:
    """Return the declaration of this text; the only one for an empty text. Raises NotDeclared."""
    wanted = unicodedata.normalize("NFC", text).strip().casefold()
    found = [one for one in known if one.text.casefold() == wanted] if wanted else list(known)
    if len(found) != 1:
        raise NotDeclared(text, tuple(one.text for one in known))
    return found[0]


def checked_text(text: str) -> str:
    """Return a declaration as it is kept: one line, without space around it. Raises FieldInvalid."""
    kept = unicodedata.normalize("NFC", text).strip()
    if not kept:
        raise FieldInvalid("declaration", FieldProblem.EMPTY, DECLARED_LIMIT)
    if problem := problem_of(kept, DECLARED_LIMIT):
        raise FieldInvalid("declaration", FieldProblem(problem), DECLARED_LIMIT)
    return kept
