"""A file that an administrator linked to another place stays linked, and is changed there."""

import os
import stat
from pathlib import Path

import pytest

from nskeys import files
from nskeys.destinations.ssh.known_hosts import KnownHosts
from nskeys.errors import CannotCreate, FileUnreadable, HostKeyUnknown
from nskeys.model.registry import RegistryValues
from nskeys.store.home_files import RegistryFile
from nskeys.store.settings import ConfigToml
from nskeys.wording.errors import say
from tests.fakes.command_line import Machine
from tests.fakes.disks import make_read_only, public_folder, small_disk

KEY = "AAAAC3NzaC1lZDI1NTE5AAAAIJ0aUpQ0aCrs1kQm0mTg6rjhNNHmHbuQiQ3qxyRTvsBE"


def linked(folder: Path, name: str, text: str = "") -> tuple[Path, Path]:
    """A link, through another link, to a file in a folder of its own."""
    managed = folder / "managed"
    managed.mkdir()
    target = managed / f"{name}.managed"
    target.write_text(text)
    target.chmod(0o640)
    (folder / "between").symlink_to(target)
    (folder / name).symlink_to("between")
    return folder / name, target


def test_what_a_link_leads_to_is_replaced_and_keeps_its_mode(tmp_path: Path) -> None:
    link, target = linked(tmp_path, "a")
    before = target.stat().st_ino
    files.replace_behind(link, b"new")
    assert (link.is_symlink(), target.read_bytes()) == (True, b"new")
    assert target.stat().st_ino != before
    assert stat.S_IMODE(target.stat().st_mode) == 0o640
    assert [path.name for path in target.parent.iterdir()] == [target.name]


def test_the_owner_of_what_a_link_leads_to_stays(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root gives files away")
    link, target = linked(tmp_path, "a")
    os.chown(target, 65534, 65534)
    files.replace_behind(link, b"new")
    assert (target.stat().st_uid, target.stat().st_gid) == (65534, 65534)


def test_where_what_it_leads_to_cannot_be_changed_nothing_is(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        (disk / "target").write_bytes(b"old")
        (tmp_path / "a").symlink_to(disk / "target")
        make_read_only(disk)
        with pytest.raises(CannotCreate) as refused:
            files.replace_behind(tmp_path / "a", b"new")
        assert refused.value.problem == "read_only"
        assert (tmp_path / "a").read_bytes() == b"old"


def test_a_link_of_somebody_else_in_a_shared_folder_is_not_followed(tmp_path: Path) -> None:
    if os.geteuid() != 0:
        pytest.skip("only root makes links of another user")
    with public_folder() as folder:
        shared = folder / "shared"
        shared.mkdir()
        shared.chmod(0o1777)
        (folder / "victim").write_bytes(b"victim")
        (shared / "a").symlink_to(folder / "victim")
        os.lchown(shared / "a", 65534, 65534)
        with pytest.raises(CannotCreate) as refused:
            files.replace_behind(shared / "a", b"new")
        assert refused.value.problem == "foreign_link"
        assert (folder / "victim").read_bytes() == b"victim"


def test_links_in_a_circle_and_links_to_nothing_have_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(CannotCreate) as circle:
        files.replace_behind(tmp_path / "a", b"new")
    assert "its links lead in a circle" in say(circle.value).what
    with pytest.raises(FileUnreadable) as loop:
        files.read_if_there(tmp_path / "a", 10)
    assert "its links lead in a circle" in say(loop.value).what
    (tmp_path / "dangling").symlink_to("nothing")
    with pytest.raises(FileUnreadable) as dangling:
        files.read_if_there(tmp_path / "dangling", 10)
    assert "a link that leads to nothing" in say(dangling.value).what
    assert files.read_if_there(tmp_path / "none", 10) is None


def test_a_linked_configuration_is_changed_where_it_lies(server: Machine, tmp_path: Path) -> None:
    config, target = server.home / "config.toml", tmp_path / "managed.toml"
    config.rename(target)
    config.symlink_to(target)
    place = tmp_path / "tape"
    place.mkdir()
    server.does("destination", "add", str(place), "--elsewhere", "tape")
    assert config.is_symlink()
    assert f'address = "{place}"' in target.read_text()
    server.does("destination", "remove", str(place))
    assert str(place) not in target.read_text()


def test_a_configuration_whose_target_is_gone_is_never_taken_for_none(server: Machine) -> None:
    """Else the address of the CMDB would be forgotten, and a new installation be offered."""
    config = server.home / "config.toml"
    config.unlink()
    config.symlink_to("/nowhere/config.toml")
    for words in (("status",), ("destination", "list"), ("destination", "add", "/srv")):
        ran = server.run(*words)
        assert ran.code not in (0, 70)
        assert "it is a link that leads to nothing." in ran.err
    assert config.is_symlink()


def test_the_registry_values_and_the_known_hosts_stay_linked_too(tmp_path: Path) -> None:
    link, target = linked(tmp_path, "registry.json", "{}")
    RegistryFile(link).write(RegistryValues("/mnt/vault", None))
    assert (link.is_symlink(), "/mnt/vault" in target.read_text()) == (True, True)
    (tmp_path / "second").mkdir()
    link, target = linked(tmp_path / "second", "known_hosts", "# ours\n")
    KnownHosts(link).trust(HostKeyUnknown("vault02", 22, "ssh-ed25519", "SHA256:x", KEY))
    assert link.is_symlink()
    assert target.read_text() == f"# ours\nvault02 ssh-ed25519 {KEY}\n"


def test_the_file_of_a_report_stays_linked(server: Machine, tmp_path: Path) -> None:
    link, target = linked(tmp_path, "nskeys.prom")
    server.run("status", "--prometheus", "--output", str(link))
    assert link.is_symlink()
    assert "nskeys_status" in target.read_text()


def test_settings_that_do_not_change_leave_their_target_alone(tmp_path: Path) -> None:
    link, target = linked(tmp_path, "config.toml", 'server_name = "ns01"\n')
    file = ConfigToml(link, "host")
    before = target.stat().st_ino
    file.write(file.read())
    assert target.stat().st_ino == before
