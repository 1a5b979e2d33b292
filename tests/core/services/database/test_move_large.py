"""A CMDB that outgrew its file: 100,000 credentials move to PostgreSQL and back, and none differs."""

from pathlib import Path

import pytest

from nskeys.model.audit import Action
from nskeys.ports import SilentProgress, Stage
from nskeys.services.inventory import differences_of
from nskeys.services.transaction import signed_changes
from tests.core.services.database.moving import everything, move
from tests.fakes.credentials import a_credential
from tests.fakes.postgres import postgres_url
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY

pytestmark = [pytest.mark.slow, pytest.mark.real]

MANY = 100_000


def outgrown(server: RealServer) -> RealServer:
    """A server with as many rows as an import makes; a move opens none, so their seals are none."""
    server.set_up()
    installation = server.installation
    with signed_changes(installation, NOBODY, "filling") as changes:
        kid, event = server.active(), installation.event(Action.CREDENTIALS_IMPORTED, "made", imported=MANY)
        with changes.signed(event) as change:
            change.add(
                [a_credential(f"name-{which:06d}", kid=kid, number=change.number) for which in range(MANY)]
            )
    return server


class Counting(SilentProgress):
    """How many of each stage's total were done."""

    def __init__(self) -> None:
        self.totals: dict[Stage, int | None] = {}
        self.done: dict[Stage, int] = {}
        self._stage = Stage.LOOKING

    def stage(self, stage: Stage, total: int | None = None) -> None:
        self._stage, self.totals[stage] = stage, total

    def advance(self, count: int = 1) -> None:
        self.done[self._stage] = self.done.get(self._stage, 0) + count


def test_none_of_100_000_differs_there_or_back(tmp_path: Path) -> None:
    with postgres_url() as there:
        server = outgrown(RealSite(tmp_path).server())
        with server.installation.cmdb.reading() as view:
            before = everything(view)
        for address in (there, f"{server.folder.path}/back.sqlite3"):
            counting = Counting()
            move(server, address, progress=counting)
            copied = counting.done[Stage.COPYING_ROWS]
            assert copied == counting.totals[Stage.COPYING_ROWS]
            assert copied > MANY
            with server.installation.cmdb.reading() as view:
                assert everything(view)[:-2] == before[:-2]  # all but the audit trail and the notes
                assert differences_of(view, limit=None) == ()
        server.services.close()
