"""Whoever can write to the database, and what an administrator is told afterwards."""

from collections.abc import Callable

from nskeys.services.status.findings import findings_of
from nskeys.wording.findings import finding_sentence
from tests.fakes.memory_site import MemoryServer
from tests.fakes.memory_tables import State
from tests.fakes.servers import Server


def write(server: MemoryServer, change: Callable[[State], object]) -> None:
    """Somebody writes to the database."""
    state = server.cmdb.state.copy()
    change(state)
    server.cmdb.state = state


def told(server: Server) -> list[str]:
    """What is said to be critical, a sentence each, without the ids of keys."""
    overview = server.services.recoverability.overview()
    sentences = [
        finding_sentence(one, overview.taken)
        for one in findings_of(overview)
        if one.severity.name == "CRITICAL"
    ]
    for kid in server.states():
        sentences = [sentence.replace(f" {kid[:8]}", "") for sentence in sentences]
    return sentences


def recoverable(server: Server) -> int:
    """Credentials that would come back."""
    return server.services.recoverability.assess().totals.recoverable
