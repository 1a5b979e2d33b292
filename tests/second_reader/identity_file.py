"""A recovery identity's file: an age file under a password with one identity (R-11.5, R-10.7)."""

import re

from tests.second_reader.age_file import open_age
from tests.second_reader.age_header import parse_header
from tests.second_reader.age_stanzas import Password
from tests.second_reader.bech32 import read_identity
from tests.second_reader.refusal import Refused, refuse_unless

MOST_BYTES = 64 * 2**10
IDENTITY = re.compile(r"[ \t]*(AGE-SECRET-KEY-1[A-Za-z0-9]{58})[ \t\r]*")
BLANK = re.compile(r"[ \t\r]*")
COMMENT = re.compile(r"[ \t]*#.*")


def open_identity_file(data: bytes, password: str) -> str:
    """Open an identity file and give its identity."""
    refuse_unless(len(data) <= MOST_BYTES, "damaged", "R-10.7", "more than 64 KiB")
    return find_identity(open_age(data, Password(password)))


def find_identity(plain: bytes) -> str:
    """Find the one identity in the plaintext."""
    try:
        text = plain.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Refused("damaged", "R-11.5", "no text") from error
    found = []
    for line in text.split("\n"):
        if BLANK.fullmatch(line) or COMMENT.fullmatch(line):
            continue
        identity = IDENTITY.fullmatch(line)
        if identity is None or read_identity(identity[1]) is None:
            raise Refused("damaged", "R-11.5", "a line that is no identity")
        found.append(identity[1])
    refuse_unless(len(found) == 1, "damaged", "R-11.5", f"{len(found)} identities")
    return found[0]


def check_identity_member(data: bytes) -> None:
    """Check the identity file of an archive without opening it (R-6.12, R-10.7)."""
    refuse_unless(len(data) <= MOST_BYTES, "forged", "R-10.7", "an identity file of more than 64 KiB")
    try:
        header = parse_header(data)
    except Refused as refused:
        raise Refused("forged", "R-6.12", f"no age file: {refused.seen}") from refused
    refuse_unless(header.under_password, "forged", "R-6.12", "not under a password")
