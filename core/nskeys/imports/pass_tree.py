"""The tree of `pass` and `gopass`: a folder with `.gpg-id`, and in it a file for each secret, encrypted
with OpenPGP. Each is opened by this user's `gpg`.

The first line of a file is the secret. Lines `name: value` behind it are fields, other lines the note;
where no field names the account, the file's name is it, as browsers' plugins for `pass` have it. The folder
is the group.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Timer

from nskeys.errors import ImportUnreadable, WrongPassword
from nskeys.imports.parsing import ROW_LIMIT, Collector
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.model.secret import SecretBytes
from nskeys.ports import ExportUnlock, Purpose
from nskeys.reasons import FieldProblem, ImportProblem, Opens

MARK, GOPASS_MARK = ".gpg-id", ".age-recipients"
SIZE_LIMIT = 1 << 20
"""Bytes of what is in one file."""
SECONDS = 60
"""For one file: a card may want to be touched."""

_ACCOUNT = ("login", "username", "user", "account")
_TARGET = ("url", "host", "server", "target", "address")
_FIELD = re.compile(r"([A-Za-z][\w .-]{0,40}):(?:[ \t]+(.*)|)")
_OTP = "otpauth://"
_OTHERS = (".git", ".extensions", ".public-keys")
"""Folders that hold no secrets."""


def read(source: str, folder: str, unlock: ExportUnlock) -> ParsedExport:
    """Return every secret of the tree. Asks for a passphrase where `gpg` wants one. Raises ImportUnreadable
    (`not_a_tree`, `gopass_age`, `no_gpg`, `no_gpg_key`, `gpg_failed`, `too_many_rows`)."""
    root = Path(folder)
    if not (root / MARK).is_file():
        gopass = (root / GOPASS_MARK).is_file()
        raise ImportUnreadable(source, ImportProblem.GOPASS_AGE if gopass else ImportProblem.NOT_A_TREE)
    files = sorted(_files(source, root))
    program = shutil.which("gpg")
    if program is None:
        raise ImportUnreadable(source, ImportProblem.NO_GPG)
    findings = Collector(source, ImportFormat.PASS)
    gpg = _Gpg(source, program, unlock)
    try:
        for row, file in enumerate(files, 1):
            _read_file(findings, row, file.relative_to(root).with_suffix(""), gpg.opened(file))
    finally:
        gpg.forget()
    return findings.parsed()


def _files(source: str, root: Path) -> Iterator[Path]:
    many = 0
    for above, folders, names in os.walk(root):
        folders[:] = [name for name in folders if name not in _OTHERS]
        for name in names:
            if name.endswith(".gpg"):
                many += 1
                if many > ROW_LIMIT:
                    raise ImportUnreadable(source, ImportProblem.TOO_MANY_ROWS)
                yield Path(above, name)


class _Gpg:
    """Opens files. A passphrase is asked for where the agent does not know it, and then used for all."""

    def __init__(self, source: str, program: str, unlock: ExportUnlock) -> None:
        self._source = source
        self._program = program
        self._unlock = unlock
        self._passphrase = SecretBytes(b"")
        self._here = frozenset(self._keys())

    def opened(self, file: Path) -> SecretBytes:
        """Return what is in a file. Raises ImportUnreadable, which names the file."""
        try:
            return self._run(file, self._passphrase)
        except WrongPassword:
            self.forget()
        self._passphrase = self._unlock(Purpose.GPG_PASSPHRASE, lambda given: self._tried(file, given))
        return self._run(file, self._passphrase)

    def forget(self) -> None:
        """Wipe the passphrase that was given."""
        self._passphrase.wipe()

    def _tried(self, file: Path, passphrase: SecretBytes) -> SecretBytes:
        self._run(file, passphrase).wipe()
        return passphrase.copy()

    def _run(self, file: Path, passphrase: SecretBytes) -> SecretBytes:
        """Return what is in a file. The passphrase goes through standard input; without one the agent is
        told to ask nobody. Raises WrongPassword, ImportUnreadable."""
        way = ("loopback", "--passphrase-fd", "0") if passphrase else ("error",)
        code, plain, said = self._ended(
            ("--pinentry-mode", *way, "--decrypt", "--", str(file)), passphrase.reveal() + b"\n"
        )
        if code == 0 and len(plain) <= SIZE_LIMIT:
            return SecretBytes(plain)
        keys = _ENCRYPTED_TO.findall(said)
        if not keys:
            raise ImportUnreadable(str(file), ImportProblem.GPG_FAILED)
        if self._here.isdisjoint(keys):
            raise ImportUnreadable(str(file), ImportProblem.NO_GPG_KEY)
        raise WrongPassword(Opens.GPG_KEY, self._source)

    def _keys(self) -> Iterator[str]:
        """Yield the ids of this user's secret keys, and that of keys that are not named."""
        yield "0" * 16
        _, listed, _ = self._ended(("--with-colons", "--list-secret-keys"), b"")
        for line in listed.decode("utf-8", "replace").splitlines():
            kind, *fields = line.split(":")
            if kind in ("sec", "ssb") and len(fields) > 3:
                yield fields[3]

    def _ended(self, options: tuple[str, ...], given: bytes) -> tuple[int, bytes, str]:
        """Return the program's exit code, its output, and its lines for machines."""
        with subprocess.Popen(  # noqa: S603  # `gpg` as found in PATH; a file is one argument behind "--"
            [self._program, "--batch", "--quiet", "--no-tty", "--status-fd", "2", *options],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,  # Ctrl+C is for the program to deal with
        ) as process:
            alarm = Timer(SECONDS, process.kill)
            alarm.start()
            try:
                output, said = process.communicate(given)
            finally:
                alarm.cancel()
                process.kill()
        return process.returncode, output, said.decode("utf-8", "replace")


_ENCRYPTED_TO = re.compile(r"^\[GNUPG:\] ENC_TO ([0-9A-F]{16}) ", re.MULTILINE)


def _read_file(findings: Collector, row: int, path: Path, content: SecretBytes) -> None:
    title, group = path.name, path.parent.as_posix() if path.parent.name else ""
    text = _text(content)
    if text is None:
        findings.refuse(row, title, "secret", FieldProblem.NOT_TEXT)
        return
    secret, _, rest = text.partition("\n")
    fields, note, further = dict[str, str](), list[str](), list[str]()
    for line in rest.splitlines():
        found = _FIELD.fullmatch(line)
        if line.startswith(_OTP):
            further.append("otpauth")
        elif found is not None and found[1].casefold() not in fields:
            fields[found[1].casefold()] = found[2] or ""
        elif line.strip() not in ("", "---"):
            note.append(line)
    account = next((name for name in _ACCOUNT if fields.get(name)), "")
    target = next((name for name in _TARGET if fields.get(name)), "")
    further += (name for name, value in fields.items() if value and name not in (account, target))
    findings.drop(title, further)
    findings.take(
        row,
        group=group,
        title=title,
        username=fields.get(account, title),
        url=fields.get(target, ""),
        notes="\n".join(note),
        secret=secret.removesuffix("\r"),
    )


def _text(content: SecretBytes) -> str | None:
    """Return what is in a file, which is wiped; None for what is no UTF-8."""
    with content:
        try:
            return content.text()
        except UnicodeDecodeError:
            return None
