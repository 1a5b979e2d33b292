"""Backups of this server that lie at its destinations and that the register does not know.

A run that was killed between the writing and the recording of a copy leaves one. It counts for nothing, but
it is found again: `register add` takes it in once somebody wants it to count.
"""

from collections.abc import Collection
from functools import partial

from nskeys.errors import NskeysError
from nskeys.model.places import DestinationInfo
from nskeys.services.installation import Installation
from nskeys.services.parallel import side_by_side
from nskeys.services.register.service import RegisterService


def strays(installation: Installation) -> tuple[str, ...]:
    """Their addresses, by their names alone; asked side by side. A place that does not answer names none:
    that its copies are out of reach is said of them."""
    known = {copy.address for copy in RegisterService(installation).register().copies}
    infos = installation.settings.read().destinations or (installation.default_destination(),)
    mark = f"-{installation.cmdb.cmdb_id()[:8]}-"
    found = side_by_side([partial(_at, installation, info, mark, known) for info in infos])
    return tuple(sorted({address for addresses in found for address in addresses}))


def _at(installation: Installation, info: DestinationInfo, mark: str, known: Collection[str]) -> list[str]:
    try:
        place = installation.destinations.at(info)
        names = [item.name for item in place.listing() if mark in item.name and item.name.endswith(".zip")]
        return [address for name in names if (address := place.address_of(name)) not in known]
    except NskeysError:
        return []
