"""The register row of the key backup that a restore uses: what it says, and what the restore adds to it."""

from dataclasses import replace
from datetime import datetime

from nskeys.errors import NskeysError
from nskeys.model.plain_text import is_text
from nskeys.model.plans import ProofReport, RestorePlan
from nskeys.model.register import BackupCopy, CopyStatus, Proof
from nskeys.model.registry import RegistryValues
from nskeys.ports import OpenKeyStore
from nskeys.services.drill.service import reached_by, record_proof
from nskeys.services.installation import Installation
from nskeys.services.open_backup import OpenSource
from nskeys.services.register.signed_rows import identity_of, registered_copy, verified_copies
from nskeys.services.transaction import changes_with


class SourceRow:
    """The row of one opened backup."""

    def __init__(self, installation: Installation, source: OpenSource) -> None:
        self._installation, self._source = installation, source

    def opened(self, public: bytes) -> BackupCopy:
        """Return the row after the backup was opened; `public` is of the server key that vouches for what
        is known of it."""
        installation, place = self._installation, self._source.source
        now = installation.clock.now()
        _, name = installation.destinations.split(place.address)
        fresh = BackupCopy(
            backup=identity_of(self._source.facts, place.inspected, name),
            destination=place.destination,
            address=place.address,
            where=place.where,
            proofs=(),
            status=CopyStatus.GOOD,
            look_moment=now,
            good_moment=now,
        )
        return replace(self._known(public) or fresh, where=place.where).with_proof(Proof.OPENED, now)

    @property
    def knows(self) -> bool:
        """Whether the register has it, or cannot have it."""
        recordable = self._source.source.recordable
        return not recordable or self._known(self._installation.server_public()) is not None

    def registry_values(self, plan: RestorePlan) -> RegistryValues | None:
        """Return the registry values that follow; None where they name a newer backup or this one, or the
        source is another server's."""
        created = self._source.facts.created
        last = self._installation.registry.read().backup_date
        named = is_text(self._source.source.destination)
        if named and plan.own and (last is None or last < created):
            return RegistryValues(self._source.source.destination, created)
        return None

    def record_proof(
        self, plan: RestorePlan, proof: ProofReport, keys: OpenKeyStore, began: datetime
    ) -> NskeysError | None:
        """Record in the register that the restore proved its backup as a drill does, where that is more
        than it says already. An error is returned for the report and not raised, since the keys are
        stored."""
        installation, source = self._installation, self._source
        try:
            known = self._known(installation.server_public())
            if known is None or not plan.own:
                return None
            more = known.proof.rank < reached_by(proof, source.facts.kids).rank
            typed = source.typed and known.typed != began
            if more or typed or self._saw_more(known, proof):
                with changes_with(installation, keys, "recording a restore") as changes:
                    record_proof(installation, source, proof, changes, began)
        except NskeysError as error:
            return error
        return None

    def newer(self, *, sets_up: bool) -> BackupCopy | None:
        """Return a newer backup of the same CMDB that the register knows, by generation under one server
        key: where this machine has none, that of the backup."""
        installation, facts = self._installation, self._source.facts
        if not installation.cmdb.exists():
            return None
        with installation.cmdb.reading() as view:
            copies = verified_copies(view, facts.server_public if sets_up else installation.server_public())
        for copy in copies:
            same_cmdb = copy.signed and copy.backup.cmdb_id == facts.cmdb_id
            if same_cmdb and copy.retired is None and copy.backup.generation > facts.generation:
                return copy
        return None

    def _saw_more(self, known: BackupCopy, proof: ProofReport) -> bool:
        """Return whether a credential was sealed after the last drill of this copy."""
        drilled, upto = known.drilled_upto, proof.upto
        if drilled is None or upto is None or drilled > upto:
            return drilled != upto
        with self._installation.cmdb.reading() as view:
            return view.changed_after(known.backup.kids, drilled) > 0

    def _known(self, public: bytes | None) -> BackupCopy | None:
        place = self._source.source
        with self._installation.cmdb.reading() as view:
            return registered_copy(view, public, place.inspected, place.address)
