"""The one service that answers which credentials would come back; every front end asks it."""

from dataclasses import dataclass
from datetime import datetime

from nskeys.model.keys import KeyState, Kid
from nskeys.model.operations import RegistryValues
from nskeys.model.recoverability import Recoverability, assess
from nskeys.model.register import BackupCopy
from nskeys.model.rotation import Rotation
from nskeys.services.installation import Installation
from nskeys.services.register import RegisterService


@dataclass(frozen=True, slots=True)
class Overview:
    """The first screen's facts, all from one look."""

    server: str
    cmdb: str
    protector: str
    recoverability: Recoverability
    copies: tuple[BackupCopy, ...]
    registry: RegistryValues
    rotation: Rotation | None
    put_back: tuple[Kid, ...]
    """Deactivated keys that rows name although no rotation is open: those rows were put back."""
    taken: datetime
    """When the look was taken."""


class RecoverabilityService:
    """Looks, never unlocks anything, changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def assess(self) -> Recoverability:
        """The answer, with every copy that can be reached from here just looked at."""
        return self.overview().recoverability

    def overview(self, look: bool = True) -> Overview:
        """The answer and what belongs to it. Without `look`, as the register last saw the copies."""
        installation = self._installation
        installation.require()
        copies = RegisterService(installation).copies(look)
        keys = installation.key_store.keys()
        with installation.cmdb.reading() as view:
            uses = view.counts()
            rotation = view.rotation()
        registry = installation.registry.read()
        answer = assess(keys, uses, copies, registry.backup_date, _last_kids(copies))
        used = {use.kid for use in uses if use.credentials}
        return Overview(
            server=installation.settings.read().server_name,
            cmdb=installation.cmdb.describe(),
            protector=installation.key_store.info().protector,
            recoverability=answer,
            copies=copies,
            registry=registry,
            rotation=rotation,
            put_back=()
            if rotation
            else tuple(key.kid for key in keys if key.state is KeyState.DEACTIVATED and key.kid in used),
            taken=installation.clock.now(),
        )


def _last_kids(copies: tuple[BackupCopy, ...]) -> frozenset[Kid]:
    """The keys of the newest backup that the server key vouches for; retired ones do not count."""
    for copy in copies:
        if copy.signed and copy.retired is None:
            return frozenset(copy.backup.kids)
    return frozenset()
