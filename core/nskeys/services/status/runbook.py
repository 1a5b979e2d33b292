"""The runbook's facts, read at once from everything that can be reached from here."""

from functools import partial

from nskeys.archive.reader import READER_SHA256
from nskeys.crypto.keys import server_thumbprint
from nskeys.errors import NotSetUp
from nskeys.model.database_register import DatabaseCopy
from nskeys.model.register import BackupCopy
from nskeys.model.runbook import Runbook
from nskeys.services.installation import Installation
from nskeys.services.register.predecessors import server_keys
from nskeys.services.status.findings import findings_of
from nskeys.services.status.overview import Overview, RecoverabilityService


class RunbookService:
    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def collect(self) -> Runbook:
        """Return what stands in the runbook now. Raises NotSetUp."""
        installation = self._installation
        overview = RecoverabilityService(installation).overview()
        public = installation.server_public()
        if public is None:
            raise NotSetUp(installation.home.path, overview.recoverability.totals.total)
        kept = [copy for copy in overview.copies if copy.signed and copy.retired is None]
        cmdb_id, settings = installation.cmdb.cmdb_id(), installation.settings.read()
        kept.sort(key=partial(_newest, cmdb_id), reverse=True)
        return Runbook(
            server=overview.server,
            home=installation.home.path,
            cmdb_id=cmdb_id,
            cmdb=overview.cmdb,
            cmdb_address=installation.cmdb.address(),
            cmdb_url=settings.cmdb,
            protector=overview.protector,
            protector_uri=installation.key_store.info().uri,
            server_key=server_thumbprint(public),
            earlier=tuple(one.server_key for one in server_keys(installation).predecessors),
            reader_sha256=READER_SHA256,
            kinds=overview.recoverability.kinds,
            totals=overview.recoverability.totals,
            good=tuple(copy for copy in kept if copy.counts),
            others=tuple(copy for copy in kept if not copy.counts),
            taken=overview.taken,
            findings=findings_of(overview),
            databases=_serving(overview),
            recovery=overview.recovery,
            source=settings.source,
        )


def _serving(overview: Overview) -> tuple[DatabaseCopy, ...]:
    """Return the copies that serve any key; where nothing is sealed, those that are good."""
    keys = overview.recoverability.keys
    serving = [copy for key in keys for copy in key.databases]
    sealed = any(key.credentials for key in keys)
    return tuple(copy for copy in overview.databases if (copy in serving if sealed else copy.good))


def _newest(cmdb_id: str, copy: BackupCopy) -> tuple[bool, int, str, int, str]:
    """Return the sort key: this CMDB's backups by generation, then the better proof, then a fixed order;
    those of another CMDB last, since their generations mean nothing here."""
    backup = copy.backup
    own = backup.cmdb_id == cmdb_id
    return (own, backup.generation, backup.kms_sha256, copy.proof.rank, copy.address)
