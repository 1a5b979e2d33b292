"""A home that others may change is refused before a key is opened; one that they may read is closed."""

import os
import stat
from pathlib import Path

import pytest

from nskeys.errors import HomeNotSafe
from nskeys.store.home import HomeFolder
from nskeys.wording.errors import say
from tests.fakes.disks import public_folder, unprivileged

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a file to another user")
SOMEBODY, NOBODY = 4242, 65534


@pytest.fixture
def home(tmp_path: Path) -> HomeFolder:
    """A home with something in every place."""
    return filled(tmp_path / "home")


def filled(path: Path) -> HomeFolder:
    home = HomeFolder(path)
    home.prepare()
    for folder in (home.store, home.store / "1", home.store / "1" / "keys", home.recovery):
        folder.mkdir(mode=0o700)
    key = home.store / "1" / "keys" / "k.json"
    for file in (home.config, home.server_pub, home.store / "current", key):
        file.write_text("")
        file.chmod(0o600)
    return home


def refusal(home: HomeFolder) -> HomeNotSafe:
    with pytest.raises(HomeNotSafe) as refused:
        home.make_safe()
    return refused.value


PLACES = [
    ".", "store", "store/1", "store/1/keys", "store/1/keys/k.json", "store/current", "recovery",
    "server.pub", "config.toml",
]  # fmt: skip


@pytest.mark.parametrize("bit", [stat.S_IWGRP, stat.S_IWOTH], ids=["group", "others"])
@pytest.mark.parametrize("name", PLACES)
def test_what_others_may_write_is_refused_with_the_command_that_closes_it(
    home: HomeFolder, name: str, bit: int
) -> None:
    path = Path(home.path) / name
    path.chmod(path.stat().st_mode | bit)
    refused = refusal(home)
    assert (refused.path, refused.problem) == (str(path), "others_write")
    command = say(refused).advice.split("'")[1]
    assert command == f"chmod -R go-w {home.path}"
    assert os.system(command) == 0
    home.make_safe()


@needs_root
@pytest.mark.parametrize("name", PLACES)
def test_what_belongs_to_another_user_is_refused_with_the_command_that_takes_it(
    home: HomeFolder, name: str
) -> None:
    path = Path(home.path) / name
    os.chown(path, SOMEBODY, SOMEBODY)
    refused = refusal(home)
    assert (refused.path, refused.problem, refused.owner) == (str(path), "other_owner", str(SOMEBODY))
    command = say(refused).advice.split("'")[1]
    assert command == f"chown -R root: {home.path}"
    assert os.system(command) == 0
    home.make_safe()


@needs_root
def test_what_root_owns_is_believed_by_every_user() -> None:
    with public_folder() as folder:
        home = filled(folder / "home")
        for path in (Path(home.path), *Path(home.path).rglob("*")):
            os.chown(path, NOBODY, NOBODY)
        os.chown(home.config, 0, 0)
        home.config.chmod(0o644)
        with unprivileged():
            assert home.make_safe() == ()
        assert refusal(home).problem == "other_owner", "root believes root alone"


@pytest.mark.parametrize(
    ("mode", "closed"),
    [(0o700, 0o700), (0o755, 0o700), (0o750, 0o700), (0o701, 0o700), (0o500, 0o500), (0o555, 0o500)],
)
def test_a_home_that_others_may_read_is_closed_and_that_is_told(
    home: HomeFolder, mode: int, closed: int
) -> None:
    Path(home.path).chmod(mode)
    told = home.make_safe()
    assert told == ((home.path,) if mode != closed else ())
    assert stat.S_IMODE(Path(home.path).stat().st_mode) == closed
    assert home.make_safe() == ()


def test_keys_that_a_restore_left_readable_are_closed_too(home: HomeFolder) -> None:
    key = home.store / "1" / "keys" / "k.json"
    key.chmod(0o644)
    home.config.chmod(0o644)
    assert home.make_safe() == (str(key),)
    assert stat.S_IMODE(key.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.config.stat().st_mode) == 0o644, "it holds no secret"


@pytest.mark.parametrize("name", ["parent", "parent/below"])
def test_a_folder_above_that_others_may_write_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "parent" / "below").mkdir(parents=True)
    home = filled(tmp_path / "parent" / "below" / "home")
    above = tmp_path / name
    above.chmod(0o777)
    refused = refusal(home)
    assert (refused.path, refused.above) == (str(above), True)
    command = say(refused).advice.split("'")[1]
    assert command == f"chmod go-w {above}"
    assert os.system(command) == 0
    home.make_safe()


def test_a_sticky_folder_above_is_fine(tmp_path: Path) -> None:
    (tmp_path / "parent").mkdir()
    home = filled(tmp_path / "parent" / "home")
    (tmp_path / "parent").chmod(0o1777)
    assert home.make_safe() == ()


@needs_root
@pytest.mark.parametrize("mode", [0o755, 0o1777])
def test_a_folder_above_that_another_user_owns_is_refused(tmp_path: Path, mode: int) -> None:
    (tmp_path / "parent").mkdir()
    home = filled(tmp_path / "parent" / "home")
    os.chown(tmp_path / "parent", SOMEBODY, SOMEBODY)
    (tmp_path / "parent").chmod(mode)
    refused = refusal(home)
    assert (refused.path, refused.problem, refused.above) == (str(tmp_path / "parent"), "other_owner", True)


@needs_root
def test_a_folder_above_that_the_user_s_own_group_may_write_is_fine(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "parent").mkdir()
    home = filled(tmp_path / "parent" / "home")
    (tmp_path / "parent").chmod(0o775)
    assert home.make_safe() == (), "root's own group has no other member"
    os.chown(tmp_path / "parent", 0, SOMEBODY)
    (tmp_path / "parent").chmod(0o775)
    assert refusal(home).above


def test_a_link_to_a_home_is_as_good_as_where_it_leads(home: HomeFolder, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(home.path)
    linked = HomeFolder(tmp_path / "link")
    assert linked.make_safe() == ()
    Path(home.path).chmod(0o770)
    assert refusal(linked).problem == "others_write"


def test_a_link_that_leads_through_a_folder_of_others_is_refused(tmp_path: Path) -> None:
    (tmp_path / "open").mkdir()
    home = filled(tmp_path / "open" / "home")
    (tmp_path / "open").chmod(0o777)
    (tmp_path / "link").symlink_to(home.path)
    assert refusal(HomeFolder(tmp_path / "link")).path == str(tmp_path / "open")


def test_a_linked_configuration_counts_by_where_it_leads(home: HomeFolder, tmp_path: Path) -> None:
    managed = tmp_path / "managed"
    managed.mkdir()
    (managed / "nskeys.toml").write_text("")
    (managed / "nskeys.toml").chmod(0o644)
    home.config.unlink()
    home.config.symlink_to(managed / "nskeys.toml")
    assert home.make_safe() == ()
    managed.chmod(0o777)
    assert refusal(home).path == str(managed)


def test_where_there_is_no_home_yet_only_what_lies_above_it_is_looked_at(tmp_path: Path) -> None:
    assert HomeFolder(tmp_path / "new" / "home").make_safe() == ()
    assert not (tmp_path / "new").exists()


def test_what_this_user_may_not_look_at_is_told_when_it_is_needed() -> None:
    with public_folder() as folder:
        filled(folder / "home")
        with unprivileged():
            assert HomeFolder(folder / "home").make_safe() == ()
