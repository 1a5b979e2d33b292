"""The one layout: ordinary tools read it, and whatever else is a zip file is not it."""

import io
import shutil
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import given, settings, strategies as st

from nskeys.archive.canonical_zip import ZipInvalid, build, first_name, split
from tests.fakes.examples import examples

MEMBERS = (("RESTORE.txt", b"read me\n"), ("keys.kms", bytes(range(256))), ("empty", b""))
DATA = build(MEMBERS)

names = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=20)


@settings(max_examples=examples(100), deadline=None)
@given(st.lists(st.tuples(names, st.binary(max_size=200)), max_size=8, unique_by=lambda member: member[0]))
def test_what_is_written_is_read(members: list[tuple[str, bytes]]) -> None:
    assert split(build(members)) == tuple(members)


def test_python_reads_it() -> None:
    with zipfile.ZipFile(io.BytesIO(DATA)) as archive:
        assert archive.testzip() is None
        assert [(info.filename, archive.read(info)) for info in archive.infolist()] == list(MEMBERS)
        for info in archive.infolist():
            assert (info.compress_type, info.flag_bits, info.extra, info.comment) == (0, 0, b"", b"")
            assert info.external_attr >> 16 == 0o100600
            assert info.date_time == (1980, 1, 1, 0, 0, 0)


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
def test_unzip_reads_it_and_leaves_files_to_their_owner(tmp_path: Path) -> None:
    (tmp_path / "a.zip").write_bytes(DATA)
    ran = subprocess.run(["unzip", "-q", "a.zip"], cwd=tmp_path, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (0, b"", b"")
    for name, data in MEMBERS:
        assert (tmp_path / name).read_bytes() == data
        assert (tmp_path / name).stat().st_mode & 0o777 == 0o600


def test_a_second_meaning_never_survives_being_laid_out_again() -> None:
    for bit in range(8 * len(DATA)):
        damaged = bytearray(DATA)
        damaged[bit // 8] ^= 1 << bit % 8
        try:
            members = split(bytes(damaged))
        except ZipInvalid:
            continue
        assert build(members) != damaged, bit


def test_a_cut_off_zip_is_not_whole() -> None:
    for size in range(len(DATA)):
        try:
            members = split(DATA[:size])
        except ZipInvalid:
            continue
        assert build(members) != DATA[:size], size


def test_a_size_that_lies_is_not_believed() -> None:
    lying = bytearray(DATA)
    lying[18:26] = (0xFFFFFFF0).to_bytes(4, "little") * 2
    with pytest.raises(ZipInvalid) as raised:
        split(bytes(lying))
    assert raised.value.problem == "truncated"


def test_members_are_counted() -> None:
    many = build([(f"member-{number}", b"") for number in range(1_000)])
    assert len(split(many)) == 8


def test_the_first_name_is_told_even_of_a_broken_file() -> None:
    assert first_name(DATA) == "RESTORE.txt"
    assert first_name(b"PK\x03\x04") == ""
    assert first_name(DATA[:35]) == "RESTO"
