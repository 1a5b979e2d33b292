"""A database copy that was carried elsewhere, or found again, becomes known: what it is is read from all of
its parts, and only this server's own are taken."""

import shutil
from pathlib import Path

import pytest

from nskeys.errors import BackupForeign, PartsMissing
from nskeys.model.register import CopyStatus, Proof
from nskeys.reasons import ForeignReason
from tests.core.services.database.test_database_copy import SMALL, copied
from tests.core.services.restore.test_both_halves import lived
from tests.fakes.fixed import NobodyToAsk
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY


@pytest.fixture
def server(tmp_path: Path) -> RealServer:
    server = RealSite(tmp_path).server()
    lived(server)
    return server


def carried(server: RealServer, to: Path) -> Path:
    """The copy, carried to another folder by hand."""
    to.mkdir()
    (copy,) = server.services.database.copies()
    for part in copy.parts:
        shutil.copy(Path(copy.destination, part.name), to)
    return to / copy.parts[0].name


def test_a_copy_carried_elsewhere_becomes_known_as_intact(server: RealServer, tmp_path: Path) -> None:
    (before,) = server.services.database.copies()
    part = carried(server, tmp_path / "tape")
    assert server.services.database.is_part(str(part))
    added = server.services.database.add(str(part), NOBODY)
    assert (added.destination, added.proof, added.copy) == (str(part.parent), Proof.INTACT, before.copy)
    assert set(server.services.database.copies()) == {before, added}
    assert server.services.audit.verify().whole


def test_what_was_proven_of_it_stays(server: RealServer) -> None:
    (before,) = server.services.database.copies()
    path = str(Path(before.destination, before.parts[0].name))
    Path(path).rename(path + ".away")
    server.services.register.check(NOBODY)
    assert server.services.database.copies()[0].status is CopyStatus.MISSING
    Path(path + ".away").rename(path)
    found = server.services.database.add(path, NOBODY)
    assert (found.status, found.proof) == (CopyStatus.GOOD, before.proof)


def test_a_part_that_is_missing_is_named(server: RealServer, tmp_path: Path) -> None:
    copied(server, size=SMALL)
    newest = server.services.database.copies()[0]
    Path(newest.destination, newest.parts[1].name).unlink()
    with pytest.raises(PartsMissing) as caught:
        server.services.database.add(str(Path(newest.destination, newest.parts[0].name)), NOBODY)
    assert caught.value.missing == (2,)


def test_another_servers_copy_is_not_taken(server: RealServer, tmp_path: Path) -> None:
    (tmp_path / "other").mkdir()
    other = RealSite(tmp_path / "other").server()
    other.set_up()
    part = carried(server, tmp_path / "tape")
    before = other.everything()
    with pytest.raises(BackupForeign) as caught:
        other.services.database.add(str(part), NobodyToAsk())
    assert caught.value.reasons == (ForeignReason.OTHER_SIGNER, ForeignReason.OTHER_CMDB)
    assert other.everything() == before
