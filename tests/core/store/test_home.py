"""Where the home is, and what it is made of."""

import stat
from pathlib import Path

import platformdirs
import pytest

from nskeys.errors import CannotCreate, HomeUnreadable
from nskeys.store.home import SYSTEM_HOME, HomeFolder, find_home
from tests.fakes.disks import public_folder, unprivileged


def test_the_option_comes_before_the_environment(tmp_path: Path) -> None:
    environ = {"NSKEYS_HOME": str(tmp_path / "environ")}
    assert find_home(str(tmp_path / "option"), environ) == tmp_path / "option"
    assert find_home(None, environ) == tmp_path / "environ"
    assert find_home("", environ) == tmp_path / "environ"


def test_a_home_is_named_from_where_one_stands_or_by_a_tilde(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "me"))
    assert find_home("here", {}) == tmp_path / "here"
    assert find_home("~/keys", {}) == tmp_path / "me" / "keys"


def test_the_systems_home_is_taken_where_it_exists(tmp_path: Path) -> None:
    with public_folder() as system, unprivileged():
        assert find_home(None, {}, system) == system


def test_a_user_without_the_systems_home_has_one_of_their_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with public_folder() as folder:
        monkeypatch.setenv("XDG_DATA_HOME", str(folder / "data"))
        with unprivileged():
            found = find_home(None, {"NSKEYS_HOME": ""}, folder / "not there")
        assert found == folder / "data" / "nskeys" == platformdirs.user_data_path("nskeys")


def test_root_takes_the_systems_home_even_before_it_exists(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.geteuid", lambda: 0)
    assert find_home(None, {}, tmp_path / "not there") == tmp_path / "not there"
    assert Path("/var/lib/nskeys") == SYSTEM_HOME


def test_a_home_that_this_user_may_not_read_is_never_taken_for_an_empty_one() -> None:
    with public_folder() as folder:
        system = folder / "nskeys"
        HomeFolder(system).prepare()
        with unprivileged():
            for ask in (lambda: find_home(None, {}, system), HomeFolder(system).prepare):
                with pytest.raises(HomeUnreadable) as refused:
                    ask()
                assert refused.value.home == str(system)


def test_preparing_makes_the_folders_for_their_owner_only(tmp_path: Path) -> None:
    home = HomeFolder(tmp_path / "lib" / "nskeys")
    home.prepare()
    home.prepare()
    assert home.path == str(tmp_path / "lib" / "nskeys")
    assert home.default_destination() == f"{home.path}/backups"
    for folder in (Path(home.path), home.backups):
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_preparing_says_what_is_in_the_way(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotCreate) as refused:
        HomeFolder(tmp_path / "file").prepare()
    assert refused.value.problem == "not_a_folder"


def test_everything_has_its_place_in_the_home(tmp_path: Path) -> None:
    home = HomeFolder(tmp_path)
    places = (
        home.config, home.cmdb, home.store, home.server_pub, home.registry, home.known_hosts,
        home.lock, home.backups,
    )  # fmt: skip
    assert [path.relative_to(tmp_path).as_posix() for path in places] == [
        "config.toml",
        "cmdb.sqlite3",
        "store",
        "server.pub",
        "registry.json",
        "known_hosts",
        "lock",
        "backups",
    ]
