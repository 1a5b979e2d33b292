"""Secrets that are marked: planted in every flow, and searched wherever something could have left them.

Every command runs under strace, with the programs that it starts: their arguments and environments, and
every byte that is written to a file, also to one that is gone again, are searched for each secret in each
of its spellings. So are standard output and error, and afterwards every file that is left.
"""

import base64
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import pytest

from nskeys.ports import Purpose, Wrapped
from nskeys.protectors.catalogue import protector
from nskeys.store.keystore.files import read_store
from tests.end_to_end import typed_commands
from tests.fakes.command_line import Machine, connect_cheaply
from tests.fakes.fixed import Answers
from tests.fakes.programs import need, needs
from tests.fakes.server_keys import signed_by
from tests.fakes.token import PIN, Tokens
from tests.fakes.tpm import Board

needs_strace = needs("strace")

MARKS = {
    "backup password": "MARK-seven-apples-in-a-vault",
    "passphrase": "MARK-nine-pears-on-a-shelf",
    "another passphrase": "MARK-ten-plums-in-a-jar",
    "wrong password": "MARK-no-plums-at-all",
    "first secret": "MARK-secret-of-the-first",
    "second secret": "MARK-secret-of-the-second",
    "imported secret": "MARK-secret-that-is-imported",
    "pin": PIN,
}


@dataclass(frozen=True)
class Seen:
    """What was to be seen of a run from outside."""

    started: list[bytes]
    """Arguments and environment of each program that was started."""
    written: list[tuple[str, bytes]]
    """What was written, and where."""
    out: bytes
    err: bytes
    codes: list[int]
    made: dict[str, bytes] = field(default_factory=dict)
    """What was made in memory to stay there, by its name (see typed_commands)."""

    def to_files(self) -> Iterator[tuple[str, bytes]]:
        """What went to files; pipes between nskeys and what it started are the way for secrets."""
        for place, data in self.written:
            if place.startswith("/") and not place.startswith(("/dev/", "/proc/")):
                yield place, data


def watched(folder: Path, commands: Sequence[Sequence[str]]) -> Seen:
    """Run commands, with everything that they start, under strace."""
    listed, log = folder / "commands.json", folder / "strace.log"
    listed.write_text(json.dumps(commands))
    traced = "trace=execve,write,pwrite64,writev,pwritev,pwritev2,sendto,sendmsg,sendmmsg"
    strace = ["strace", "-f", "-qq", "-y", "-xx", "-v", "-s", "1048576", "-e", traced, "-o", str(log)]
    done = subprocess.run(
        [*strace, sys.executable, typed_commands.__file__, str(listed)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stderr.decode()
    started, written = read_log(log.read_text())
    log.unlink()
    codes = json.loads(listed.with_suffix(".codes").read_text())
    hidden = json.loads(listed.with_suffix(".made").read_text())
    made = {name: typed_commands.inverted(bytes.fromhex(text)) for name, text in hidden.items()}
    return Seen(started, written, done.stdout, done.stderr, codes, made)


def read_log(log: str) -> tuple[list[bytes], list[tuple[str, bytes]]]:
    started: list[bytes] = []
    written: list[tuple[str, bytes]] = []
    for line in log.splitlines():
        strings = b"\n".join(_bytes(text) for text in re.findall(r'"((?:\\x[0-9a-f]{2})*)"', line))
        call = re.match(r"\d+ +(\w+)\((?:\d+<([^>]*)>)?", line)
        if call is None:
            continue
        if call[1] == "execve":
            started.append(strings)
        else:
            place = call[2] or ""
            written.append((_bytes(place).decode() if "\\x" in place else place, strings))
    return started, written


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text.replace("\\x", ""))


def spellings(secret: bytes) -> set[bytes]:
    """In which shapes it could lie somewhere."""
    encoded = base64.b64encode(secret).rstrip(b"=")
    url = base64.urlsafe_b64encode(secret).rstrip(b"=")
    return {secret, secret.hex().encode(), secret.hex().upper().encode(), encoded, url}


class World:
    """Two machines with a TPM, a token, and the files from which secrets are read."""

    def __init__(self, machine: Machine, board: Board, tokens: Tokens) -> None:
        self.board, self.tokens = board, tokens
        self.folder = machine.folder
        self.homes = {name: machine.folder / name for name in ("one", "two")}
        self.inputs = self.folder / "inputs"
        self.inputs.mkdir()
        self.vault = self.folder / "vault"
        self.vault.mkdir()
        for name, text in MARKS.items():
            (self.inputs / name.replace(" ", "-")).write_text(f"{text}\n")
        row = ["run-as", "three", "u", MARKS["imported secret"], "t", ""]
        lines = (["Group", "Title", "Username", "Password", "URL", "Notes"], row)
        export = "".join(",".join(f'"{text}"' for text in line) + "\n" for line in lines)
        (self.inputs / "export.csv").write_text(export)

    def file(self, name: str) -> str:
        return str(self.inputs / name.replace(" ", "-"))

    def at(self, home: str, *argv: str) -> list[str]:
        return ["--home", str(self.homes[home]), *argv]

    def keys(self, home: str) -> dict[str, bytes]:
        """Every key of a home and what wraps them, opened with the rightful protector."""
        services = connect_cheaply(str(self.homes[home]), None)
        person = Answers({Purpose.PASSPHRASE: [MARKS["another passphrase"]] * 9, Purpose.PIN: [PIN] * 9})
        store = services.installation.key_store
        found = {}
        with store.unlock(person) as opened:
            for info in store.keys():
                found[f"key {info.kid[:8]}"] = opened.key(info.kid).reveal()
            found["server key"] = opened.server_key().reveal()
        path = self.homes[home] / "store" / str(store.info().generation) / "protector.json"
        record = read_store(str(path), path.read_bytes())
        with protector(record.protector).unwrap(Wrapped(record.parameters), record.store_id, person) as kek:
            found["kek"] = kek.reveal()
        services.close()
        return found


@pytest.fixture
def world(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    board: Board,
    tokens: Tokens,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    folder = tmp_path / "world"
    folder.mkdir()
    (folder / "tmp").mkdir()
    monkeypatch.setenv("TMPDIR", str(folder / "tmp"))
    return World(Machine(folder, capsys), board, tokens)


def flows(world: World) -> list[tuple[int, list[str]]]:
    """Every flow, with how it has to end: set-up, credentials, import, backup, drill, rotation, restore,
    every protector, and the errors of each secret."""
    one, two = partial(world.at, "one"), partial(world.at, "two")
    password = ("--password-file", world.file("backup password"))
    wrong = ("--password-file", world.file("wrong password"))
    phrase = ("--passphrase-file", world.file("passphrase"))
    other = ("--passphrase-file", world.file("another passphrase"))
    pin = ("--pin-file", world.file("pin"))
    fields = ("--kind", "run-as", "--target", "finance-*", "--account", "CORP\\svc")
    first = ("--secret-file", world.file("first secret"))
    second = ("--secret-file", world.file("second secret"))
    return [
        (0, one("init", "--server-name", "ns01", "--protector", world.board.uri)),
        (0, one("destination", "add", str(world.vault), "--elsewhere", "tape to the safe")),
        (0, one("credential", "add", *fields, "--name", "one", *first)),
        (73, one("credential", "add", *fields, "--name", "one", *second)),
        (0, one("credential", "edit", "run-as/one", *second)),
        (0, one("credential", "import", world.file("export.csv"), "--kind", "run-as")),
        (0, one("backup", "--to", str(world.vault), *password, "--hint", "the usual")),
        (0, one("inspect", "latest")),
        (0, one("drill", "latest", *password)),
        (77, one("drill", "latest", *wrong)),
        (1, one("key", "rotate")),
        (0, one("backup", *password)),
        (0, one("key", "rotate")),
        (0, one("verify")),
        (0, one("protector", "change", "passphrase", *phrase)),
        (77, one("verify", "--passphrase-file", world.file("wrong password"))),
        (65, one("backup", *phrase, "--password-file", world.file("passphrase"))),
        (0, one("protector", "change", world.tokens.uri(), *phrase, *pin)),
        (77, one("verify", "--pin-file", world.file("wrong password"))),
        (0, one("verify", *pin)),
        (0, one("protector", "change", "passphrase", *pin, "--new-passphrase-file", other[1])),
        (0, one("credential", "list", "--json")),
        (0, one("status", "--json")),
        (0, one("audit", "--json")),
        (0, one("register", "check", *other)),
        (0, one("runbook")),
        (77, two("restore", str(_newest(world)), *wrong, "--protector", world.board.uri)),
        (0, two("restore", str(_newest(world)), *password, "--protector", world.board.uri)),
        (0, two("audit", "--verify")),
    ]


def _newest(world: World) -> Path:
    return world.folder / "newest.zip"


@needs_strace
def test_no_secret_is_ever_in_arguments_environment_files_or_words(world: World) -> None:
    planned = flows(world)
    before = next(n for n, (_, argv) in enumerate(planned) if argv[1] == str(world.homes["two"]))
    seen = [watched(world.folder, [argv for _, argv in planned[:before]])]
    shutil.copy(max(world.vault.iterdir(), key=lambda path: path.stat().st_mtime_ns), _newest(world))
    confirmed = signed_by(_newest(world))
    restores = [[*argv, *confirmed] if "restore" in argv else argv for _, argv in planned[before:]]
    seen.append(watched(world.folder, restores))
    ended = [code for run in seen for code in run.codes]
    assert ended == [code for code, _ in planned], _told(seen, planned)

    secrets = {name: text.encode() for name, text in MARKS.items()}
    secrets |= {f"{home}: {name}": data for home in world.homes for name, data in world.keys(home).items()}
    assert len(secrets) > 12
    for name, secret in secrets.items():
        for spelling in spellings(secret):
            for run in seen:
                assert not any(spelling in told for told in run.started), (
                    f"{name} in arguments or environment"
                )
                places = {place for place, data in run.to_files() if spelling in data}
                assert places == set(), f"{name} was written"
                assert spelling not in run.out, f"{name} on standard output"
                assert spelling not in run.err, f"{name} on standard error"
            left = [path for path in _files(world) if spelling in path.read_bytes()]
            assert left == [], f"{name} was left"
    assert list((world.folder / "tmp").iterdir()) == []
    piped = [data for place, data in seen[1].written if place.startswith("pipe:")]
    assert any(secrets["two: kek"] in data for data in piped), (
        "its way to the TPM is seen, so a file would be"
    )


def _files(world: World) -> list[Path]:
    every = (path for path in world.folder.rglob("*") if path.is_file())
    return [path for path in every if path.parent != world.inputs]


def _told(seen: Sequence[Seen], planned: Sequence[tuple[int, list[str]]]) -> str:
    codes = [code for run in seen for code in run.codes]
    wrong = [(code, *argv) for code, (right, argv) in zip(codes, planned, strict=False) if code != right]
    return f"{wrong}\n{b''.join(run.err for run in seen).decode()}"


def test_the_search_finds_what_it_looks_for(tmp_path: Path) -> None:
    """A program that leaves a secret everywhere, and removes its file again, is seen doing so."""
    need("strace")
    left = tmp_path / "gone"
    script = f"MARK=in-the-environment /bin/echo in-the-arguments > {left}; rm {left}"
    log = tmp_path / "log"
    traced = "trace=execve,write,pwrite64,writev"
    strace = ["strace", "-f", "-qq", "-y", "-xx", "-v", "-s", "4096", "-e", traced, "-o", str(log)]
    subprocess.run([*strace, "/bin/sh", "-c", script], check=True)
    started, written = read_log(log.read_text())
    assert any(b"MARK=in-the-environment" in told for told in started)
    assert any(b"\nin-the-arguments" in told for told in started)
    found = Seen(started, written, b"", b"", [])
    assert [place for place, data in found.to_files() if b"in-the-arguments" in data] == [str(left)]
