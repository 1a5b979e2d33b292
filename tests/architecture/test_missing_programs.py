"""On a machine that lacks a program, the tests that need it are skipped with its name, and none fails.

Each program is pretended away: a PATH with links to all others, and word to tests/fakes/programs for what
does not lie on PATH. The tests named here are some that need it, in each of the ways that there are.
"""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.fakes.disks import public_folder
from tests.fakes.programs import WITHOUT, need

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PROTECTOR = "contracts/test_every_protector.py::test_looking_never_opens_anything"
LOGIN = "core/destinations/ssh/test_login.py::test_a_server_that_is_not_known_learns_nothing_of_us"
SUDO = "end_to_end/test_watching.py::test_sudo_finds_nothing_wrong_with_the_rule"
MOUNTED = "test_a_server_that_is_this_machine_is_here_though_its_mount_looks_like_another"
FARAWAY = "test_a_server_on_another_machine_is_elsewhere_and_its_mount_too"
MARK = "test_systemd_reads_the_mark_as_it_is_read_here"
TYPED = "test_whoever_types_what_the_runbook_says_gets_every_credential_back"
WHEEL = "end_to_end/test_wheel.py"
NEEDING = {
    "age": ["core/archive/age/test_recipients.py::test_debians_age_opens_what_we_write"],
    "fish": [f"{WHEEL}::test_fish_completes"],
    "ip": [f"core/destinations/test_elsewhere_for_real.py::{FARAWAY}"],
    "libtss2": [PROTECTOR],
    "man": [f"{WHEEL}::test_man_shows_the_page_without_a_word_of_complaint"],
    "mandoc": [f"{WHEEL}::test_mandoc_finds_nothing_wrong_with_the_page"],
    "nagios4": ["end_to_end/test_watching.py::test_nagios_records_what_is_printed"],
    "prometheus-node-exporter": [
        "end_to_end/test_watching.py::test_prometheus_reads_through_a_node_exporter"
    ],
    "setpriv": ["end_to_end/test_the_world_at_fault.py::test_a_user_without_a_name_can_have_a_home"],
    "softhsm2-util": [PROTECTOR],
    "ssh-keygen": [
        "core/services/backup/test_recipients.py::test_an_ssh_key_under_a_passphrase_opens_it",
        "core/cli/test_identity.py::test_an_ssh_key_opens_it_with_its_passphrase",
        "core/archive/age/test_recipients.py::test_ssh_keys_open_both_ways",
        "core/destinations/ssh/test_known_hosts.py",
        LOGIN,
    ],
    "sshd": [LOGIN],
    "sshfs": [f"core/destinations/test_elsewhere_for_real.py::{MOUNTED}"],
    "strace": ["end_to_end/test_the_world_at_fault.py::test_a_file_system_without_locks_is_told"],
    "sudo": [SUDO],
    "swtpm": [PROTECTOR],
    "systemd-analyze": [
        "core/services/schedule/test_units.py::test_a_judge_of_protection_sees_what_is_not_protected"
    ],
    "systemd-creds": [PROTECTOR],
    "systemd-id128": [
        "core/protectors/test_host_secret.py::test_systemd_reads_the_mark_as_it_is_read_here"
    ],
    "tmux": ["end_to_end/test_story_full_screen.py"],
    "unshare": [SUDO],
    "unzip": [
        "end_to_end/test_runbook.py::test_whoever_types_what_the_runbook_says_gets_every_credential_back"
    ],
    "zsh": [f"{WHEEL}::test_zsh_reads_its_completions"],
}


@contextmanager
def others(without: str) -> Iterator[str]:
    """A PATH on which every program is but this one; whoever a test becomes can reach it."""
    with public_folder() as folder:
        _link_all(folder, without)
        yield str(folder)


def _link_all(folder: Path, without: str) -> None:
    for place in os.environ["PATH"].split(os.pathsep):
        for path in Path(place).absolute().iterdir() if Path(place).is_dir() else ():
            if path.name != without and not (folder / path.name).is_symlink():
                (folder / path.name).symlink_to(path)


def run_without(program: str, tests: list[str], **environment: str) -> "subprocess.CompletedProcess[str]":
    """The tests, where this program is missing."""
    with others(program) as path:
        return subprocess.run(
            [sys.executable, "-m", "pytest", "-n", "0", "-q", "-rs", *(f"tests/{at}" for at in tests)],
            cwd=ROOT,
            env={**os.environ, "CI": "", "PATH": path, WITHOUT: program, **environment},
            capture_output=True,
            text=True,
            check=False,
        )


@pytest.mark.parametrize("program", NEEDING)
def test_its_tests_are_skipped_with_its_name_and_none_fails(program: str) -> None:
    need(*NEEDING)  # where two are missing, a test names the first of them
    ran = run_without(program, NEEDING[program])
    assert ran.returncode == 0, ran.stdout
    assert re.search(rf"^SKIPPED .*: {re.escape(program)} is not installed$", ran.stdout, re.MULTILINE), (
        ran.stdout
    )


def test_in_ci_a_skipped_test_fails_the_run() -> None:
    need("unzip")
    ran = run_without("unzip", NEEDING["unzip"], CI="true")
    assert ran.returncode == 1, ran.stdout
    assert "unzip is not installed" in ran.stdout
