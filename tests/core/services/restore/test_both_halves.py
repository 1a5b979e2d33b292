"""Bare hardware: the keys come from the newest key backup, the CMDB from the newest database copy that it
opens, and every credential is as it was."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from nskeys.model.plans import RestorePlan, RestoreReport
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.database.pairs import Pair
from nskeys.services.open_backup import opened
from nskeys.services.restore.service import RestoreChoices
from tests.core.services.database.test_database_copy import copied
from tests.fakes.fixed import Answers
from tests.fakes.postgres import postgres_url
from tests.fakes.real_site import RealSite
from tests.fakes.servers import PASSPHRASE, PASSWORD, Server, Site

WANTED = {f"run-as/ns{number:02}": f"secret {number}" for number in range(12)}


def lived(server: Server) -> Server:
    """A server with credentials, a key backup and a database copy of all of them."""
    server.set_up()
    for reference, secret in WANTED.items():
        server.add(reference.partition("/")[2], secret)
    server.back_up_keys()
    copied(server)
    return server


def newest(server: Server, place: str) -> Pair:
    """The newest pair there, of the one owner."""
    pairs = server.services.pairs
    lying = pairs.look(place)
    assert lying is not None
    (owner,) = lying.owners()
    return pairs.newest(lying, owner)


def bring_back(server: Server, pair: Pair) -> tuple[RestorePlan, RestoreReport]:
    """What a person saw, and what was done."""
    secrets = {Purpose.BACKUP_PASSWORD: [PASSWORD], Purpose.NEW_PASSPHRASE: [PASSPHRASE]}
    answers, installation = Answers(secrets), server.installation
    with opened(installation, pair.source, answers, SilentProgress()) as source:
        plan = server.services.restore.plan(source, pair)
        choices = RestoreChoices(server.settings(), "file", plan.facts.server_key)
        return plan, server.services.restore.execute(plan, source, answers, choices)


@pytest.fixture
def dead(site: Site) -> Server:
    """The server whose disk just died; what is in the vault is left."""
    return lived(site.server())


def test_everything_comes_back_on_bare_hardware(site: Site, dead: Server) -> None:
    bare = site.server()
    plan, report = bring_back(bare, newest(bare, dead.vault))
    assert (plan.opens_before, plan.opens_after, plan.total) == (0, 12, 12)
    assert plan.database is not None
    assert not plan.database.here
    assert not plan.database.lacking
    assert report.proof.whole
    assert report.proof.opened == 12
    assert bare.secrets() == WANTED


@pytest.fixture(params=["SQLite", "PostgreSQL"])
def engines(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[RealSite, str, str]]:
    """A site, and where a server and its successor keep their CMDBs."""
    site = RealSite(tmp_path)
    with postgres_url() as one, postgres_url() as other:
        yield (site, one, "") if request.param == "SQLite" else (site, "", other)


def test_from_one_database_to_the_other(engines: tuple[RealSite, str, str]) -> None:
    site, before, after = engines
    dead, bare = lived(site.server(before)), site.server(after)
    plan, report = bring_back(bare, newest(bare, dead.vault))
    assert plan.database is not None
    assert plan.database.engine != plan.database.copy.facts.database
    assert report.proof.whole
    assert bare.secrets() == WANTED
    bare.add("after")
    assert bare.services.audit.verify().signed_lines == len(bare.audit())
    dead.services.close()
    bare.services.close()
