"""RESTORE.txt of format 1: for whoever has to bring a server's credentials back and was not there.

The text is part of the file format. It follows from the facts alone, so a reader writes it again and
compares: nobody can put other instructions beside the keys. Therefore not a letter here may change; a
better text is a new format version (core/decisions/0002-words-of-the-archive.md).
"""

from collections.abc import Iterator

from nskeys.archive.reader import READERS
from nskeys.model.backup import Facts, KeyFact, Protection
from nskeys.model.times import to_rfc3339

_WIDTH = 62

_HEAD = """\
RESTORE.txt                                      nskeys key backup, format 1
============================================================================

This archive holds the cryptographic keys of one Notification Server. With
them, the credentials in that server's database (the CMDB) open again on any
machine. The database itself is NOT in here: you need both.

Take your time. Reading this archive changes nothing, and a wrong password
does no harm: try again.
"""

_PASSWORD_STEPS = """\
1. See the keys with nothing but unzip and age
----------------------------------------------

    unzip ARCHIVE.zip keys.kms
    age -d keys.kms

age (https://age-encryption.org, or the package "age" of your distribution)
asks for the password and shows the keys. If it says that the passphrase is
incorrect, mind the keyboard layout and capital letters.

What it shows is a JWK Set (RFC 7517). In the list "keys", every entry with
"kty": "oct" is a key: "k" is the key itself in base64url, "kid" its name as
listed at the end. Do not leave it in a file: these keys open everything.


2. Without age: Python 3.8 or newer, nothing to install
-------------------------------------------------------

    unzip ARCHIVE.zip keys.kms open_kms.py
    sha256sum open_kms.py
    python3 -I open_kms.py keys.kms

Run it only if sha256sum prints what your runbook or the README of nskeys
says for format 1; a reader that somebody exchanged could keep the password:

    {reader}
"""

_RECIPIENTS_STEPS = """\
1. See the keys with nothing but unzip and age
----------------------------------------------

    unzip ARCHIVE.zip keys.kms
    age -d -i IDENTITY_FILE keys.kms

age (https://age-encryption.org, or the package "age" of your distribution)
needs the identity file that belongs to one of the recipients named above.
There is no password; if there is a file identity.age in this archive, it is
such an identity, encrypted by itself.

What it shows is a JWK Set (RFC 7517). In the list "keys", every entry with
"kty": "oct" is a key: "k" is the key itself in base64url, "kid" its name as
listed at the end. Do not leave it in a file: these keys open everything.


2. The file open_kms.py
-----------------------

It opens backups that are under a password. It cannot open this one.
"""

REST = """
3. Restore with nskeys
----------------------

Install nskeys on the new machine. Then, in this order:

  a. The database. Put your copy of the CMDB in place: the file
     /var/lib/nskeys/cmdb.sqlite3, or the PostgreSQL database.

  b. The keys. See first what would happen, then do it:

         nskeys restore ARCHIVE.zip --plan
         nskeys restore ARCHIVE.zip

  c. The proof. Every credential is tried, those that fail are listed:

         nskeys verify

Everything can also be done in the full-screen program: nskeys


4. Is this archive whole?
-------------------------

    nskeys inspect ARCHIVE.zip

needs no password. By hand: "sha256sum keys.kms" must print the number that
manifest.json gives for keys.kms. If it prints another, this copy is damaged:
look for another copy. That this server made the archive is proven by the
signature of the server key above, whose number is also on your runbook.


5. If nskeys is gone
--------------------

A credential's secret is sealed with AES-256-GCM under the key that its row
names. The stored value is

    0x01, nonce (12 bytes), ciphertext, tag (16 bytes)

The associated data is

    the text "nskeys/row/1" and a zero byte, then the id of the CMDB
    (16 bytes), the kid (32 bytes) and the id of the credential (16 bytes),
    then kind, name, target, account and note, each as UTF-8 behind its
    length (4 bytes, big endian)

What comes out is the secret in UTF-8, the byte 0x80, and zero bytes up to a
multiple of 64.


6. The keys in this archive
---------------------------"""


def restore_text_1(facts: Facts) -> bytes:
    """The whole file, UTF-8 with line feeds. `facts.members` plays no part in it."""
    lines = [_HEAD, *_identity(facts), "", "", _steps(facts.protection), REST]
    for key in facts.keys:
        lines.extend(key_lines(key))
    return ("\n".join(lines) + "\n").encode("utf-8")


def _identity(facts: Facts) -> Iterator[str]:
    yield from field("Server", facts.server)
    yield from field("CMDB", facts.cmdb_id)
    yield from field("Made", f"{readable(to_rfc3339(facts.created))}, backup {facts.generation}")
    yield from field("Credentials", f"{facts.credentials}, under the keys listed at the end")
    if facts.protection is Protection.PASSWORD:
        yield from field("Opened by", "a password")
        yield from field("Hint", facts.hint or "(none was given)")
    else:
        yield from field("Opened by", "the identity of one of these recipients")
        for recipient in facts.recipients:
            yield from field("", recipient)
        if facts.hint:
            yield from field("Hint", facts.hint)
    # In two halves, for a line of 78 columns; joined, they are the number on the runbook.
    yield from field("Server key", facts.server_key[:32])
    yield from field("", facts.server_key[32:])


def _steps(protection: Protection) -> str:
    if protection is Protection.PASSWORD:
        return _PASSWORD_STEPS.format(reader=READERS[1])
    return _RECIPIENTS_STEPS


def key_lines(key: KeyFact) -> Iterator[str]:
    """A key of the list at the end."""
    count = "1 credential" if key.credentials == 1 else f"{key.credentials} credentials"
    yield ""
    yield f"  {key.info.kid}"
    yield f"      made {readable(to_rfc3339(key.info.created))}, seals {count}"
    yield f"      {key.info.state} since {readable(to_rfc3339(key.info.state_since))}"


def field(name: str, value: str) -> Iterator[str]:
    """A label and its value, which is broken where it is longer than the line."""
    for at in range(0, max(1, len(value)), _WIDTH):
        yield f"  {name if at == 0 else '':<14}{value[at : at + _WIDTH]}".rstrip()


def readable(moment: str) -> str:
    """A moment as it stands in the text."""
    return moment.replace("T", " ").replace("Z", " UTC")
