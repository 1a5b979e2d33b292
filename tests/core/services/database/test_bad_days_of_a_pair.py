"""Bad days of both halves: no room for what is encrypted, a database that changes meanwhile, rows from
before a rotation, and one pair that two machines restore."""

from pathlib import Path

import pytest

from nskeys.errors import CannotCreate, CmdbUnreachable
from nskeys.model.keys import KeyState
from nskeys.ports import Stage
from nskeys.services.checkpoint.looking import compare
from tests.core.services.database.test_database_copy import copied, lying_at
from tests.core.services.restore.test_both_halves import WANTED, bring_back, lived, newest
from tests.fakes.disks import fill, small_disk
from tests.fakes.real_site import RealServer, RealSite
from tests.fakes.servers import NOBODY, Server, Site
from tests.fakes.watching import Watching


def files_in(server: RealServer) -> set[str]:
    """What lies in the home."""
    home = Path(server.installation.home.path)
    return {str(path.relative_to(home)) for path in home.rglob("*")}


def fits(server: Server) -> bool:
    """Whether nothing contradicts the checkpoint, and the trail is whole."""
    compared = compare(server.installation, patience=0)
    return compared.fits and server.services.audit.verify().whole


def test_without_room_for_what_is_encrypted_there_is_no_copy_and_nothing_is_left(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk", "3m") as disk:
        (disk / "vault").mkdir()
        site = RealSite(disk)
        (tmp_path / "vault").mkdir()
        server = RealServer(disk / "machine", tmp_path / "vault", site.clock)
        lived(server)
        for number in range(40):
            server.add(f"large{number}", "x" * 4_000)
        before, lying = files_in(server), lying_at(server, server.vault)
        filled = fill(disk)
        with pytest.raises((CannotCreate, CmdbUnreachable)) as full:
            copied(server)
        assert getattr(full.value, "problem", None) == "no_space"
        assert (files_in(server), lying_at(server, server.vault)) == (before, lying)
        filled.unlink()
        assert server.lock_is_free()
        assert fits(server)
        assert copied(server).whole
        server.services.close()


class Busy(Watching):
    """While rows are read, somebody else adds and changes credentials."""

    def __init__(self, server: Server) -> None:
        super().__init__()
        self._server = server
        self.number = 0

    def advance(self, count: int = 1) -> None:
        super().advance(count)
        if self.stages[-1] is Stage.COPYING_ROWS and not self.number:
            server = self._server
            self.number = server.services.recoverability.overview(look=False).number
            server.add("meanwhile", "added while it was copied")
            credential = server.services.credentials.show("run-as/ns03")
            server.services.credentials.remove(credential, NOBODY)


def test_a_database_that_changes_meanwhile_is_copied_as_it_was(site: Site) -> None:
    server = lived(site.server())
    busy = Busy(server)
    report = copied(server, progress=busy)
    assert report.whole
    assert report.copies[0].copy.number == busy.number
    assert fits(server)
    totals = server.services.recoverability.assess().totals
    assert (totals.recoverable, totals.at_risk) == (11, 1), "what was added meanwhile is in no copy"
    bare = site.server()
    bring_back(bare, newest(bare, server.vault))
    assert bare.secrets() == WANTED


def test_a_copy_from_before_a_rotation_opens_with_the_keys_from_after_it(site: Site) -> None:
    server = lived(site.server())
    old = server.active()
    server.rotate(without_backup=True)
    server.drill(server.back_up_keys().copy.address)
    totals = server.services.recoverability.assess().totals
    assert totals.recoverable == totals.total == 12
    bare = site.server()
    plan, report = bring_back(bare, newest(bare, server.vault))
    assert (plan.opens_after, plan.total, len(plan.added)) == (12, 12, 2)
    assert report.proof.whole
    assert bare.secrets() == WANTED
    assert bare.active() != old, "the rows are of the old key, which must not seal any more"
    assert bare.states()[old] is KeyState.DEACTIVATED
    bare.add("one more")
    assert fits(bare)


def test_a_pair_that_two_machines_restore_has_two_heirs_who_tell_each_other_apart(site: Site) -> None:
    dead = lived(site.server())
    one, other = site.server(), site.server()
    for heir in (one, other):
        bring_back(heir, newest(heir, dead.vault))
        assert heir.secrets() == WANTED
    made = []
    for name, heir in (("one", one), ("other", other)):
        heir.add(name, f"only {name} has it")
        made.append(heir.back_up_keys().copy)
        heir.copy_database()
    for heir in (one, other):
        assert heir.services.check.execute(NOBODY).mismatches == ()
        assert fits(heir)
        totals = heir.services.recoverability.assess().totals
        assert totals.recoverable == totals.total == 13
    assert len({copy.address for copy in made}) == 2

    third = site.server()
    lying = third.services.pairs.look(dead.vault)
    assert lying is not None
    assert len(lying.owners()) == 3, "the dead one and its two heirs: a person has to say which"


def test_the_files_of_the_one_are_not_those_of_the_other(site: Site) -> None:
    """Rows of one heir and keys of the other are no pair."""
    dead = lived(site.server())
    one, other = site.server(), site.server()
    pairs = [newest(heir, dead.vault) for heir in (one, other)]
    for heir, pair in zip((one, other), pairs, strict=True):
        bring_back(heir, pair)
        heir.add("added since")
        heir.back_up()
    third = site.server()
    lying = third.services.pairs.look(dead.vault)
    assert lying is not None
    for owner in lying.owners():
        pair = third.services.pairs.newest(lying, owner)
        assert pair.source.facts is not None
        assert pair.copy is not None
        assert pair.copy.facts.server_key == pair.source.facts.server_key
