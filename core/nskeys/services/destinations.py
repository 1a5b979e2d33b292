"""Destinations: configured, looked at, tested, forgotten. No secret is ever kept in them."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial

from nskeys.errors import DestinationInvalid, DestinationUnreachable, NskeysError
from nskeys.model.audit import Action
from nskeys.model.places import DestinationInfo, Location, LocationReason, Whereabouts
from nskeys.ports import Listed
from nskeys.services.installation import Installation
from nskeys.services.side_by_side import side_by_side

_UNSEEN = Whereabouts(Location.UNKNOWN, LocationReason.NOT_LOOKED_AT)


@dataclass(frozen=True, slots=True)
class DestinationSight:
    """A destination as it is now; `problem` is what keeps backups from it, or None."""

    info: DestinationInfo
    where: Whereabouts
    problem: NskeysError | None
    default: bool
    configured: bool = True
    """False for the home's own folder where nothing else is configured, or a place that only the last
    backup names."""


class DestinationService:
    """Lists, adds, tests and removes destinations."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def listing(self) -> tuple[DestinationSight, ...]:
        """Every configured destination and the default one, each looked at, side by side."""
        installation = self._installation
        default = installation.default_destination()
        infos = installation.settings.read().destinations
        places = infos if default in infos else (*infos, default)
        sights = side_by_side([partial(self._see, info, info == default) for info in places])
        return tuple(replace(sight, configured=sight.info in infos) for sight in sights)

    def test(self, address: str) -> DestinationSight:
        """One destination, written to and cleaned again."""
        info = self._installation.configured(address)
        return self._see(info, info == self._installation.default_destination())

    def _see(self, info: DestinationInfo, default: bool) -> DestinationSight:
        where = _UNSEEN
        try:
            place = self._installation.destinations.at(info)
            where = place.where()
            place.check()
        except NskeysError as error:
            return DestinationSight(info, where, error, default)
        return DestinationSight(info, where, None, default)

    def files(self, address: str) -> tuple[Listed, ...]:
        """The backup files that lie there."""
        return self._installation.destinations.at(self._installation.configured(address)).listing()

    def add(self, address: str, declared_elsewhere: str = "") -> DestinationSight:
        """Remember it; its words, if any, say where its files are carried by other means."""
        installation = self._installation
        installation.require()
        info = DestinationInfo(installation.destinations.normal(address), declared_elsewhere)
        with installation.changing("adding a destination"):
            settings = installation.settings.read()
            event = installation.event(Action.DESTINATION_ADDED, info.address, declared=declared_elsewhere)
            with installation.cmdb.changing(event):
                installation.settings.write(
                    replace(settings, destinations=self._with(settings.destinations, info))
                )
        # Only now: until it is configured, what was declared of it before still counts.
        return self._see(info, default=False)

    def _with(self, known: Sequence[DestinationInfo], info: DestinationInfo) -> tuple[DestinationInfo, ...]:
        """One more at the end; or in its place where it is there: the first one may be the default."""
        same = [self._installation.is_at(other, info.address) for other in known]
        others = [other for other, is_same in zip(known, same, strict=True) if not is_same]
        place = same.index(True) if any(same) else len(others)
        return (*others[:place], info, *others[place:])

    def remove(self, address: str) -> DestinationInfo | None:
        """Forget it; None where it was not configured. Backups there stay, and so do their rows."""
        installation = self._installation
        installation.require()
        wanted = self._normal(address)
        with installation.changing("removing a destination"):
            settings = installation.settings.read()
            gone = [known for known in settings.destinations if installation.is_at(known, wanted)]
            if not gone:
                return None
            kept = tuple(known for known in settings.destinations if known not in gone)
            event = installation.event(Action.DESTINATION_REMOVED, wanted)
            with installation.cmdb.changing(event):
                installation.settings.write(replace(settings, destinations=kept))
        return gone[0]

    def _normal(self, address: str) -> str:
        """The address in its one spelling; as it is where it is none, so that what a newer version
        configured can be let go."""
        try:
            return self._installation.destinations.normal(address)
        except (DestinationInvalid, DestinationUnreachable):
            return address
