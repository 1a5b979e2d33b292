"""The runbook's facts, from a real look at everything."""

import hashlib
from dataclasses import replace

import pytest

from nskeys.archive.reader import READER_SHA256
from nskeys.crypto.keys import server_thumbprint
from nskeys.errors import NotSetUp
from nskeys.model.register import CopyStatus, Proof
from tests.fakes.servers import NOBODY, Server, Site


def test_it_names_this_server_and_what_its_backups_are_checked_with(server: Server) -> None:
    server.add("one")
    runbook = server.services.runbook.collect()
    public = server.installation.server_public()
    assert public is not None
    assert runbook.server == "ns01.example.net"
    assert runbook.home == server.installation.home.path
    assert runbook.cmdb_id == server.installation.cmdb.cmdb_id()
    assert runbook.cmdb_address == server.installation.cmdb.address()
    assert runbook.server_key == server_thumbprint(public)
    assert runbook.reader_sha256 == READER_SHA256
    assert runbook.taken == server.clock.moment
    assert (runbook.totals.total, runbook.totals.at_risk) == (1, 1)
    assert (runbook.good, runbook.others) == ((), ())


def test_good_copies_come_newest_first_and_the_others_apart(server: Server) -> None:
    server.add("one")
    first = server.back_up().copy
    server.clock.advance(hours=1)
    second = server.back_up(hint="the sealed envelope").copy
    here = server.back_up(server.local).copy
    runbook = server.services.runbook.collect()
    assert [copy.address for copy in runbook.good] == [second.address, first.address]
    assert [copy.address for copy in runbook.others] == [here.address]
    assert runbook.good[0].backup.hint == "the sealed envelope"
    assert runbook.good[0].proof is Proof.OPENED


def test_the_checksum_is_that_of_the_file_that_lies_there(server: Server) -> None:
    copy = server.back_up().copy
    place, name = server.installation.destinations.source(copy.address)
    data = place.read(name, 1 << 24)
    [good] = server.services.runbook.collect().good
    assert good.backup.archive_sha256 == hashlib.sha256(data).hexdigest()


def test_a_file_that_went_or_changed_is_no_good_copy_any_more(server: Server) -> None:
    server.add("one")
    lost, spoilt = server.back_up().copy, server.back_up().copy
    server.lose(lost.address)
    server.corrupt(spoilt.address)
    runbook = server.services.runbook.collect()
    assert runbook.good == ()
    assert {copy.address: copy.status for copy in runbook.others} == {
        lost.address: CopyStatus.MISSING,
        spoilt.address: CopyStatus.CHANGED,
    }


def test_a_retired_copy_and_one_that_nobody_vouches_for_are_left_out(server: Server) -> None:
    server.add("one")
    retired, forged = server.back_up().copy, server.back_up(server.local).copy
    plan = server.services.register.plan_retire(retired.address)
    server.services.register.retire(plan, NOBODY)
    rows = server.register_rows()
    server.forge_register(
        [replace(row, signature=bytes(64)) if row.address == forged.address else row for row in rows]
    )
    runbook = server.services.runbook.collect()
    assert (runbook.good, runbook.others) == ((), ())


def test_a_backup_of_another_cmdb_is_never_the_newest(server: Server, site: Site) -> None:
    server.add("one")
    own = server.back_up().copy
    other = site.server()
    other.set_up()
    for _ in range(3):
        theirs = other.back_up().copy
    server.restore(theirs.address)
    runbook = server.services.runbook.collect()
    assert [copy.address for copy in runbook.good] == [own.address, theirs.address]


def test_a_home_without_keys_has_no_runbook(site: Site) -> None:
    with pytest.raises(NotSetUp):
        site.server().services.runbook.collect()
