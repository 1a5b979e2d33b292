"""KDBX 3 and 4, the databases of KeePass and KeePassXC, read by `kdbx_worker`.

The header is in the clear and says what opening costs, so it is read and bounded here before anything is
derived. The cost is spent in a child process with limits of its own, one at a time (`one_derivation`).
What is inside is KeePass' XML.
"""

import base64
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from struct import error as struct_error, unpack_from
from threading import Timer
from typing import Any

from nskeys.crypto.kdf import one_derivation
from nskeys.errors import ImportUnreadable, NotEnoughMemory, WrongPassword
from nskeys.imports import kdbx_worker, keepass_xml
from nskeys.model.imports import ImportFormat, ParsedExport
from nskeys.model.secret import SecretBytes
from nskeys.ports import ExportUnlock, Purpose
from nskeys.reasons import ImportProblem, Opens

MEMORY_LIMIT = 1 << 30
"""Bytes that Argon2 may ask for."""
WORK_LIMIT = 32 << 30
"""Bytes times passes of Argon2: half a minute."""
LANES_LIMIT = 64
ROUNDS_LIMIT = 200_000_000
"""Rounds of AES: half a minute."""
SECONDS = 120
ANSWER_LIMIT = 256 * 1024 * 1024
"""Bytes of the XML inside, which may be compressed."""
_BESIDES = 3 << 29
"""Bytes of address space that reading may take besides the key derivation."""

_AES = bytes.fromhex("c9d9f39a628a4460bf740d08c18a4fea")
_ARGON2D = bytes.fromhex("ef636ddf8c29444b91f7a9a403e30a0c")
_ARGON2ID = bytes.fromhex("9e298b1956db4773b23dfc3ec6f0a1e6")
_BEFORE_HEADER = 12
_SEED, _ROUNDS, _PARAMETERS = 5, 6, 11
_INTEGERS = {0x04: "<I", 0x05: "<Q", 0x0C: "<i", 0x0D: "<q"}
_REFUSALS = {
    kdbx_worker.NO_LIBRARY: ImportProblem.KDBX,
    kdbx_worker.DAMAGED: ImportProblem.KDBX_DAMAGED,
    kdbx_worker.UNKNOWN: ImportProblem.KDBX_VERSION,
    kdbx_worker.KEY_FILE: ImportProblem.KEY_FILE,
}


@dataclass(frozen=True, slots=True)
class Cost:
    """What the header asks for."""

    memory: int = 0
    """Bytes."""
    rounds: int = 0
    """Of AES; 0 for Argon2."""
    seed: bytes = b""


def read(source: str, data: bytes, unlock: ExportUnlock) -> ParsedExport:
    """Return every entry. Asks for the key file, then for the password until they open it. Raises
    ImportUnreadable, NotEnoughMemory."""
    cost = cost_of(source, data)
    if not installed():
        raise ImportUnreadable(source, ImportProblem.KDBX)
    with unlock(Purpose.EXPORT_KEY_FILE, SecretBytes.copy) as key_file:
        inside = unlock(
            Purpose.EXPORT_PASSWORD, lambda password: _opened(source, data, cost, password, key_file)
        )
    return replace(keepass_xml.read(source, inside), format=ImportFormat.KDBX)


def installed() -> bool:
    """Return whether the library is there, without loading it."""
    from importlib.util import find_spec

    return find_spec("pykeepass") is not None


def cost_of(source: str, data: bytes) -> Cost:
    """Return what opening costs. Raises ImportUnreadable (`kdbx_version`, `kdbx_damaged`,
    `export_kdf_cost`)."""
    problem = ImportProblem.KDBX_DAMAGED
    try:
        (version,) = unpack_from("<H", data, 10)
        if version not in (3, 4):
            raise ImportUnreadable(source, ImportProblem.KDBX_VERSION)
        fields = dict(_fields(data, version))
        cost = _derivation(fields[_PARAMETERS]) if version == 4 else _aes(fields[_ROUNDS], fields[_SEED])
    except _TooCostly:
        problem = ImportProblem.KDF_COST
    except (struct_error, KeyError, ValueError):
        pass
    else:
        if cost is not None:
            return cost
        problem = ImportProblem.KDBX_VERSION
    raise ImportUnreadable(source, problem)


class _TooCostly(Exception):
    """The derivation is beyond the bounds."""


def _fields(data: bytes, version: int) -> Iterator[tuple[int, bytes]]:
    """Yield the header's fields up to its end. Raises ValueError or struct's error where it is cut."""
    size_of, place = ("<H", 2) if version == 3 else ("<I", 4), _BEFORE_HEADER
    while True:
        kind, (size,) = data[place : place + 1], unpack_from(size_of[0], data, place + 1)
        begins = place + 1 + size_of[1]
        if not kind or begins + size > len(data):
            raise ValueError("a header that is cut")
        if kind == b"\0":
            return
        yield kind[0], data[begins : begins + size]
        place = begins + size


def _derivation(parameters: bytes) -> Cost | None:
    """Return the cost of a VariantDictionary; None for a derivation that is not known."""
    values, place = dict[str, Any](), 2
    while kind := parameters[place]:
        (named,) = unpack_from("<I", parameters, place + 1)
        begins = place + 5 + named
        (size,) = unpack_from("<I", parameters, begins)
        value = parameters[begins + 4 : begins + 4 + size]
        if len(value) < size:
            raise ValueError("a value that is cut")
        name = parameters[place + 5 : begins].decode("ascii")
        values[name] = unpack_from(_INTEGERS[kind], value)[0] if kind in _INTEGERS else value
        place = begins + 4 + size
    if values["$UUID"] == _AES:
        return _aes(values["R"], values["S"])
    if values["$UUID"] not in (_ARGON2D, _ARGON2ID):
        return None
    memory, passes, lanes = (int(values[name]) for name in "MIP")
    if memory > MEMORY_LIMIT or memory * passes > WORK_LIMIT or lanes > LANES_LIMIT:
        raise _TooCostly
    return Cost(memory=memory)


def _aes(rounds: bytes | int, seed: bytes) -> Cost:
    many = rounds if isinstance(rounds, int) else int(unpack_from("<Q", rounds)[0])
    if many > ROUNDS_LIMIT:
        raise _TooCostly
    if not many or len(seed) != 32:
        raise ValueError("no rounds")
    return Cost(rounds=many, seed=seed)


def _opened(source: str, data: bytes, cost: Cost, password: SecretBytes, key_file: SecretBytes) -> str:
    """Return the XML inside. Raises WrongPassword, ImportUnreadable, NotEnoughMemory."""
    question = {
        "password": password.text(),
        "key_file": base64.b64encode(key_file.reveal()).decode("ascii"),
        "rounds": cost.rounds,
        "seed": base64.b64encode(cost.seed).decode("ascii"),
        "memory": cost.memory + _BESIDES,
        "seconds": SECONDS,
    }
    with one_derivation():
        answer = ask(json.dumps(question).encode("ascii") + b"\n" + data)
    if len(answer) >= ANSWER_LIMIT:
        raise ImportUnreadable(source, ImportProblem.TOO_LARGE)
    head, _, inside = answer.partition(b"\n")
    try:
        refused = str(json.loads(head)["refused"])
        text = inside.decode("utf-8")
    except (ValueError, KeyError, TypeError):
        # It was killed at a limit, or by what it read.
        refused, text = "", ""
    if refused == kdbx_worker.WRONG:
        raise WrongPassword(Opens.EXPORT, source)
    if refused == kdbx_worker.MEMORY:
        raise NotEnoughMemory(-(-cost.memory // (1 << 20)))
    if refused or not text:
        raise ImportUnreadable(source, _REFUSALS.get(refused, ImportProblem.KDBX_FAILED))
    return text


def ask(question: bytes, seconds: float = SECONDS) -> bytes:
    """Return what the worker says, at most ANSWER_LIMIT bytes; what it said until then where it was killed
    for taking longer."""
    with subprocess.Popen(  # this interpreter with a module of our own
        [sys.executable, "-P", "-m", "nskeys.imports.kdbx_worker"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        cwd="/",
        start_new_session=True,  # Ctrl+C is for the program to deal with
    ) as process:
        alarm = Timer(seconds, process.kill)
        alarm.start()
        try:
            return _talk(process, question)
        finally:
            alarm.cancel()
            process.kill()


def _talk(process: "subprocess.Popen[bytes]", question: bytes) -> bytes:
    if process.stdin is None or process.stdout is None:
        return b""
    try:
        with process.stdin as told:
            told.write(question)
        return process.stdout.read(ANSWER_LIMIT)
    except OSError:
        return b""
