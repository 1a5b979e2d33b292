"""`nskeys destination`: places for backups."""

from argparse import Namespace
from collections.abc import Sequence
from typing import TYPE_CHECKING

from nskeys.cli import documents
from nskeys.cli.exit_codes import Exit, exit_for
from nskeys.cli.session import Session
from nskeys.errors import DestinationInvalid, FingerprintDiffers, NskeysError, ServerSecretWanted
from nskeys.files import named_path
from nskeys.reasons import Problem
from nskeys.wording.destinations import host_key_facts, location_name, server_known, trusted_words
from nskeys.wording.errors import say
from nskeys.wording.reports import (
    destination_default,
    destination_lines,
    destination_removed,
    destination_works,
)
from nskeys.wording.schedule import OUTDATED

if TYPE_CHECKING:
    from nskeys.model.destinations import DestinationInfo
    from nskeys.services.setup.destinations import DestinationStatus

_HEADINGS = ("destination", "where", "default", "problem")


def list_destinations(session: Session, _: Namespace) -> int:
    """List all destinations and the default one."""
    services = session.services()
    services.about.require()
    statuses = session.with_server_auth(services.destinations.listing, _problems)
    if session.output.as_json:
        session.output.array("destination", map(_document, statuses))
        return Exit.DONE
    session.output.table(
        _HEADINGS,
        (
            (
                status.info.address,
                location_name(status.where),
                "default" if status.default else "",
                say(status.problem).what if status.problem else "",
            )
            for status in statuses
        ),
    )
    return Exit.DONE


def add_destination(session: Session, options: Namespace) -> int:
    """Add a destination. A problem with it is printed and does not stop the command: it may be mended
    later."""
    services = session.services()
    key_file = options.key_file
    if key_file:
        key_file = str(named_path(key_file))
    status = services.destinations.add(options.destination, options.elsewhere, key_file)
    if isinstance(status.problem, ServerSecretWanted):
        status = session.with_server_auth(
            lambda: services.destinations.test(options.destination), lambda seen: _problems((seen,))
        )
    if session.output.as_json:
        session.output.document("destination", _document(status))
    session.output.say(*destination_lines(status.info.address, status.where))
    if status.problem is not None:
        session.output.say(str(say(status.problem)))
    session.output.say(*((OUTDATED,) if services.schedule.lags() else ()))
    return Exit.DONE


def test_destination(session: Session, options: Namespace) -> int:
    """Test a destination. A problem with it ends the command as it would end a backup."""
    services = session.services()
    services.about.require()
    status = services.destinations.test(options.destination)
    if status.problem is not None:
        raise status.problem
    if session.output.as_json:
        session.output.document("destination", _document(status))
    else:
        session.output.facts([("destination", status.info.address), ("where", location_name(status.where))])
    session.output.say(destination_works(status.info.address, status.flushes))
    return Exit.DONE


def trust_server(session: Session, options: Namespace) -> int:
    """Trust a server whose fingerprint was given; without one, print what it shows."""
    destinations = session.services().destinations
    server = destinations.unknown_server(options.destination)
    if server is None:
        session.output.say(server_known(options.destination))
        return Exit.DONE
    if options.fingerprint is None:
        if session.output.as_json:
            session.output.document("host-key", documents.host_key(server, trusted=False))
        else:
            session.output.facts(host_key_facts(server))
        session.output.say(str(say(server)))
        return exit_for(server)
    if options.fingerprint.strip() != server.fingerprint:
        raise FingerprintDiffers(server.host, server.port, server.fingerprint, options.fingerprint)
    destinations.trust(server)
    if session.output.as_json:
        session.output.document("host-key", documents.host_key(server, trusted=True))
    session.output.say(trusted_words(server))
    return Exit.DONE


def default_destination(session: Session, options: Namespace) -> int:
    info = session.services().destinations.make_default(options.destination)
    if session.output.as_json:
        session.output.document("destination-named", _named(info))
    session.output.say(destination_default(info.address))
    return Exit.DONE


def remove_destination(session: Session, options: Namespace) -> int:
    gone = session.services().destinations.remove(options.destination)
    if gone is None:
        raise DestinationInvalid(options.destination, Problem.NOT_CONFIGURED)
    if session.output.as_json:
        session.output.document("destination-named", _named(gone))
    session.output.say(destination_removed(gone.address))
    session.output.say(*((OUTDATED,) if session.services().schedule.lags() else ()))
    return Exit.DONE


def _document(status: "DestinationStatus") -> documents.Document:
    return documents.destination(status, say(status.problem).what if status.problem else None)


def _problems(statuses: "Sequence[DestinationStatus]") -> list[NskeysError]:
    return [status.problem for status in statuses if status.problem is not None]


def _named(info: "DestinationInfo") -> documents.Document:
    """Return the document of what was made the default, or removed."""
    return {"destination": info.address, "elsewhere": info.declared_elsewhere}
