"""Where an archive goes, and how it is called: shared by key backups and database copies."""

import re
from collections.abc import Sequence

from nskeys.errors import Cancelled, DestinationInvalid, DestinationUnreachable, NoCopyMade, NskeysError
from nskeys.model.destinations import DestinationInfo
from nskeys.model.plans import CopyFailure, PlannedDestination
from nskeys.model.times import to_stamp
from nskeys.services.installation import Installation
from nskeys.services.parallel import in_parallel

_NAME_LIMIT = 100


def archive_stem(installation: Installation) -> str:
    """Return `<server>-<first 8 of CMDB id>-<UTC stamp>`, without what makes a file name unsafe."""
    server = re.sub(r"[^A-Za-z0-9.-]", "-", installation.settings.read().server_name)
    server = server.strip(".-")[:_NAME_LIMIT] or "server"
    return f"{server}-{installation.cmdb.cmdb_id()[:8]}-{to_stamp(installation.clock.now())}"


def look_at_each(
    installation: Installation, to: str | Sequence[str] | None
) -> tuple[tuple[PlannedDestination, ...], tuple[CopyFailure, ...]]:
    """Return the destinations that can be written to, and those that cannot: each of `to` once, or the
    default one. All are looked at at the same time, and nothing is left there. Raises that destination's
    error, or NoCopyMade with all of them, where none can be written to."""
    looks = [lambda info=info: _look(installation, info) for info in wanted(installation, to)]
    seen = in_parallel(looks)
    planned = tuple(item for item in seen if isinstance(item, PlannedDestination))
    failures = tuple(item for item in seen if isinstance(item, CopyFailure))
    if not planned:
        raise none_made(failures)
    return planned, failures


def wanted(installation: Installation, to: str | Sequence[str] | None) -> tuple[DestinationInfo, ...]:
    """Return each destination once, in the order in which they were named."""
    addresses = (to,) if isinstance(to, str) else tuple(to or ())
    infos = [_named(installation, address) for address in addresses if address]
    return tuple(dict.fromkeys(infos)) or (installation.default_destination(),)


def _named(installation: Installation, address: str) -> DestinationInfo:
    """Return the destination with this address. An address that cannot be read, such as one configured by a
    newer version, fails by itself and does not keep the others from their copies."""
    try:
        return installation.destinations.configured(address)
    except (DestinationInvalid, DestinationUnreachable):
        return DestinationInfo(address)


def _look(installation: Installation, info: DestinationInfo) -> PlannedDestination | CopyFailure:
    try:
        place = installation.destinations.at(info)
        place.check()
        return PlannedDestination(info, place.where(), place.flushes())
    except NskeysError as error:
        return CopyFailure(info, error)


def none_made(failures: Sequence[CopyFailure]) -> NskeysError:
    """Return the error to raise where no destination got its copy; Cancelled where a person stopped it."""
    errors = tuple((failure.info.address, failure.error) for failure in failures)
    stopped = next((error for _, error in errors if isinstance(error, Cancelled)), None)
    return stopped or (errors[0][1] if len(errors) == 1 else NoCopyMade(errors))
