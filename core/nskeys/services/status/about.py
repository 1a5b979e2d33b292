"""What front ends say of an installation besides the answer: its names, its settings, its clock."""

from datetime import datetime

from nskeys.model.database import DatabaseLogin
from nskeys.model.plans import RegistryValues
from nskeys.ports import Settings
from nskeys.services.installation import Installation


class AboutService:
    """Values to be shown or compared. Unlocks nothing, changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def require(self) -> None:
        """Keys and CMDB are here and belong together: NotSetUp, CmdbUnreachable, KeyStoreOfAnotherCmdb."""
        self._installation.require()

    @property
    def home(self) -> str:
        """The path of the home."""
        return self._installation.home.path

    @property
    def cmdb(self) -> str:
        """The CMDB's URL or path, without any password."""
        return self._installation.cmdb.address()

    @property
    def least_score(self) -> int:
        """New passwords that score lower are used only if a person insists."""
        return self._installation.least_score

    def cmdb_id(self) -> str:
        """32 hex digits; NotSetUp where there is no CMDB."""
        return self._installation.cmdb.cmdb_id()

    def cmdb_login(self) -> DatabaseLogin | None:
        """How the CMDB's server is logged in to; None for a file. ConfigurationInvalid."""
        return self._installation.cmdb.login()

    def settings(self) -> Settings:
        """What `config.toml` says; ConfigurationInvalid."""
        return self._installation.settings.read()

    def registry(self) -> RegistryValues:
        """`KMSBackupPath` and `KMSBackupDate`."""
        return self._installation.registry.read()

    def now(self) -> datetime:
        """The moment, by the clock that dates everything here."""
        return self._installation.clock.now()
