"""One file with a hostile name is left out and counted, and holds up no other."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from nskeys.destinations.backup_names import is_plain, listing_of
from nskeys.destinations.local.timeout_folder import TimeoutFolder
from nskeys.destinations.workers.pool import Workers
from nskeys.model.destinations import DestinationInfo
from nskeys.ports import Listed

OURS = "ns01-01234567-20261123T140200Z.zip"
ODD = [
    "../../../etc/cron.d/x.zip",
    "/abs.zip",
    "deep/x.zip",
    "win\\dows.zip",
    "nul\0.zip",
    "bell\x07.zip",
    "line\nbreak.zip",
    "\x1b]0;TITLE\x07.zip",
    "right\u202eto-left.zip",
    "zero\u200bwidth.zip",
    "c1\x9b.zip",
    "latin\udcf6.zip",
]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_name_is_left_out_and_counted(name: str) -> None:
    found = listing_of([Listed(name, 5), Listed(OURS, 7)])
    assert (list(found), found.left_out) == ([Listed(OURS, 7)], 1)


@pytest.mark.parametrize("name", [".", "..", "", "a.txt", "x/y.txt", "empty.zip"])
def test_what_is_no_backup_by_its_name_is_not_counted(name: str) -> None:
    assert listing_of([Listed(name, 0 if name == "empty.zip" else 5)]).left_out == 0


@pytest.mark.parametrize(
    "name", [OURS, "Größe 2.zip", "日本.kms", "a b.zip", "..zip", "-x.zip", "ns01-2.zip"]
)
def test_other_names_are_files_like_any(name: str) -> None:
    assert is_plain(name)


@given(st.text())
def test_what_is_listed_can_be_shown_and_leads_nowhere(name: str) -> None:
    for listed in listing_of([Listed(f"{name}.zip", 1)]):
        assert listed.name.isprintable()
        assert Path(listed.name).name == listed.name


def _in_a_folder(folder: Path) -> int:
    made = 0
    for name in ODD:
        if "/" not in name and "\0" not in name:
            (folder / name).write_bytes(b"theirs")
            made += 1
    (folder / OURS).write_bytes(b"ours")
    return made


@pytest.mark.parametrize("slow", [None, "/"])
def test_a_folder_with_odd_names_gives_its_others(tmp_path: Path, slow: str | None) -> None:
    """Asked directly, and through a worker as a network mount is."""
    made = _in_a_folder(tmp_path)
    workers = Workers()
    place = TimeoutFolder(DestinationInfo(str(tmp_path)), workers, lambda _: slow)
    found = place.listing()
    assert [listed.name for listed in found] == [OURS]
    assert found.left_out == made
    assert place.read(OURS, 10) == b"ours"
    workers.close()
