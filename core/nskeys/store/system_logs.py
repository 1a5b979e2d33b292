"""The logs of this machine: journald by its native protocol, and a syslog daemon.

Native protocol: one datagram of fields, `NAME=value` and a line feed, or where the value has a line feed
`NAME`, a line feed, its length as u64le, the value, a line feed; what is too large for a datagram goes as
a sealed memory file (systemd.io/JOURNAL_NATIVE_PROTOCOL).
"""

import errno
import fcntl
import json
import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from nskeys.errors import NskeysError
from nskeys.files import problem_of, read_if_there, replace
from nskeys.model.audit import AuditEntry
from nskeys.model.signed_json import Fields, Json, Malformed, parse_any_spelling
from nskeys.model.times import to_rfc3339
from nskeys.model.trail_copies import CopiedUpto, LogKind, journal_fields, message
from nskeys.reasons import AnyProblem, Problem, SystemProblem

if TYPE_CHECKING:
    import socket

_JOURNAL, _SYSLOG = "run/systemd/journal/socket", "dev/log"
_PATIENCE = 1.0
"""Seconds that a log may take for a line; a change waits no longer."""
_AUTHPRIV, _NOTICE = 10, 5
_SYSLOG_LIMIT = 8_000
"""Bytes of a syslog message; rsyslog cuts at 8 KiB."""
_LIMIT = 65_536
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class SystemLogs:
    """ports.TrailLogs of this machine. `state` is the file that says how far each log has the trail; `root`
    is where its sockets are looked for."""

    def __init__(self, state: Path, root: Path = Path("/")) -> None:
        self._state = state
        self._paths = {LogKind.JOURNAL: root / _JOURNAL, LogKind.SYSLOG: root / _SYSLOG}

    def there(self, kind: LogKind) -> bool:
        path = self._paths[kind]
        # Where journald is the syslog daemon as well, the line would stand in it twice.
        own = kind is not LogKind.SYSLOG or "journal" not in Path(os.path.realpath(path)).parts
        return own and path.exists()

    def send(self, kind: LogKind, cmdb_id: str, entry: AuditEntry) -> AnyProblem | None:
        try:
            if kind is LogKind.JOURNAL:
                _to_journal(self._paths[kind], native(cmdb_id, entry))
            else:
                _to_syslog(self._paths[kind], syslog(cmdb_id, entry, time.localtime()))
        except TimeoutError:
            return Problem.NO_ANSWER
        except ConnectionRefusedError:
            return Problem.REFUSED
        except OSError as error:
            return problem_of(error)
        return None

    def copied(self, cmdb_id: str) -> Mapping[LogKind, CopiedUpto]:
        try:
            data = read_if_there(self._state, _LIMIT)
            fields = Fields(parse_any_spelling(data or b"{}", _LIMIT))
            if not fields.has("cmdb_id") or fields.text("cmdb_id") != cmdb_id:
                return {}
            return {kind: _upto(fields, kind) for kind in LogKind if fields.has(kind.value)}
        except (NskeysError, Malformed):
            return {}

    def remember(self, cmdb_id: str, copied: Mapping[LogKind, CopiedUpto]) -> None:
        document: dict[str, Json] = {"cmdb_id": cmdb_id}
        for kind, upto in copied.items():
            since = None if upto.since is None else to_rfc3339(upto.since)
            document[kind.value] = {"lines": upto.lines, "problem": upto.problem, "since": since}
        try:
            replace(self._state, (json.dumps(document, indent=2) + "\n").encode("ascii"))
        except NskeysError:
            return  # a full disk: the lines are sent once more, with the same number and hash


def native(cmdb_id: str, entry: AuditEntry) -> bytes:
    """Return a record in the journal's native protocol."""
    fields = {
        "MESSAGE": message(entry),
        "PRIORITY": str(_NOTICE),
        "SYSLOG_FACILITY": str(_AUTHPRIV),
        "SYSLOG_IDENTIFIER": "nskeys",
        **journal_fields(cmdb_id, entry),
    }
    return b"".join(_field(name, value.encode("utf-8", "replace")) for name, value in fields.items())


def syslog(cmdb_id: str, entry: AuditEntry, now: time.struct_time) -> bytes:
    """Return a message as syslog(3) sends it (RFC 3164): the line's number, hash and CMDB before it, so
    that nothing of them is lost where a long line is cut."""
    moment = f"{_MONTHS[now.tm_mon - 1]} {now.tm_mday:2} {now.tm_hour:02}:{now.tm_min:02}:{now.tm_sec:02}"
    text = (
        f"<{_AUTHPRIV * 8 + _NOTICE}>{moment} nskeys[{os.getpid()}]: audit {cmdb_id} {entry.number}"
        f" {entry.digest.hex()} {entry.line}"
    )
    return text.encode("utf-8", "replace")[:_SYSLOG_LIMIT].decode("utf-8", "ignore").encode("utf-8")


def _field(name: str, value: bytes) -> bytes:
    if b"\n" in value:
        return name.encode("ascii") + b"\n" + len(value).to_bytes(8, "little") + value + b"\n"
    return name.encode("ascii") + b"=" + value + b"\n"


def _to_journal(path: Path, record: bytes) -> None:
    import socket  # here, for a run that only reads sends nothing

    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
        there.settimeout(_PATIENCE)
        try:
            there.sendto(record, str(path))
        except OSError as error:
            if error.errno not in (errno.EMSGSIZE, errno.ENOBUFS):
                raise
            _in_memory_file(there, path, record)


def _in_memory_file(there: "socket.socket", path: Path, record: bytes) -> None:
    import socket

    descriptor = os.memfd_create("nskeys-audit", os.MFD_ALLOW_SEALING | os.MFD_CLOEXEC)
    try:
        with open(descriptor, "wb", closefd=False) as file:
            file.write(record)
        seals = fcntl.F_SEAL_SHRINK | fcntl.F_SEAL_GROW | fcntl.F_SEAL_WRITE | fcntl.F_SEAL_SEAL
        fcntl.fcntl(descriptor, fcntl.F_ADD_SEALS, seals)
        there.connect(str(path))
        socket.send_fds(there, [b""], [descriptor])
    finally:
        os.close(descriptor)


def _to_syslog(path: Path, text: bytes) -> None:
    import socket

    try:
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as there:
            there.settimeout(_PATIENCE)
            there.sendto(text, str(path))
    except OSError as error:
        if error.errno != errno.EPROTOTYPE:
            raise
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as there:  # some daemons want a stream
            there.settimeout(_PATIENCE)
            there.connect(str(path))
            there.sendall(text + b"\0")


def _upto(fields: Fields, kind: LogKind) -> CopiedUpto:
    told = Fields(fields.take(kind.value))
    problem = None if told.is_null("problem") else told.text("problem")
    return CopiedUpto(
        told.integer("lines"),
        None if problem is None else _problem(problem),
        None if told.is_null("since") else told.moment("since"),
    )


def _problem(text: str) -> AnyProblem:
    try:
        return Problem(text)
    except ValueError:
        return SystemProblem(text)
