"""A worker process for KeePass databases: `python -m nskeys.imports.kdbx_worker`.

The library that reads them is another project's, under a licence of its own, and what it reads may be
hostile. So one question comes on standard input, one answer goes to standard output, and the process ends;
memory and processor time are limited before the library is loaded.

    {"password", "key_file": base64, "rounds", "seed": base64, "memory", "seconds"} LF the database
    {"refused": ""} LF the XML inside, or {"refused": a token} LF

Protected values are written out; one that is no text of XML is marked, never changed.
"""

import base64
import binascii
import hashlib
import io
import json
import re
import resource
import sys
from collections.abc import Mapping
from typing import Any

from nskeys.private_memory import keep_memory_private

WRONG, NO_LIBRARY, DAMAGED, UNKNOWN, KEY_FILE, MEMORY, LIMIT = (
    "wrong_password",
    "kdbx",
    "kdbx_damaged",
    "kdbx_version",
    "key_file",
    "memory",
    "kdbx_failed",
)
UNDECODABLE = "undecodable"
"""What the mark `Protected` says of a value that is no text of XML."""

_NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Refused(Exception):
    """The database does not open; the argument is the reason's token."""


def main() -> None:
    keep_memory_private()
    head, _, data = sys.stdin.buffer.read().partition(b"\n")
    question = json.loads(head)
    _limit(resource.RLIMIT_AS, question["memory"])
    _limit(resource.RLIMIT_CPU, question["seconds"])
    said, found = "", b""
    try:
        found = opened(question, data)
    except Refused as refused:
        said = str(refused)
    except MemoryError:
        said = LIMIT
    sys.stdout.buffer.write(json.dumps({"refused": said}).encode() + b"\n" + found)


def opened(question: Mapping[str, Any], data: bytes) -> bytes:
    """Return the XML inside. Raises Refused, MemoryError."""
    try:
        import pykeepass
        from lxml import etree
        from pykeepass.kdbx_parsing import common
    except ImportError:
        raise Refused(NO_LIBRARY) from None
    common.UnprotectedStream._decode = _unprotected
    known = _known(question, common)
    try:
        tree = pykeepass.PyKeePass(io.BytesIO(data), **known).tree
        for value in tree.iterfind(".//Value[@Protected='True']"):
            del value.attrib["Protected"]
        return bytes(etree.tostring(tree, encoding="utf-8"))
    except MemoryError:
        raise
    except Exception as error:  # noqa: BLE001  # a hostile file may make the library raise anything
        # Its message may hold what was read, so it is looked at and not told.
        if "memory" in str(error).casefold() and type(error).__name__ not in _REFUSALS:
            raise MemoryError from None
        raise Refused(_REFUSALS.get(type(error).__name__, DAMAGED)) from None


_REFUSALS = {"CredentialsError": WRONG, "HashingError": MEMORY, "MappingError": UNKNOWN}
"""What the errors of the library, of Argon2 and of the parser mean; all others mean damage."""


def _known(question: Mapping[str, Any], common: Any) -> dict[str, Any]:
    """Return what the database is opened with. Raises Refused (`key_file`)."""
    known: dict[str, Any] = {"password": question["password"]}
    if question["key_file"]:
        known["keyfile"] = io.BytesIO(base64.b64decode(question["key_file"]))
        # Without a password nothing of one goes into the key; an empty one would.
        known["password"] = question["password"] or None
    try:
        composite = common.compute_key_composite(**known)
    except (OSError, AssertionError, ValueError):
        raise Refused(KEY_FILE) from None
    if question["rounds"]:
        known["transformed_key"] = _transformed(composite, question)
    return known


def _transformed(composite: bytes, question: Mapping[str, Any]) -> bytes:
    """Return the key after the rounds of AES. The library calls AES once a round; CBC over zeros is the
    same chain in one call for each half."""
    from Cryptodome.Cipher import AES

    seed, rounds = base64.b64decode(question["seed"]), question["rounds"]
    halves = []
    for half in (composite[:16], composite[16:]):
        left = rounds
        while left:
            size = min(left, _ROUNDS_AT_ONCE)
            half = AES.new(seed, AES.MODE_CBC, iv=half).encrypt(bytes(16 * size))[-16:]
            left -= size
        halves.append(half)
    return hashlib.sha256(b"".join(halves)).digest()


_ROUNDS_AT_ONCE = 1 << 18


def _unprotected(self: Any, tree: Any, context: Any, path: Any) -> Any:
    """Decrypt the protected values in their order. The library's own way drops characters that are none of
    XML and leaves what is no text encrypted, so a password would be taken changed."""
    del path
    cipher = self.get_cipher(self.protected_stream_key(context))
    for value in tree.iterfind(".//Value[@Protected='True']"):
        if value.text is None:
            continue
        try:
            text = cipher.decrypt(base64.b64decode(value.text, validate=True)).decode("utf-8")
        except (UnicodeDecodeError, binascii.Error):
            text = None
        if text is None or _NO_XML.search(text):
            value.set("Protected", UNDECODABLE)
            value.text = ""
        else:
            value.text = text
    return tree


def _limit(what: int, wanted: int) -> None:
    highest = resource.getrlimit(what)[1]
    limit = wanted if highest == resource.RLIM_INFINITY else min(wanted, highest)
    resource.setrlimit(what, (limit, limit))


if __name__ == "__main__":
    main()
