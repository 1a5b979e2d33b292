"""A CMDB that was named on the first start: found again by the next one, never under keys of another."""

from pathlib import Path

import pytest

from nskeys.bootstrap import connect
from nskeys.errors import AlreadySetUp
from nskeys.ports import Settings
from tests.fakes.fixed import NobodyToAsk


def test_the_next_start_finds_the_cmdb_that_was_named(tmp_path: Path) -> None:
    address = f"sqlite:///{tmp_path}/elsewhere.sqlite3"
    connect(str(tmp_path / "home"), cmdb=address).set_up.use_cmdb(address)
    assert connect(str(tmp_path / "home")).installation.cmdb.address().endswith("elsewhere.sqlite3")


def test_what_else_was_configured_stays(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    (home / "config.toml").write_text('version = 1\nserver_name = "ns07"\n', encoding="utf-8")
    services = connect(str(home))
    services.set_up.use_cmdb("sqlite:////srv/cmdb.sqlite3")
    assert services.installation.settings.read() == Settings("ns07", "sqlite:////srv/cmdb.sqlite3")


def test_a_home_with_keys_keeps_its_cmdb(tmp_path: Path) -> None:
    services = connect(str(tmp_path))
    services.set_up.execute("file", NobodyToAsk(), Settings("ns01", ""))
    with pytest.raises(AlreadySetUp):
        services.set_up.use_cmdb("sqlite:////srv/other.sqlite3")
    assert services.installation.settings.read().cmdb == ""
