"""Marked secrets of those who open backups, and of those who are let in elsewhere, planted by command.

As tests/end_to_end/test_secrets_stay_inside.py: every command runs under strace with all that it starts. A
custodian's share is on its sheet and nowhere else. File keys and one-time identities, which nobody ever
sees, are searched for as well.
"""

import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import pytest

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.model.database_copy import is_part_name
from nskeys.ports import Purpose
from tests.core.cli.test_custodians import words_on
from tests.end_to_end.test_secrets_stay_inside import Seen, spellings, watched
from tests.fakes.command_line import Machine, connect_cheaply
from tests.fakes.fixed import Answers
from tests.fakes.injection import find_strace
from tests.fakes.s3_server import s3_server
from tests.fakes.server_keys import signed_by
from tests.fakes.sshd import a_person, an_sshd, make_key

MARKS = {
    "passphrase": "MARK-nine-pears-on-a-shelf",
    "password": "MARK-seven-apples-in-a-vault",
    "identity password": "MARK-eight-quinces-in-a-bowl",
    "new password": "MARK-four-medlars-in-straw",
    "key phrase": "MARK-six-cherries-on-a-plate",
    "login": "MARK-five-figs-in-a-basket",
    "wrong": "MARK-no-plums-at-all",
    "secret": "MARK-secret-of-the-first",
}
Planned = Sequence[tuple[int, Sequence[str]]]


class Place:
    """Machines, the files that secrets are read from, and everything that was seen of their commands."""

    def __init__(self, machine: Machine) -> None:
        find_strace()
        self.folder = machine.folder
        self.inputs, self.vault, self.sheets = (self.folder / n for n in ("inputs", "vault", "sheets"))
        for folder in (self.inputs, self.vault, self.folder / "tmp", self.folder / "units"):
            folder.mkdir()
        self.sheets.mkdir(mode=0o700)
        self.secrets = {name: text.encode() for name, text in MARKS.items()}
        self.runs: list[Seen] = []
        for name, text in MARKS.items():
            self.input(name, f"{text}\n")

    def input(self, name: str, text: str) -> str:
        """A file that a command is given: its path."""
        path = self.inputs / name.replace(" ", "-")
        path.write_text(text)
        path.chmod(0o600)
        return str(path)

    def file(self, name: str) -> str:
        """The file with one of MARKS."""
        return str(self.inputs / name.replace(" ", "-"))

    def at(self, home: str, *argv: str) -> list[str]:
        """A command on one of the machines, whose keys are under a passphrase."""
        return ["--home", str(self.folder / home), "--passphrase-file", self.file("passphrase"), *argv]

    def runs_through(self, planned: Planned) -> None:
        """Each command; each has to end with its code."""
        seen = watched(self.folder, [argv for _, argv in planned])
        self.runs.append(seen)
        self.secrets |= {f"{name} of run {len(self.runs)}": data for name, data in seen.made.items()}
        ended = zip(seen.codes, planned, strict=True)
        wrong = [(code, right, *argv[4:]) for code, (right, argv) in ended if code != right]
        assert wrong == [], seen.err.decode()

    def keys(self, home: str) -> dict[str, bytes]:
        """Every key of a home."""
        services = connect_cheaply(str(self.folder / home), None)
        store, known = services.installation.key_store, {Purpose.PASSPHRASE: [MARKS["passphrase"]]}
        with store.unlock(Answers(known)) as opened:
            found = {f"{home}: {key.kid}": opened.key(key.kid).reveal() for key in store.keys()}
            found[f"{home}: server key"] = opened.server_key().reveal()
        services.close()
        return found

    def found(self, pattern: "re.Pattern[bytes]") -> set[str]:
        """Where something was seen: in what was started, written or said, or in a file that is left."""
        places = set()
        for run in self.runs:
            places |= {"arguments or environment"} if any(map(pattern.search, run.started)) else set()
            places |= {"standard output"} if pattern.search(run.out) else set()
            places |= {"standard error"} if pattern.search(run.err) else set()
            for place, data in run.written:
                if not place.startswith(("pipe:", "/dev/")) and pattern.search(data):
                    places.add(place)
        for path in self.folder.rglob("*"):
            if path.is_file() and self.inputs not in path.parents and pattern.search(path.read_bytes()):
                places.add(str(path))
        return places

    def holds_none(self, *allowed: Path) -> None:
        """Of all the secrets nothing was seen, but below the places where they belong."""
        for name, secret in self.secrets.items():
            shapes = b"|".join(re.escape(shape) for shape in sorted(spellings(secret)))
            places = self.found(re.compile(shapes))
            assert [place for place in places if not _below(place, allowed)] == [], name
        assert list((self.folder / "tmp").iterdir()) == []


def _below(place: str, folders: Sequence[Path]) -> bool:
    return any(Path(place) == folder or folder in Path(place).parents for folder in folders)


@pytest.fixture
def place(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Place:
    world = tmp_path / "world"
    world.mkdir()
    (tmp_path / "user").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "user"))
    monkeypatch.setenv("TMPDIR", str(world / "tmp"))
    monkeypatch.delenv("SSH_AUTH_SOCK", raising=False)
    return Place(Machine(world, capsys))


def set_up(place: Place) -> Planned:
    """Keys under a passphrase, one credential, a vault that is elsewhere."""
    fields = ("--kind", "run-as", "--name", "one", "--target", "x", "--account", "y")
    return [
        (0, place.at("one", "init", "--server-name", "ns01", "--protector", "passphrase")),
        (0, place.at("one", "destination", "add", str(place.vault), "--elsewhere", "tape to the safe")),
        (0, place.at("one", "credential", "add", *fields, "--secret-file", place.file("secret"))),
    ]


def identities(place: Place) -> Planned:
    """The recovery identity is made, used with its password right and wrong, and replaced; recipients with
    an identity of age's and with an SSH key under a passphrase."""
    ours, theirs = X25519Identity.new(), X25519Identity.new()
    lines = {}
    for name, identity in (("ours", ours), ("theirs", theirs)):
        with identity.spelled() as line:
            lines[name] = place.input(name, line.text() + "\n")
            place.secrets |= {f"line of {name}": line.reveal(), name: identity.secret.reveal()}
    key = place.inputs / "ssh-key"
    make_key(key, passphrase=MARKS["key phrase"])
    one = ("--password-file", place.file("identity password"))
    new, wrong = ("--password-file", place.file("new password")), ("--password-file", place.file("wrong"))
    phrase = ("--password-file", place.file("key phrase"))
    to = ("backup", "--to", str(place.vault))
    recipients = ("--recipient", ours.recipient, "--recipient", f"{key}.pub")
    return [
        (0, place.at("one", "identity", "create", *one)),
        (64, place.at("one", "identity", "create", *new)),
        (0, place.at("one", "identity", "show")),
        (0, place.at("one", *to)),
        (77, place.at("one", "drill", "latest", *wrong)),
        (0, place.at("one", "drill", "latest", *one)),
        (0, place.at("one", "identity", "replace", *new)),
        (0, place.at("one", *to)),
        (77, place.at("one", "drill", "latest", *one)),
        (0, place.at("one", "drill", "latest", *new)),
        (0, place.at("two", "restore", str(place.vault / "latest.zip"), *new, "--protector", "passphrase")),
        (0, place.at("one", *to, *recipients)),
        (64, place.at("one", *to, "--recipient", lines["ours"])),
        (77, place.at("one", "drill", "latest", "--identity", lines["theirs"])),
        (0, place.at("one", "drill", "latest", "--identity", lines["ours"])),
        (77, place.at("one", "drill", "latest", "--identity", str(key), *wrong)),
        (0, place.at("one", "drill", "latest", "--identity", str(key), *phrase)),
    ]


def by_itself(place: Place) -> Planned:
    """What a timer is there for, and what watches it."""
    return [
        (0, place.at("one", "schedule", "show")),
        (78, place.at("one", "schedule", "install")),
        (1, place.at("one", "schedule", "status")),
        (0, place.at("one", "protector", "change", "file", "--without-backup")),
        (0, place.at("one", "schedule", "install")),
        (0, place.at("one", "schedule", "remove")),
        *([(0, place.at("one", "backup", "--everywhere"))] * 3),
        (0, place.at("one", "prune", "--plan", "--keep-last", "1", "--keep-monthly", "0")),
        (0, place.at("one", "prune", "--keep-last", "1", "--keep-monthly", "0")),
        (0, place.at("one", "status", "--json")),
        (0, place.at("one", "status", "--nagios")),
        (0, place.at("one", "status", "--prometheus")),
        (0, place.at("one", "register", "diary", "--json")),
        (0, place.at("one", "audit", "--json")),
    ]


def custodians(place: Place, texts: Sequence[str]) -> Planned:
    """Shares that are too few, misread and right, for a check, a drill and a restore."""
    lines = {
        "few": texts[:1],
        "misread": [" ".join(reversed(text.split())) for text in texts],
        "all": texts,
        "two": [texts[2], texts[0]],
    }
    given = {
        name: ("--shares-file", place.input(name, "\n".join(some) + "\n")) for name, some in lines.items()
    }
    backup = str(place.vault / "latest.zip")
    return [
        (77, place.at("one", "custodians", "check", *given["few"])),
        (65, place.at("one", "custodians", "check", *given["misread"])),
        (0, place.at("one", "custodians", "check", *given["all"])),
        (0, place.at("one", "custodians", "show")),
        (0, place.at("one", "backup", "--to", str(place.vault))),
        (77, place.at("one", "drill", "latest", *given["few"])),
        (65, place.at("one", "drill", "latest", *given["misread"])),
        (0, place.at("one", "drill", "latest", *given["two"])),
        (77, place.at("three", "restore", backup, *given["few"], "--protector", "passphrase")),
        (0, place.at("three", "restore", backup, *given["two"], "--protector", "passphrase")),
    ]


def newest(place: Place, planned: Planned) -> Planned:
    """The backup that was made last gets a name that a plan can hold; restores confirm its server key."""
    made = [path for path in place.vault.glob("ns01-*.zip") if not is_part_name(path.name)]
    last = max(made, key=lambda path: path.stat().st_mtime_ns)
    shutil.copy(last, place.vault / "latest.zip")
    return [
        (code, [*argv, *signed_by(last)] if str(place.vault / "latest.zip") in argv else argv)
        for code, argv in planned
    ]


def test_what_opens_backups_is_nowhere_else(place: Place) -> None:
    planned = identities(place)
    at = next(n for n, (_, argv) in enumerate(planned) if "restore" in argv)
    place.runs_through([*set_up(place), *planned[:at]])
    place.runs_through(newest(place, planned[at:]))
    (place.vault / "latest.zip").unlink()
    place.runs_through(by_itself(place))
    left = [path for path in place.vault.iterdir() if not is_part_name(path.name)]
    assert len(left) < 6, "some were pruned"
    assert len([name for name in place.secrets if name.startswith("identity's line")]) >= 5
    for home in ("one", "two"):
        place.secrets |= place.keys(home)
    place.holds_none()


def test_a_share_is_on_its_sheet_and_nowhere_else(place: Place) -> None:
    split = ("custodians", "split", "--shares", "3", "--threshold", "2", "--sheets", str(place.sheets))
    place.runs_through([*set_up(place), (0, place.at("one", *split))])
    texts = [words_on(path.read_text("utf-8")) for path in sorted(place.sheets.iterdir())]
    assert [len(text.split()) for text in texts] == [20] * 3
    planned = custodians(place, texts)
    at = next(n for n, (_, argv) in enumerate(planned) if "drill" in argv)
    place.runs_through(planned[:at])
    place.runs_through(newest(place, planned[at:]))
    for home in ("one", "three"):
        place.secrets |= place.keys(home)
    place.holds_none()
    for text in texts:
        for pattern in runs_of_words(text):
            assert [where for where in place.found(pattern) if not _below(where, [place.sheets])] == []
    assert any(place.found(pattern) for pattern in runs_of_words(texts[0])), "on its sheet it is found"


def runs_of_words(text: str) -> Iterator["re.Pattern[bytes]"]:
    """Any three words that follow each other, or stand side by side on a sheet, which has columns of five;
    whatever numbers and blanks are between them."""
    words = text.encode().split()
    for step in (1, 5):
        for n in range(len(words) - 2 * step):
            some = words[n : n + 3 * step : step]
            yield re.compile(rb"\b" + rb"[\W\d_]{1,40}".join(some) + rb"\b", re.IGNORECASE)


def test_what_lets_in_elsewhere_is_nowhere_else(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """An SSH server's password, a key's passphrase and a bucket's secret key, right and wrong."""
    key, options = place.inputs / "client", ("PasswordAuthentication yes",)
    make_key(key, passphrase=MARKS["key phrase"])
    far = place.folder.parent / "far"
    with (
        a_person(MARKS["login"]) as person,
        an_sshd(far, *options) as sshd,
        s3_server() as bucket,
    ):
        with (far / "authorized_keys").open("ab") as known:
            known.write(key.with_suffix(".pub").read_bytes())
        bucket.make_bucket("vault")
        bucket.enforce()
        place.secrets["secret key"] = bucket.secret.encode()
        environment = logins(place, bucket.login_files(place.inputs))
        for variable, value in environment.items():
            monkeypatch.setenv(variable, value)
        place.runs_through(set_up(place))
        place.runs_through(
            [
                *by_password(
                    place, sshd.address(opened(place.folder / "theirs"), person), sshd.fingerprint()
                ),
                *by_key(place, sshd.address(place.vault), str(key)),
                *by_bucket(place, bucket.address("vault")),
            ]
        )
    place.secrets |= place.keys("one")
    place.holds_none()


def opened(folder: Path) -> Path:
    """A folder that every user of this machine may write to."""
    folder.mkdir()
    folder.chmod(0o777)
    for parent in folder.parents:
        if parent != Path("/"):
            parent.chmod(parent.stat().st_mode | 0o055)
    return folder


def logins(place: Place, right: Mapping[str, str]) -> Mapping[str, str]:
    """AWS files with the right login, and a profile with a wrong one; the environment that leads there."""
    with Path(right["AWS_SHARED_CREDENTIALS_FILE"]).open("a") as file:
        file.write(f"[wrong]\naws_access_key_id = AKIAWRONG\naws_secret_access_key = {MARKS['wrong']}\n")
    assert Path(right["AWS_SHARED_CREDENTIALS_FILE"]).parent == place.inputs
    return right


def by_password(place: Place, address: str, fingerprint: str) -> Planned:
    """Somebody who has a password there."""
    right, wrong = (("--ssh-secret-file", place.file(name)) for name in ("login", "wrong"))
    password = ("--password-file", place.file("password"))
    return [
        (0, place.at("one", "destination", "add", address)),
        (0, place.at("one", "destination", "trust", address, "--fingerprint", fingerprint)),
        (77, place.at("one", "destination", "test", address)),
        (77, place.at("one", "destination", "test", address, *wrong)),
        (0, place.at("one", "backup", "--to", address, *right, *password)),
        (77, place.at("one", "drill", "latest", *wrong, *password)),
        (0, place.at("one", "drill", "latest", *right, *password)),
        (77, place.at("one", "restore", "latest", *wrong, *password)),
        (0, place.at("one", "restore", "latest", *right, *password)),
    ]


def by_key(place: Place, address: str, key: str) -> Planned:
    """Whoever has a key file under a passphrase."""
    right, wrong = (("--ssh-secret-file", place.file(name)) for name in ("key phrase", "wrong"))
    password = ("--password-file", place.file("password"))
    return [
        (0, place.at("one", "destination", "add", address, "--key-file", key)),
        (77, place.at("one", "destination", "test", address)),
        (77, place.at("one", "destination", "test", address, *wrong)),
        (0, place.at("one", "backup", "--to", address, *right, *password)),
        (1, place.at("one", "register", "check", *right)),  # the other server wants something else
    ]


def by_bucket(place: Place, address: str) -> Planned:
    """A login in the AWS files."""
    password = ("--password-file", place.file("password"))
    parted = "&" if "?" in address else "?"
    return [
        (69, place.at("one", "destination", "test", f"{address}{parted}profile=wrong")),
        (69, place.at("one", "backup", "--to", f"{address}{parted}profile=nobody", *password)),
        (0, place.at("one", "destination", "add", address)),
        (0, place.at("one", "backup", "--to", address, *password)),
        (0, place.at("one", "drill", "latest", *password)),
        (0, place.at("one", "restore", "latest", *password)),
    ]
