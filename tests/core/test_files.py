"""Durable files."""

import errno
import fcntl
import os
import stat
from pathlib import Path

import pytest

from nskeys import files
from nskeys.errors import CannotCreate, FileUnreadable
from tests.fakes.disks import make_read_only, public_folder, small_disk, unprivileged


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def refuse(error_number: int) -> object:
    def call(*_: object, **__: object) -> None:
        raise OSError(error_number, os.strerror(error_number))

    return call


def test_a_new_file_is_there_for_its_owner_only(tmp_path: Path) -> None:
    files.write_new(tmp_path / "a", b"data")
    assert (tmp_path / "a").read_bytes() == b"data"
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o600
    assert names(tmp_path) == ["a"]


def test_a_new_file_never_replaces_one(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"mine")
    with pytest.raises(CannotCreate, check=lambda error: error.problem == "name_taken"):
        files.write_new(tmp_path / "a", b"yours")
    assert (tmp_path / "a").read_bytes() == b"mine"
    assert names(tmp_path) == ["a"]


def test_a_new_file_does_not_go_through_a_link(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to(tmp_path / "victim")
    with pytest.raises(CannotCreate, check=lambda error: error.problem == "name_taken"):
        files.write_new(tmp_path / "a", b"data")
    assert names(tmp_path) == ["a"]


def test_the_first_free_name_is_taken(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"")
    assert files.write_first_free(tmp_path, ["a", "b", "c"], b"data") == "b"
    assert names(tmp_path) == ["a", "b"]


def test_replacing_gives_the_file_new_content_and_leaves_nothing_else(tmp_path: Path) -> None:
    for data in (b"one", b"", b"x" * 3_000_000):
        files.replace(tmp_path / "a", data)
        assert (tmp_path / "a").read_bytes() == data
    assert names(tmp_path) == ["a"]


@pytest.mark.parametrize("flag_known", [True, False])
@pytest.mark.parametrize("refusal", [errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS])
def test_a_filesystem_without_links_never_replaces_either(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, refusal: int, flag_known: bool
) -> None:
    """Sticks and some shares have no hard links, and some know no rename that does not replace."""
    monkeypatch.setattr(os, "link", refuse(refusal))
    if not flag_known:
        monkeypatch.setattr("nskeys.files.naming.rename_unless_taken", lambda part, path: False)
    files.write_new(tmp_path / "a", b"mine")
    with pytest.raises(CannotCreate, check=lambda error: error.problem == "name_taken"):
        files.write_new(tmp_path / "a", b"yours")
    assert (tmp_path / "a").read_bytes() == b"mine"
    assert files.write_first_free(tmp_path, ["a", "b"], b"second") == "b"
    assert names(tmp_path) == ["a", "b"]


def test_the_last_resort_takes_its_empty_file_away_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", refuse(errno.EPERM))
    monkeypatch.setattr("nskeys.files.naming.rename_unless_taken", lambda part, path: False)
    monkeypatch.setattr(Path, "replace", refuse(errno.EIO))
    with pytest.raises(CannotCreate):
        files.write_new(tmp_path / "a", b"data")
    assert names(tmp_path) == []


def test_a_link_that_was_made_though_the_answer_was_lost_counts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    link = os.link

    def link_and_lose_the_answer(source: Path, target: Path, *, follow_symlinks: bool) -> None:
        link(source, target, follow_symlinks=follow_symlinks)
        raise FileExistsError(errno.EEXIST, "asked again")

    monkeypatch.setattr(os, "link", link_and_lose_the_answer)
    files.write_new(tmp_path / "a", b"data")
    assert names(tmp_path) == ["a"]


def test_a_full_disk_is_said_and_nothing_is_left(tmp_path: Path) -> None:
    with small_disk(tmp_path / "disk") as disk:
        files.write_new(disk / "kept", b"x")
        for write in (files.write_new, files.replace):
            with pytest.raises(CannotCreate) as full:
                write(disk / "kept2", b"x" * 200_000)
            assert full.value.problem == "no_space"
        with pytest.raises(CannotCreate):
            files.try_writing(disk, 200_000)
        assert names(disk) == ["kept"]
        make_read_only(disk)
        with pytest.raises(CannotCreate) as read_only:
            files.write_new(disk / "more", b"x")
        assert read_only.value.problem == "read_only"
        assert files.read_bounded(disk / "kept", 10, from_medium=True) == b"x"


def test_a_folder_of_somebody_else_is_not_written_to() -> None:
    with public_folder() as folder:
        folder.chmod(0o555)
        with unprivileged(), pytest.raises(CannotCreate) as refused:
            files.write_new(folder / "a", b"data")
        assert refused.value.problem == "not_permitted"
        (folder / "secret").write_bytes(b"x")
        (folder / "secret").chmod(0o000)
        with unprivileged(), pytest.raises(FileUnreadable) as unreadable:
            files.read_bounded(folder / "secret", 10)
        assert unreadable.value.problem == "not_permitted"


@pytest.mark.parametrize(
    ("place", "problem"),
    [("missing/a", "missing_folder"), ("file/a", "not_a_folder"), ("x" * 300, "name_too_long")],
)
def test_a_place_where_nothing_can_be_is_named(tmp_path: Path, place: str, problem: str) -> None:
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotCreate) as refused:
        files.write_first_free((tmp_path / place).parent, [Path(place).name], b"data")
    assert refused.value.problem == problem


def test_an_error_nobody_expected_is_an_input_output_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "fsync", refuse(errno.EIO))
    with pytest.raises(CannotCreate) as failed:
        files.replace(tmp_path / "a", b"data")
    assert failed.value.problem == "io_error"
    assert names(tmp_path) == []


def test_a_folder_that_cannot_be_synced_for_lack_of_such_a_thing_is_no_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fsync = os.fsync

    def files_only(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(errno.EINVAL, "not here")
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", files_only)
    files.write_new(tmp_path / "a", b"data")
    assert names(tmp_path) == ["a"]


def test_sweeping_removes_what_a_killed_process_left_and_nothing_else(tmp_path: Path) -> None:
    for name in (".nskeys-0123456789abcdef.part", ".nskeys-x.part", "a.part", ".nskeys-x", "kept"):
        (tmp_path / name).write_bytes(b"")
    files.sweep(tmp_path)
    assert names(tmp_path) == [".nskeys-x", "a.part", "kept"]
    files.sweep(tmp_path / "missing")


def test_sweeping_leaves_the_file_that_another_process_still_writes(tmp_path: Path) -> None:
    part = tmp_path / ".nskeys-x.part"
    with part.open("wb") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files.sweep(tmp_path)
        assert names(tmp_path) == [".nskeys-x.part"]
    files.sweep(tmp_path)
    assert names(tmp_path) == []


def test_sweeping_removes_the_journals_of_a_database_whose_writer_is_dead(tmp_path: Path) -> None:
    journals = [f".nskeys-x.part{end}" for end in ("-journal", "-shm", "-wal")]
    for name in (".nskeys-x.part", *journals, "kept.part-wal"):
        (tmp_path / name).write_bytes(b"rows")
    with (tmp_path / ".nskeys-x.part").open("rb+") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        files.sweep(tmp_path)
        assert names(tmp_path) == [".nskeys-x.part", *journals, "kept.part-wal"]
    files.sweep(tmp_path)
    assert names(tmp_path) == ["kept.part-wal"]


def test_a_sweep_in_the_middle_of_a_write_disturbs_nobody(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two servers that back up into one share hold no common lock."""
    write = os.write

    def write_while_another_sweeps(descriptor: int, data: bytes) -> int:
        files.sweep(tmp_path)
        return write(descriptor, data)

    monkeypatch.setattr(os, "write", write_while_another_sweeps)
    files.write_new(tmp_path / "a", b"data")
    assert names(tmp_path) == ["a"]


def test_sweeping_follows_no_link(tmp_path: Path) -> None:
    (tmp_path / "victim").write_bytes(b"x")
    (tmp_path / ".nskeys-x.part").symlink_to(tmp_path / "victim")
    files.sweep(tmp_path)
    assert (tmp_path / "victim").read_bytes() == b"x"


def test_a_file_is_read_up_to_its_limit(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"12345")
    assert files.read_bounded(tmp_path / "a", 5) == b"12345"
    assert files.read_bounded(tmp_path / "a", 5, from_medium=True) == b"12345"
    with pytest.raises(FileUnreadable) as large:
        files.read_bounded(tmp_path / "a", 4)
    assert large.value.problem == "too_large"
    assert files.read_bounded(Path("/proc/self/mountinfo"), 1 << 20)  # whose size is said to be 0


def test_what_is_no_file_is_not_read(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "file").write_bytes(b"")
    for name, problem in {
        "pipe": "not_a_file",
        ".": "not_a_file",
        "missing": "missing",
        "file/below": "missing",
        "loop": "link_loop",
    }.items():
        with pytest.raises(FileUnreadable) as refused:
            files.read_bounded(tmp_path / name, 10)
        assert (name, refused.value.problem) == (name, problem)


def test_folders_are_made_down_to_the_last_for_their_owner_only(tmp_path: Path) -> None:
    files.make_folder(tmp_path / "a" / "b")
    files.make_folder(tmp_path / "a" / "b")
    assert stat.S_IMODE((tmp_path / "a").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "a" / "b").stat().st_mode) == 0o700
    (tmp_path / "file").write_bytes(b"")
    for path in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(CannotCreate) as refused:
            files.make_folder(path)
        assert refused.value.problem == "not_a_folder"


def test_a_folder_is_removed_whole_but_not_what_its_links_lead_to(tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "a").write_bytes(b"")
    folder = tmp_path / "folder"
    (folder / "inner").mkdir(parents=True)
    (folder / "inner" / "link").symlink_to(victim)
    (folder / "a").write_bytes(b"")
    files.remove_folder(folder)
    files.remove_folder(folder)
    files.remove(tmp_path / "no such file")
    assert names(tmp_path) == ["victim"]
    assert names(victim) == ["a"]


# --- a second name --------------------------------------------------------------------------------------


def test_a_second_name_takes_the_place_of_a_file(tmp_path: Path) -> None:
    (tmp_path / "one").write_bytes(b"new")
    (tmp_path / "two").write_bytes(b"old")
    for _ in range(2):  # the second time they are one file already
        assert files.replace_by_link(tmp_path / "two", tmp_path / "one")
        assert (tmp_path / "two").samefile(tmp_path / "one")
        assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]


@pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP, errno.EMLINK, errno.ENOENT])
def test_where_there_are_no_links_nothing_is_changed(
    number: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError(number, os.strerror(number))

    (tmp_path / "one").write_bytes(b"new")
    (tmp_path / "two").write_bytes(b"old")
    monkeypatch.setattr(os, "link", refuse)
    assert not files.replace_by_link(tmp_path / "two", tmp_path / "one")
    assert (tmp_path / "two").read_bytes() == b"old"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["one", "two"]
