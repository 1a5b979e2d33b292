"""What front ends say of an installation besides the answer: its names, its settings, its clock."""

from datetime import datetime

from nskeys.errors import KeyStoreUnreached
from nskeys.model.database import DatabaseLogin
from nskeys.model.registry import RegistryValues
from nskeys.ports import Settings
from nskeys.services.installation import Installation


class AboutService:
    """Values for showing or comparing. Unlocks and changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def require(self) -> None:
        """Require keys and CMDB that belong together. Raises NotSetUp, CmdbUnreachable,
        KeyStoreOfAnotherCmdb."""
        self._installation.require()

    def opens_here(self) -> bool:
        """Return whether there are keys, and none of another machine as far as can be told now. Only a TPM
        is asked. Raises KeyStoreDamaged, NotPermitted, ProtectorUnavailable."""
        store = self._installation.key_store
        try:
            return store.exists() and not store.elsewhere()
        except KeyStoreUnreached:
            return False

    @property
    def home(self) -> str:
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
        """Return 32 hex digits. Raises NotSetUp where there is no CMDB."""
        return self._installation.cmdb.cmdb_id()

    def cmdb_login(self) -> DatabaseLogin | None:
        """Return how the CMDB's server is logged in to; None for a file. Raises ConfigurationInvalid."""
        return self._installation.cmdb.login()

    def settings(self) -> Settings:
        """Return what `config.toml` says. Raises ConfigurationInvalid."""
        return self._installation.settings.read()

    def registry(self) -> RegistryValues:
        """Return `KMSBackupPath` and `KMSBackupDate`."""
        return self._installation.registry.read()

    def now(self) -> datetime:
        """Return the present time, by the clock that dates everything here."""
        return self._installation.clock.now()
