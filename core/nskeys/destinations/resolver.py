"""From addresses to destinations: which kind an address is of, and what was configured for it."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields, replace
from types import MappingProxyType

from nskeys.destinations import other_styles
from nskeys.destinations.bounded_folder import SlowMount
from nskeys.destinations.folders import Folders
from nskeys.destinations.scheme import Scheme
from nskeys.destinations.slow_mounts import slow_mount
from nskeys.destinations.ssh_servers import SshServers
from nskeys.destinations.workers import Workers
from nskeys.errors import DestinationInvalid, DestinationUnreachable, HostKeyUnknown, ServerSecretWanted
from nskeys.model.places import DestinationInfo
from nskeys.model.secret import SecretBytes
from nskeys.model.texts import as_text, is_text
from nskeys.ports import Destination

_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
_NOTHING: Mapping[str, Scheme] = MappingProxyType({})


class AllDestinations:
    """ports.Destinations. `declared` gives the configured destinations: what is configured for one holds
    for every way its address is written. `remote` holds the kinds that are no folder; `servers` is who the
    SSH servers among them are asked through."""

    def __init__(
        self,
        declared: Callable[[], Sequence[DestinationInfo]],
        workers: Workers | None = None,
        slow: SlowMount = slow_mount,
        remote: Mapping[str, Scheme] = _NOTHING,
        servers: SshServers | None = None,
    ) -> None:
        self._servers = servers
        self._declared = declared
        self._folders = Folders(workers, slow)
        self._remote = remote

    def at(self, destination: DestinationInfo) -> Destination:
        """The destination at an address; DestinationInvalid."""
        return self._at(destination, self.normal(destination.address))

    def _at(self, destination: DestinationInfo, address: str) -> Destination:
        return self._scheme(address).at(self._as_configured(destination, address))

    def source(self, address: str) -> tuple[Destination, str]:
        """The destination and file name behind a file's full address, whose folders here may have names
        that are no text; DestinationInvalid."""
        place, name = self.split(address)
        return self._at(DestinationInfo(place), self._understood(place)), name

    def split(self, address: str) -> tuple[str, str]:
        """As `source`: a file's full address as its destination's address and its name."""
        normal = self._understood(address)
        place, name = self._scheme(normal).split(normal)
        if not name:
            raise DestinationInvalid(address, "no_file")
        return place, name

    def normal(self, address: str) -> str:
        """The one spelling of a destination's or a file's address (a path: absolute, links kept).
        DestinationInvalid (`empty`, `not_text`, `unknown_scheme`, and what its kind refuses), and
        DestinationUnreachable (`no_answer`) for `..` behind a mount that does not answer."""
        normal = self._understood(address)
        if not is_text(normal):
            raise DestinationInvalid(as_text(address), "not_text")
        return normal

    def _understood(self, address: str) -> str:
        """As `normal`; a path on this machine may hold bytes that are no text, as Python has them."""
        if not address:
            raise DestinationInvalid(address, "empty")
        other_styles.check(address)
        scheme = self._scheme(address)
        if "\0" in address or not (scheme is self._folders or is_text(address)):
            raise DestinationInvalid(as_text(address), "not_text")
        return scheme.normal(address)

    def trust(self, server: HostKeyUnknown) -> None:
        """Remember a server's host key, durably. HostKeyChanged, CannotCreate."""
        if self._servers is not None:
            self._servers.trust(server)

    def give(self, wanted: ServerSecretWanted, secret: SecretBytes) -> None:
        """What a server wants, kept until `close`."""
        if self._servers is not None:
            self._servers.give(wanted, secret)

    def interrupt(self) -> None:
        """Whoever waits for an answer gets Cancelled."""
        for scheme in (self._folders, *self._remote.values()):
            scheme.interrupt()

    def close(self) -> None:
        """End what still looks at a place that does not answer."""
        for scheme in (self._folders, *self._remote.values()):
            scheme.close()

    def _scheme(self, address: str) -> Scheme:
        found = _SCHEME.match(address)
        name = found[1].lower() if found else "file"
        if name == "file":
            return self._folders
        if name not in self._remote:
            raise DestinationInvalid(address, "unknown_scheme")
        return self._remote[name]

    def _as_configured(self, destination: DestinationInfo, address: str) -> DestinationInfo:
        """What was not said now is as it was configured."""
        now = replace(destination, address=address)
        for known in self._declared():
            if self._is_at(known, address):
                names = [field.name for field in fields(now) if not getattr(now, field.name)]
                return replace(now, **{name: getattr(known, name) for name in names})
        return now

    def _is_at(self, info: DestinationInfo, address: str) -> bool:
        try:
            return self.normal(info.address) == address
        except (DestinationInvalid, DestinationUnreachable):
            return False  # a scheme that only a newer version knows, or dots behind a dead mount
