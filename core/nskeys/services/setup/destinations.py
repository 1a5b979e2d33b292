"""Destinations: configured, looked at, tested, forgotten. No secret is ever kept in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from nskeys.errors import (
    DestinationInvalid,
    DestinationUnreachable,
    HostKeyChanged,
    HostKeyRevoked,
    HostKeyUnknown,
    NskeysError,
    ServerSecretWanted,
)
from nskeys.model.audit import Action
from nskeys.model.database_copy import is_part_name
from nskeys.model.destinations import DestinationInfo, LocatedAt, Mounted
from nskeys.model.secret import SecretBytes
from nskeys.ports import Listing
from nskeys.reasons import Problem
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel
from nskeys.services.register.probe import unseen
from nskeys.services.transaction import unsigned_changes

_NO_SERVER = (
    Problem.UNKNOWN_HOST,
    Problem.REFUSED,
    Problem.NO_ROUTE,
    Problem.TIMEOUT,
    Problem.NOT_SSH,
    Problem.NO_AGREEMENT,
    Problem.CONNECTION_LOST,
)
"""Why a server could not even say who it is."""
_NO_FOLDER = (Problem.MISSING_FOLDER, Problem.NOT_A_FOLDER)


@dataclass(frozen=True, slots=True)
class DestinationStatus:
    """A destination as it is now; `problem` is what keeps backups from it, or None."""

    info: DestinationInfo
    where: LocatedAt
    problem: NskeysError | None
    default: bool
    configured: bool = True
    """False for the home's own folder where nothing else is configured, or a place that only the last
    backup names."""
    flushes: bool | None = None
    """Whether the place flushes what is written to it to its medium; None where it was not asked."""


class DestinationService:
    """Lists, adds, tests and removes destinations."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def listing(self) -> tuple[DestinationStatus, ...]:
        """Return every configured destination and the default one, looked at at the same time."""
        installation = self._installation
        default = installation.default_destination()
        infos = installation.settings.read().destinations
        statuses = in_parallel([partial(self._see, info, info == default) for info in self.known()])
        return tuple(replace(status, configured=status.info in infos) for status in statuses)

    def test(self, address: str) -> DestinationStatus:
        """Write and read back at one destination as a backup would be; nothing stays there."""
        info = self._installation.destinations.configured(address)
        return self._see(info, info == self._installation.default_destination())

    def _see(self, info: DestinationInfo, default: bool) -> DestinationStatus:
        where: LocatedAt | None = None
        try:
            place = self._installation.destinations.at(info)
            where = place.where()
            place.check()
            flushes = place.flushes()
        except NskeysError as error:
            return DestinationStatus(info, where or unseen(error), error, default)
        return DestinationStatus(info, where, None, default, flushes=flushes)

    def known(self) -> tuple[DestinationInfo, ...]:
        """Return every configured destination and the default one, none of them looked at."""
        installation = self._installation
        default, infos = installation.default_destination(), installation.settings.read().destinations
        return infos if default in infos else (*infos, default)

    def default(self) -> DestinationInfo:
        """Return where the next backup goes unless told otherwise."""
        return self._installation.default_destination()

    def is_on_a_server(self, address: str) -> bool:
        """Return whether the address is on another machine. Raises DestinationInvalid."""
        return not self._installation.destinations.at(DestinationInfo(address)).live

    def file_at(self, address: str, name: str) -> str:
        """Return the full address of the file `name` at a destination."""
        return self._installation.destinations.at(DestinationInfo(address)).address_of(name)

    def files(self, address: str) -> Listing:
        """Return the key backups that lie there, by their names."""
        lying = self._installation.destinations.at(DestinationInfo(address)).listing()
        return Listing((file for file in lying if not is_part_name(file.name)), lying.left_out)

    def add(
        self, address: str, declared_elsewhere: str = "", key_file: str | None = None
    ) -> DestinationStatus:
        """Add or change a destination. `declared_elsewhere`, if not empty, says where its files are carried
        by other means. `key_file` is the ssh key for its server: empty for the usual keys, None for the
        configured one. A new one whose folder does not exist is not taken, for a mistyped name would be the
        default and a declared one: raises DestinationUnreachable."""
        installation = self._installation
        installation.require()
        normal = installation.destinations.normal(address)
        if key_file is None:
            key_file = installation.destinations.configured(normal).key_file
        mounted = self._mounted(normal) if declared_elsewhere else None
        info = DestinationInfo(normal, declared_elsewhere, key_file, mounted)
        self._require_folder(info)
        with unsigned_changes(installation, "adding a destination") as changes:
            settings = installation.settings.read()
            event = installation.event(Action.DESTINATION_ADDED, info.address, declared=declared_elsewhere)
            with changes.unsigned(event):
                installation.settings.write(
                    replace(settings, destinations=self._with(settings.destinations, info))
                )
        # Last: until it is configured, the earlier declaration still counts.
        return self._see(info, default=False)

    def require_folder(self, address: str) -> None:
        """Raise DestinationUnreachable where a place that is not configured can be asked and has no such
        folder."""
        self._require_folder(DestinationInfo(self._installation.destinations.normal(address)))

    def _require_folder(self, info: DestinationInfo) -> None:
        is_at, known = (
            self._installation.destinations.is_at,
            self._installation.settings.read().destinations,
        )
        if any(is_at(other, info.address) for other in known):
            return  # it was seen; what is not mounted now can still be declared otherwise
        problem = self._see(info, default=False).problem
        if isinstance(problem, DestinationUnreachable) and problem.problem in _NO_FOLDER:
            raise problem

    def _mounted(self, normal: str) -> Mounted | None:
        """Return which mounted file system a declaration is about. While another one than the declared one
        is mounted, the declared one is kept, so that repeating a declaration changes nothing; to declare
        the other one, withdraw the declaration first."""
        installation = self._installation
        then = installation.destinations.configured(normal).mounted
        now = installation.destinations.at(DestinationInfo(normal)).mounted()
        return now if then is None or then.is_still(now) else then

    def make_default(self, address: str) -> DestinationInfo:
        """Let backups go there unless told otherwise, wherever the last one went. Raises
        DestinationInvalid."""
        installation = self._installation
        installation.require()
        info = installation.destinations.configured(address)
        with unsigned_changes(installation, "choosing the default destination") as changes:
            event = installation.event(Action.DESTINATION_ADDED, info.address, default="yes")
            with changes.unsigned(event):
                settings = installation.settings.read()
                installation.settings.write(replace(settings, default_destination=info.address))
        return info

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """Keep a secret that a server asked for in memory until the services are closed."""
        self._installation.destinations.give(wanted, secret)

    def interrupt(self) -> None:
        """Raise Cancelled in whoever waits for a server's answer now; for threads and signal handlers."""
        self._installation.destinations.interrupt()

    def unknown_server(self, address: str) -> HostKeyUnknown | None:
        """Return the host key that a destination's server shows and nobody trusted yet; None where it is
        known, or where no server is asked. Raises HostKeyChanged, HostKeyRevoked,
        DestinationUnreachable."""
        try:
            self._installation.destinations.at(DestinationInfo(address)).listing()
        except HostKeyUnknown as server:
            return server
        except (HostKeyChanged, HostKeyRevoked, DestinationInvalid):
            raise
        except DestinationUnreachable as error:
            if error.problem in _NO_SERVER:
                raise
        except NskeysError:
            pass  # the host key is known; this error came after it was checked
        return None

    def trust(self, server: HostKeyUnknown) -> None:
        """Remember a server's host key, whose fingerprint a person compared. Works without an audit trail,
        so that new hardware can fetch a backup from it."""
        installation = self._installation
        installation.home.prepare()
        with unsigned_changes(installation, "trusting a server") as changes:
            if not installation.key_store.exists() or not installation.cmdb.exists():
                installation.destinations.trust(server)
                return
            name = f"{server.host}:{server.port}"
            event = installation.event(
                Action.SERVER_TRUSTED, name, key=server.key_type, fingerprint=server.fingerprint
            )
            with changes.unsigned(event):
                installation.destinations.trust(server)

    def _with(self, known: Sequence[DestinationInfo], info: DestinationInfo) -> tuple[DestinationInfo, ...]:
        """Return the destinations with this one in its place, or at the end: the first one may be the
        default."""
        same = [self._installation.destinations.is_at(other, info.address) for other in known]
        others = [other for other, is_same in zip(known, same, strict=True) if not is_same]
        place = same.index(True) if any(same) else len(others)
        return (*others[:place], info, *others[place:])

    def remove(self, address: str) -> DestinationInfo | None:
        """Remove a destination from the configuration; None where it was not there. Its backups and their
        rows stay."""
        installation = self._installation
        installation.require()
        wanted = self._normal(address)
        with unsigned_changes(installation, "removing a destination") as changes:
            settings = installation.settings.read()
            is_at = installation.destinations.is_at
            gone = [known for known in settings.destinations if is_at(known, wanted)]
            if not gone:
                return None
            kept = tuple(known for known in settings.destinations if known not in gone)
            event = installation.event(Action.DESTINATION_REMOVED, wanted)
            with changes.unsigned(event):
                default = "" if self._is_default(wanted) else settings.default_destination
                installation.settings.write(
                    replace(settings, destinations=kept, default_destination=default)
                )
        return gone[0]

    def _is_default(self, address: str) -> bool:
        """Return whether a person made this address the default."""
        chosen = self._installation.settings.read().default_destination
        return bool(chosen) and self._installation.destinations.is_at(DestinationInfo(chosen), address)

    def _normal(self, address: str) -> str:
        """Return the address in its normal spelling; unchanged where it is invalid, so that what a newer
        version configured can be removed."""
        try:
            return self._installation.destinations.normal(address)
        except (DestinationInvalid, DestinationUnreachable):
            return address
