"""The host's half of a credential, which systemd-creds deletes where it belongs to another machine-id."""

import subprocess
from pathlib import Path

import pytest

from nskeys.protectors.systemd_creds import belongs_here
from tests.fakes.programs import need

OURS = "4c8e1f0a5d6b47c29e3f8a1b2c3d4e5f"
MARK = "148c3f5336264014b7f70442c285e117"


@pytest.fixture
def machine_id(tmp_path: Path) -> Path:
    path = tmp_path / "machine-id"
    path.write_text(f"{OURS}\n")
    return path


@pytest.fixture
def secret(tmp_path: Path) -> Path:
    """As systemd writes it on the machine with that id."""
    path = tmp_path / "credential.secret"
    path.write_bytes(bytes.fromhex(MARK) + bytes(4096))
    return path


def test_the_secret_of_this_machine_belongs_here(secret: Path, machine_id: Path) -> None:
    assert belongs_here(secret, machine_id)


def test_after_the_machine_id_was_lost_it_does_not(secret: Path, machine_id: Path) -> None:
    machine_id.write_text("f" * 32 + "\n")
    assert not belongs_here(secret, machine_id)


def test_where_there_is_none_nothing_belongs_here(tmp_path: Path, machine_id: Path) -> None:
    assert not belongs_here(tmp_path / "credential.secret", machine_id)


def test_a_file_that_is_cut_off_does_not(secret: Path, machine_id: Path) -> None:
    secret.write_bytes(b"")
    assert not belongs_here(secret, machine_id)


@pytest.mark.parametrize("text", ["", "uninitialized\n", OURS[:30], "\x00" * 32])
def test_without_a_machine_id_it_is_left_to_systemd(secret: Path, machine_id: Path, text: str) -> None:
    machine_id.write_text(text)
    assert belongs_here(secret, machine_id)
    machine_id.unlink()
    assert belongs_here(secret, machine_id)


def test_systemd_reads_the_mark_as_it_is_read_here(tmp_path: Path) -> None:
    """Against the machine's own: what systemd's own tool says of this machine-id."""
    need("systemd-id128")
    said = subprocess.run(
        ["systemd-id128", "machine-id", "--app-specific=d3acecba0dad4cdfb8c9381528936c58"],
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    secret = tmp_path / "credential.secret"
    secret.write_bytes(bytes.fromhex(said.strip()) + bytes(4096))
    assert belongs_here(secret)
    secret.write_bytes(bytes(4096))
    assert not belongs_here(secret)
