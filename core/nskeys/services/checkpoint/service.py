"""Showing the checkpoint, and accepting what does not fit it: bound to exactly what was shown.

What is accepted is taken as it was found, except key states and who can open backups: those are the
home's, for the CMDB may have been written by anybody. The numbers go on a million above, what was abandoned
is void, and the reason stays in the trail and in a signed statement for ever.
"""

from contextlib import suppress

from nskeys.archive.recovery_json import recovery_text
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import public_of, sign, verify
from nskeys.errors import ChangeWaits, FieldInvalid, NewerVersion, NothingToAccept, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.checkpoint import (
    STEP,
    Checkpoint,
    SignedCheckpoint,
    from_text,
    hash_of,
    with_void,
)
from nskeys.model.home_checkpoint import HomeCheckpoint
from nskeys.model.plain_text import is_text
from nskeys.model.recovery import NO_RECOVERY
from nskeys.model.secret import SecretBytes
from nskeys.model.signed_json import Json, Malformed, canonical_json
from nskeys.model.times import to_rfc3339
from nskeys.ports import CmdbChange, CmdbView, RecoveryRow, SecretProvider, SignedStatement
from nskeys.reasons import FieldProblem, MismatchKind, Operation
from nskeys.services.checkpoint.looking import Comparison, TrailSeen, compare
from nskeys.services.checkpoint.witnesses import number_here, number_witnessed
from nskeys.services.installation import Installation
from nskeys.services.inventory import InventoryCheck, every_row
from nskeys.services.settling import LABEL, mismatches, state_digest
from nskeys.services.trail import ACCEPTED, followed, trail_document, with_line
from nskeys.services.transaction import Extras, Ground, accepting_changes

_DOING = "accepting what does not fit"
_REASON_LIMIT = 500


class CheckpointService:
    """Shows, compares and accepts."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def show(self) -> Comparison:
        """Return the checkpoint and what contradicts it; every row is read. Unlocks nothing, holds no
        lock."""
        self._installation.require()
        compared, public = compare(self._installation), self._installation.server_public()
        with self._installation.cmdb.reading() as view:
            check, chain = every_row(view), followed(view, public)
            trail = TrailSeen(view.audit_head(), chain.digests[-1])
        return compared._replace(
            mismatches=compared.mismatches
            if compared.busy
            else with_line(compared.mismatches, chain.broken_at),
            differences=check.differences(),
            trail=trail,
            digest=_digest(compared.digest, check, trail.lines),
        )

    def accept(
        self, seen: Comparison, reason: str, secrets: SecretProvider, take_back: bool = False
    ) -> Checkpoint:
        """Take what was shown as it is, and return the checkpoint that says so. `take_back` is needed where
        another server took the CMDB over. Raises FieldInvalid for no reason, NothingToAccept, PlanOutdated
        where anything differs from what was shown, ChangeWaits where the home has nothing to go on from,
        and in a process that has the database open from which the CMDB was moved."""
        installation = self._installation
        installation.require()
        _require_reason(reason)
        if not seen.mismatches and not seen.differences:
            raise NothingToAccept
        home = seen.home
        kinds = {one.what for one in seen.mismatches}
        if home is None or self._vouched(home.signed) is None:
            raise ChangeWaits(
                seen.mismatches
            )  # nothing here says what was, or the key that signed it is gone
        taken_over = MismatchKind.OTHER_SERVER in kinds and not take_back
        if taken_over or MismatchKind.ELSEWHERE in kinds:
            raise ChangeWaits(seen.mismatches)
        with (
            installation.key_store.unlock(secrets) as keys,
            accepting_changes(installation, keys, _DOING) as changes,
        ):
            ground = self._ground(home, seen)
            event = installation.event(
                Action.MISMATCH_ACCEPTED,
                installation.home.path,
                parts=" ".join(sorted({*kinds, *(["credentials"] if seen.differences else [])})),
                reason=reason.strip(),
            )
            # The store that is here is taken too: the checkpoint names it from now on.
            extras = Extras(store_id=keys.store_id)
            with changes.signed(event, extras, ground) as change:
                self._take(change, home, changes.server_key)
                change.add_statement(self._statement(change, seen, reason, changes.server_key))
            made = compare(installation, patience=0.0).home
        return (made or home).checkpoint

    def _ground(self, home: HomeCheckpoint, seen: Comparison) -> Ground:
        installation, named = self._installation, home.checkpoint
        found = self._vouched(seen.stored)
        witness = number_witnessed(seen.mismatches)
        highest = max(named.number, found.number if found else 0, witness)
        void = named.void
        if seen.stored != home.signed or witness:
            lowest = min(named.number, found.number) if found else named.number
            if witness:
                lowest = min(lowest, number_here(seen.mismatches))
            void = with_void(void, min(lowest + 1, highest), highest)

        def check(view: CmdbView) -> None:
            now = mismatches(installation, view, home)
            lines = followed(view, installation.server_public()).digests[-1]
            if _digest(state_digest(view, home, now), every_row(view), lines) != seen.digest:
                raise PlanOutdated(Operation.ACCEPTANCE)

        return Ground(home, seen.stored, highest + STEP, void, check)

    def _vouched(self, stored: SignedCheckpoint | None) -> Checkpoint | None:
        """Return a checkpoint if this server signed it."""
        public = self._installation.server_public()
        if stored is None or public is None:
            return None
        if not verify(public, LABEL, stored.text.encode("utf-8"), stored.signature):
            return None
        with suppress(Malformed, NewerVersion):
            return from_text(stored.text)
        return None

    def _take(self, change: CmdbChange, home: HomeCheckpoint, server_key: SecretBytes) -> None:
        """Give the CMDB the home's key states and its record of who can open backups, and count the
        inventory anew."""
        change.set_keys(home.key_infos)
        row = change.recovery_row()
        if (None if row is None else row.text) != home.recovery:
            signer = server_thumbprint(public_of(server_key))
            text = home.recovery or recovery_text(NO_RECOVERY, signer, change.cmdb_id)
            change.set_recovery(RecoveryRow(text, sign(server_key, "recovery", text.encode("utf-8"))))
        change.count_anew()

    def _statement(
        self, change: CmdbChange, seen: Comparison, reason: str, server_key: SecretBytes
    ) -> SignedStatement:
        """Return what is kept for ever: what was expected, what was found, and why it was accepted."""
        home, stored = seen.home, seen.stored
        document: dict[str, Json] = {
            "version": 1,
            "cmdb_id": change.cmdb_id,
            "number": change.number,
            "moment": to_rfc3339(self._installation.clock.now()),
            "reason": reason.strip(),
            "expected": None if home is None else {"text": home.signed.text},
            "found": None if stored is None else {"text": stored.text},
            "mismatches": [
                {"what": one.what.value, "expected": one.expected, "found": one.found}
                for one in seen.mismatches
            ],
            "credentials": [one.kid for one in seen.differences],
        }
        if home is not None and seen.trail is not None:
            signed, trail = home.checkpoint.audit, seen.trail
            document["audit"] = trail_document(signed, trail.head, trail.lines)
        text = canonical_json(document).decode("utf-8")
        signature = sign(server_key, ACCEPTED, text.encode("utf-8"))
        return SignedStatement(change.number, ACCEPTED, text, signature)


def _require_reason(reason: str) -> None:
    if not reason.strip():
        raise FieldInvalid("reason", FieldProblem.EMPTY)
    if len(reason) > _REASON_LIMIT:
        raise FieldInvalid("reason", FieldProblem.TOO_LONG, _REASON_LIMIT)
    if not is_text(reason):
        raise FieldInvalid("reason", FieldProblem.NOT_TEXT)


def _digest(compared: str, check: InventoryCheck, lines: bytes) -> str:
    """Return the digest of what was compared, of every row and of every line of the trail."""
    return hash_of([compared, check.found(), lines.hex()])
