"""What disks, users and surroundings can do to a command: a sentence and the right code, never a bug's.

The program runs as it is installed. Calls that fail are struck by strace, by the file that they are about.
"""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes.injection import find_strace
from tests.fakes.programs import need
from tests.fakes.server_keys import signed_by

PROGRAM = (sys.executable, "-P", "-m", "nskeys_tui")
KNOWN = {0, 1, 2, 3, 64, 65, 69, 73, 75, 77, 78}
"""Every code but a bug's (70) and an interruption's."""
NOBODY_NAMED = 54_321
"""A user without a line in passwd."""


@dataclass
class Machine:
    """A home with a credential, an identity and a backup; `environment` is what commands see."""

    folder: Path
    environment: dict[str, str]

    @property
    def home(self) -> Path:
        return self.folder / "home"

    def run(
        self, *argv: str, before: Sequence[str] = (), home: str | None = None, **options: object
    ) -> "Ran":
        chosen = ("--home", home or str(self.home)) if home != "" else ()
        settings = {"capture_output": True, "timeout": 120, "env": self.environment, **options}
        done = subprocess.run([*before, *PROGRAM, *chosen, *argv], stdin=subprocess.DEVNULL, **settings)  # type: ignore[call-overload]  # options are subprocess's own
        return Ran(done.returncode, (done.stdout or b"").decode(), (done.stderr or b"").decode())

    def file(self, name: str, text: str) -> str:
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o600)
        return str(path)


@dataclass
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str

    def is_orderly(self) -> bool:
        """Whether it ended as a program that knows what happened."""
        words = self.out + self.err
        return self.code in KNOWN and "Traceback" not in words and "because of a bug in it" not in words


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Made once, copied for each test."""
    folder = tmp_path_factory.mktemp("world")
    machine = Machine(folder, dict(os.environ))
    add = ("credential", "add", "--kind", "run-as", "--target", "x", "--account", "y", "--name")
    secret, password = (
        machine.file("secret", "marked-secret\n"),
        machine.file("password", "seven apples 44\n"),
    )
    for argv in (
        ("init", "--server-name", "ns01.example.net", "--protector", "file"),
        (*add, "first", "--secret-file", secret),
        ("identity", "create", "--password-file", password),
        ("backup", "--password-file", password),
    ):
        ran = machine.run(*argv)
        assert ran.code in (0, 1), ran
    return folder


@pytest.fixture
def machine(made: Path, tmp_path: Path) -> Machine:
    shutil.copytree(made, tmp_path / "m", symlinks=True)
    return Machine(tmp_path / "m", dict(os.environ))


def add_one(machine: Machine, before: Sequence[str] = ()) -> Ran:
    """A change."""
    fields = ("--kind", "run-as", "--name", "second", "--target", "x", "--account", "y")
    return machine.run(
        "credential", "add", *fields, "--secret-file", str(machine.folder / "secret"), before=before
    )


def count(machine: Machine) -> int:
    return machine.run("credential", "list", "--json").out.count('"name"')


# --- where the home is -------------------------------------------------------------------------------

COMMANDS = [("verify",), ("status",), ("backup",)]


def loop(folder: Path) -> str:
    (folder / "x").symlink_to(folder / "x")
    return str(folder / "x")


def below_a_file(folder: Path) -> str:
    (folder / "file").write_text("")
    return str(folder / "file" / "home")


HOMES: dict[str, tuple[Callable[[Path], str], str]] = {
    "links in a circle": (loop, "its links lead in a circle"),
    "a name of 300 characters": (lambda folder: str(folder / ("n" * 300)), "the name is too long"),
    "a path of 3,000 characters": (lambda folder: str(folder.joinpath(*["d" * 99] * 30)), ""),
    "a path of 5,000 characters": (
        lambda folder: str(folder.joinpath(*["d" * 99] * 50)),
        "the name is too long",
    ),
    "below a file": (below_a_file, ""),
    "in nobody's home": (lambda _: "~nobody-of-that-name/home", ""),
}


@pytest.mark.parametrize("argv", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("where", HOMES)
def test_a_home_that_cannot_be_is_told(tmp_path: Path, where: str, argv: tuple[str, ...]) -> None:
    home, words = HOMES[where]
    ran = Machine(tmp_path, dict(os.environ)).run(*argv, home=home(tmp_path), cwd=tmp_path)
    assert ran.is_orderly(), ran
    assert ran.code != 0
    assert words in ran.err


def test_a_home_of_3000_characters_works_or_says_why_not(tmp_path: Path) -> None:
    home = str(tmp_path.joinpath(*["d" * 99] * 30))
    ran = Machine(tmp_path, dict(os.environ)).run("init", "--server-name", "ns01", home=home)
    assert ran.is_orderly(), ran


# --- who runs it, and where --------------------------------------------------------------------------


def as_nobody_named() -> list[str]:
    need("setpriv")
    if os.geteuid() != 0:
        pytest.skip("only root can become a user without a name")
    return ["setpriv", f"--reuid={NOBODY_NAMED}", f"--regid={NOBODY_NAMED}", "--clear-groups"]


@pytest.mark.parametrize(
    "argv", [("status",), ("destination", "test", "s3://bucket/x"), ("init",)], ids=" ".join
)
def test_a_user_without_a_name_and_a_home_is_told_to_name_one(
    tmp_path: Path, argv: tuple[str, ...]
) -> None:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ran = Machine(tmp_path, environment).run(*argv, before=as_nobody_named(), home="", cwd="/")
    assert ran.is_orderly(), ran
    assert "this user has no home folder" in ran.err
    assert "--home DIR" in ran.err


def test_a_user_without_a_name_can_have_a_home(tmp_path: Path) -> None:
    folder = Path("/tmp") / f"nskeys-nobody-{os.getpid()}"
    folder.mkdir(mode=0o700)
    try:
        os.chown(folder, NOBODY_NAMED, NOBODY_NAMED)
        environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
        machine = Machine(folder, environment)
        for argv, code in ((("init", "--server-name", "ns01", "--protector", "file"), 0), (("verify",), 0)):
            ran = machine.run(*argv, before=as_nobody_named(), cwd="/")
            assert ran.code == code, ran
    finally:
        shutil.rmtree(folder)


def test_the_folder_that_one_stands_in_may_be_gone(machine: Machine) -> None:
    gone = machine.folder / "gone"
    gone.mkdir()
    for argv in (("status",), ("runbook", "--output", "paper.txt"), ("backup", "--to", "here")):
        for home in (str(machine.home), "relative"):
            ran = machine.run(
                *argv, home=home, before=("sh", "-c", f'cd "{gone}" && rmdir "{gone}" && exec "$@"', "-")
            )
            gone.mkdir()
            assert ran.is_orderly(), ran


@pytest.mark.parametrize("locale", [{}, {"LC_ALL": "C"}, {"LC_ALL": "no_SUCH.locale"}, {"LANG": "POSIX"}])
def test_no_locale_is_needed(machine: Machine, locale: dict[str, str]) -> None:
    plain = {
        name: value for name, value in os.environ.items() if name != "LANG" and not name.startswith("LC_")
    }
    machine.environment = {**plain, **locale}
    for argv in (("credential", "show", "run-as/\u00e4"), ("runbook",)):
        assert machine.run(*argv).is_orderly()


@pytest.mark.parametrize("redirection", [">&-", "2>&-", ">&- 2>&-", ">/dev/full", "2>/dev/full", "| true"])
def test_words_that_nobody_takes_are_no_bug(machine: Machine, redirection: str) -> None:
    for argv in ("status", "key list --json", "nonsense", "--help"):
        script = f'set -o pipefail; "$@" {argv} {redirection}'
        ran = machine.run(before=("bash", "-c", script, "-"))
        assert ran.code in KNOWN, (argv, ran)
        assert "Traceback" not in ran.err
        assert "Exception" not in ran.err


# --- calls that fail ---------------------------------------------------------------------------------

FILES = {
    "home": ("", "getdents64"),
    "config.toml": ("config.toml", "read"),
    "server.pub": ("server.pub", "read"),
    "registry": ("registry.json", "openat"),
    "store": ("store", "getdents64"),
    "current": ("store/current", "openat"),
    "keys": ("store/1/keys", "getdents64"),
    "protector": ("store/1/protector.json", "read"),
    "CMDB": ("cmdb.sqlite3", "openat"),
    "rows": ("cmdb.sqlite3", "pread64"),
    "recovery": ("recovery/*.age", "read"),
}
ERRORS = (
    "EIO",
    "ESTALE",
    "ELOOP",
    "EMFILE",
    "ENAMETOOLONG",
    "EACCES",
    "EPERM",
    "ENOTDIR",
    "ENOMEM",
    "EBADMSG",
)
READERS = (("verify",), ("status",), ("backup", "--password-file"), ("key", "list"))


def struck(machine: Machine, call: str, error: str, path: Path) -> list[str]:
    """strace, which makes a call about a file fail."""
    return [
        find_strace(), "-f", "-qq", "-o", str(machine.folder / "log"), "-P", str(path),
        "-e", f"trace={call}", f"--inject={call}:error={error}",
    ]  # fmt: skip


def strikes(machine: Machine) -> int:
    return (machine.folder / "log").read_text().count("(INJECTED)")


@pytest.mark.parametrize("number", range(len(FILES)), ids=list(FILES))
def test_a_file_of_the_home_that_cannot_be_read_is_told(machine: Machine, number: int) -> None:
    """Each file with other errors and commands: together every error and every command is tried."""
    name, call = list(FILES.values())[number]
    total = 0
    for turn in range(2):
        error = ERRORS[(number * 2 + turn) % len(ERRORS)]
        argv = READERS[(number + turn) % len(READERS)]
        given = (*argv, str(machine.folder / "password")) if argv[-1].endswith("-file") else argv
        (path,) = machine.home.glob(name) if "*" in name else (machine.home / name,)
        ran = machine.run(*given, before=struck(machine, call, error, path))
        total += strikes(machine)
        assert ran.is_orderly(), (argv, call, error, ran)
    assert total, "nothing was struck"


@pytest.mark.parametrize("error", ["EIO", "ENOSPC", "EROFS", "EDQUOT"])
@pytest.mark.parametrize("call", ["openat", "pwrite64", "fdatasync"])
def test_a_change_that_the_disk_refuses_is_told_and_is_none(
    machine: Machine, call: str, error: str
) -> None:
    ran = add_one(machine, struck(machine, call, error, machine.home / "cmdb.sqlite3"))
    assert ran.is_orderly(), ran
    assert count(machine) == (2 if ran.code == 0 else 1)


@pytest.mark.parametrize("error", ["ENOLCK", "EOPNOTSUPP", "EINVAL", "ENOSYS"])
def test_a_file_system_without_locks_is_told(machine: Machine, error: str) -> None:
    ran = add_one(machine, struck(machine, "flock", error, machine.home / "lock"))
    assert (ran.code, count(machine)) == (73, 1)
    assert "its file system has no locks" in ran.err


def test_an_error_when_the_lock_is_closed_does_not_deny_the_change(machine: Machine) -> None:
    (machine.home / "lock").touch()
    ran = add_one(machine, struck(machine, "close", "EIO", machine.home / "lock"))
    assert strikes(machine)
    assert (ran.code, count(machine)) == (0, 2), ran
    assert "second" in ran.out, "it says that the change was made"


@pytest.mark.parametrize(
    ("call", "error"), [("openat", "EIO"), ("read", "EIO"), ("openat", "EMFILE"), ("read", "EISDIR")]
)
@pytest.mark.parametrize("option", ["--password-file", "--recipient"])
def test_a_named_file_that_cannot_be_read_is_told(
    machine: Machine, option: str, call: str, error: str
) -> None:
    named = machine.file("named", "something\n")
    ran = machine.run("backup", option, named, before=struck(machine, call, error, Path(named)))
    assert ran.is_orderly(), ran
    assert ran.code == 65
    assert named in ran.err


def test_an_emptied_key_file_is_named_with_the_way_back_that_brings_the_cmdb(machine: Machine) -> None:
    (key,) = (machine.home / "store" / "1" / "keys").iterdir()
    key.write_bytes(b"")
    ran = machine.run("verify")
    assert ran.code == 65
    command = next(part for part in ran.err.split("'") if part.startswith("nskeys restore"))
    assert f"--cmdb sqlite:///{machine.home}/cmdb.sqlite3" in command
    every = (machine.home / "backups").glob("*.zip")
    archive = min(path for path in every if "-cmdb-" not in path.name)
    argv = command.replace("FILE", str(archive)).replace("DIR", str(machine.folder / "new")).split()[1:]
    place = argv.index("--home")
    home = argv.pop(place + 1)
    argv.pop(place)
    given = (
        "--password-file",
        str(machine.folder / "password"),
        "--protector",
        "file",
        *signed_by(archive),
    )
    back = machine.run(*argv, *given, home=home)
    assert back.code in (0, 1), back
    assert machine.run("verify", home=home).code == 0


# --- waiting -----------------------------------------------------------------------------------------

HOLDER = """
import fcntl, json, os, sys
file = open(sys.argv[1], "r+")
fcntl.flock(file, fcntl.LOCK_EX)
file.write(json.dumps({"user": "alice", "pid": os.getpid(), "doing": "making a backup", "since": ""}))
file.flush()
print("held", flush=True)
sys.stdin.read()
"""


def test_a_change_that_waits_says_for_whom_and_gives_up_in_time(machine: Machine) -> None:
    (machine.home / "lock").touch()
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(machine.home / "lock")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    ) as holder:  # fmt: skip
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        remove = ("credential", "remove", "run-as/first", "--yes")
        at_once = machine.run(*remove, "--wait", "0")
        patient = machine.run(*remove, "--wait", "1")
        for ran, waits in ((at_once, False), (patient, True)):
            assert ran.code == 75
            assert f"alice (process {holder.pid}) is making a backup." in ran.err
            assert ("waiting up to 1 second for that to end" in ran.err) is waits
        waiting = subprocess.Popen(
            [*PROGRAM, "--home", str(machine.home), *remove, "--wait", "60"],
            stderr=subprocess.PIPE, stdout=subprocess.DEVNULL, text=True,
        )  # fmt: skip
        assert waiting.stderr is not None
        assert "waiting up to 60 seconds" in waiting.stderr.readline()
        holder.communicate("")
        assert waiting.wait(60) == 0, waiting.stderr.read()
        waiting.stderr.close()
    assert count(machine) == 0
