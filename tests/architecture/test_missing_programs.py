"""On a machine that lacks a program, the tests that need it are skipped with its name, and none fails.

Each program is pretended away: a PATH with links to all others, and word to tests/fakes/programs for what
does not lie on PATH. The tests named here are some that need it, in each of the ways that there are.
"""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.fakes.programs import WITHOUT

ROOT = Path(__file__).parents[2]
NEEDING = {
    "age": ["core/archive/test_age_recipients.py", "end_to_end/test_custodians_without_nskeys.py"],
    "ip": ["core/destinations/test_elsewhere_for_real.py"],
    "libtss2": ["contracts/test_every_protector.py"],
    "nagios4": ["end_to_end/test_watching.py"],
    "prometheus-node-exporter": ["end_to_end/test_watching.py"],
    "setpriv": ["end_to_end/test_the_world_at_fault.py::test_a_user_without_a_name_can_have_a_home"],
    "softhsm2-util": ["contracts/test_every_protector.py"],
    "ssh-keygen": [
        "core/services/test_recipients.py", "core/destinations/test_known_hosts.py",
        "core/cli/test_identity.py", "core/destinations/test_ssh_login.py",
        "core/archive/test_age_recipients.py",
    ],
    "sshd": ["core/destinations/test_ssh_login.py"],
    "sshfs": ["core/destinations/test_elsewhere_for_real.py"],
    "strace": ["end_to_end/test_the_world_at_fault.py::test_a_file_system_without_locks_is_told"],
    "sudo": ["end_to_end/test_watching.py"],
    "swtpm": ["contracts/test_every_protector.py"],
    "systemd-analyze": ["core/services/test_unit_text.py"],
    "systemd-creds": ["contracts/test_every_protector.py"],
    "systemd-id128": ["core/protectors/test_host_secret.py"],
    "tmux": ["end_to_end/test_the_line.py"],
    "unshare": ["end_to_end/test_watching.py"],
    "unzip": ["end_to_end/test_runbook.py", "end_to_end/test_custodians_without_nskeys.py"],
}  # fmt: skip


def others(folder: Path, without: str) -> str:
    """A PATH on which every program is but this one."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for path in Path(place).absolute().iterdir() if Path(place).is_dir() else ():
            if path.name != without and not (folder / path.name).is_symlink():
                (folder / path.name).symlink_to(path)
    return str(folder)


@pytest.mark.parametrize("program", NEEDING)
def test_its_tests_are_skipped_with_its_name_and_none_fails(tmp_path: Path, program: str) -> None:
    environment = {**os.environ, "PATH": others(tmp_path / "path", program), WITHOUT: program}
    environment.pop("CI", None)
    ran = subprocess.run(
        [
            sys.executable,
            "-m",
            "pytest",
            "-n",
            "0",
            "-q",
            "-rs",
            *(f"tests/{at}" for at in NEEDING[program]),
        ],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stdout
    assert re.search(rf"^SKIPPED .*: {re.escape(program)} is not installed$", ran.stdout, re.MULTILINE), (
        ran.stdout
    )


def test_in_ci_a_skipped_test_fails_the_run(tmp_path: Path) -> None:
    environment = {**os.environ, "PATH": others(tmp_path / "path", "unzip"), WITHOUT: "unzip", "CI": "true"}
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-n", "0", "-q", "tests/end_to_end/test_runbook.py"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 1, ran.stdout
    assert "unzip is not installed" in ran.stdout
