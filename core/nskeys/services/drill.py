"""A drill proves a backup without restoring it: restore's proof, and a line in the register."""

from collections.abc import Collection
from dataclasses import replace

from nskeys.errors import NotSetUp, NskeysError
from nskeys.model.audit import Action
from nskeys.model.keys import Kid
from nskeys.model.operations import DrillReport, ProofReport
from nskeys.model.register import Proof
from nskeys.model.secret import SecretBytes
from nskeys.ports import OpenKeyStore, Progress, SecretProvider, SilentProgress, Stage
from nskeys.services.installation import Installation, sign_off, unlocked
from nskeys.services.proving import prove
from nskeys.services.sources import OpenSource, Source, opened
from nskeys.services.vouching import known_copy, record


class DrillService:
    """Opens a backup with its password and the CMDB's rows with its keys, and nothing more."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(
        self, source: Source, secrets: SecretProvider, progress: Progress | None = None
    ) -> DrillReport:
        """The proof. It works wherever the CMDB can be read; its result is written into the register
        where this server's keys are."""
        installation, told = self._installation, progress or SilentProgress()
        if not installation.cmdb.exists():
            raise NotSetUp(installation.home.path)
        if installation.key_store.exists():
            installation.require()
        with opened(installation, source, secrets, told) as open_source:
            proof = self._prove(open_source, told)
            reached = reached_by(proof, open_source.facts.kids)
            recorded, problem = self._try_to_record(open_source, proof, secrets, told)
        return DrillReport(
            address=source.address,
            facts=open_source.facts,
            reached=reached,
            foreign=open_source.foreign,
            proof=proof,
            recorded=recorded,
            not_recorded=problem,
        )

    def _prove(self, source: OpenSource, told: Progress) -> ProofReport:
        keys = {key.info.kid: key.material for key in source.contents.keys}

        def key_of(kid: Kid) -> SecretBytes | None:
            return keys.get(kid)

        # Seals are bound to the CMDB's id: rows of another CMDB would not open, and that is the truth.
        return prove(self._installation.cmdb, self._installation.cmdb.cmdb_id(), key_of, told)

    def _try_to_record(
        self, source: OpenSource, proof: ProofReport, secrets: SecretProvider, told: Progress
    ) -> tuple[bool, NskeysError | None]:
        """What was proven is worth telling also where it cannot be written down: another administrator
        holds the lock, or nobody is there to give the key store's passphrase."""
        installation = self._installation
        if source.foreign or not installation.key_store.exists():
            return False, None
        with installation.cmdb.reading() as view:
            known = known_copy(
                view, installation.server_public(), source.source.inspected, source.source.address
            )
        if known is None:
            return False, None
        told.stage(Stage.RECORDING)
        try:
            with unlocked(installation, secrets) as keys, installation.changing("recording a drill"):
                return record_proof(installation, source, proof, keys), None
        except NskeysError as error:
            return False, error


def record_proof(
    installation: Installation, source: OpenSource, proof: ProofReport, keys: OpenKeyStore
) -> bool:
    """Under the lock: write into the register that the CMDB's rows were tried with this backup; False
    where the register does not know this copy."""
    facts, place = source.facts, source.source
    reached, opened_rows = reached_by(proof, facts.kids), proof.opened_with(facts.kids)
    public, cmdb_id = installation.server_public(), installation.cmdb.cmdb_id()
    server_key = keys.server_key()
    with installation.cmdb.reading() as view:
        # As it is now: it may have been retired or checked while the rows were tried.
        copy = known_copy(view, public, place.inspected, place.address)
    if copy is None:
        return False
    proven = replace(copy, where=place.where, drilled_rows=opened_rows)
    event = installation.event(Action.DRILLED, copy.address, reached=reached.value, opened=opened_rows)
    with installation.cmdb.changing(event) as change:
        record(change, proven.with_proof(reached, event.moment), server_key)
        sign_off(change, cmdb_id, server_key)
    return True


def reached_by(proof: ProofReport, kids: Collection[Kid]) -> Proof:
    """What rows that were tried prove of a backup with these keys, each of which matched its id when the
    file was opened. `credentials_open` needs rows that they opened, and none that they should have and
    did not; rows of keys that the backup never held are not its claim."""
    opens = proof.opened_with(kids) > 0 and not proof.tampered_under(kids)
    return Proof.CREDENTIALS_OPEN if opens else Proof.KEYS_MATCH
