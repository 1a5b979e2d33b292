"""RESTORE.txt: instructions for a person who has to restore a server and does not know it.

The text is part of the file format. It follows from the facts alone, so a reader writes it again and
compares: nobody can put other instructions beside the keys. Therefore it never changes after a release; a
better text is a new format version (core/decisions/0002-words-of-the-archive.md).
"""

from collections.abc import Iterator

from nskeys.archive.reader import READER_SHA256
from nskeys.model.backup import BackupFacts, KeyFact, Protection
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
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

_FIRST = """\
1. See the keys with nothing but unzip and age
----------------------------------------------
"""

_PASSWORD = """
    unzip ARCHIVE.zip keys.kms
    age -d keys.kms

age (https://age-encryption.org, or the package "age" of your distribution)
asks for the password and shows the keys. If it says that the passphrase is
incorrect, mind the keyboard layout and capital letters.
"""

_PERSON = """
With the password of recovery identity {number}, which was chosen when that
identity was made and is the same for all backups since:

    unzip ARCHIVE.zip keys.kms identity.age
    age -d -i identity.age keys.kms

age (https://age-encryption.org, or the package "age" of your distribution)
asks for the password and shows the keys. If it says that the passphrase is
incorrect, mind the keyboard layout and capital letters.
"""

_CUSTODIANS = """
With any {threshold} of the {shares} sheets of the custodians, which were printed when
custodians' identity {number} was made (SLIP-39). The words of each begin with:
{words}

    python3 -m venv slip39
    slip39/bin/pip install "shamir-mnemonic[cli]==0.3.0"
    slip39/bin/shamir recover
    unzip ARCHIVE.zip keys.kms identity-custodians.age
    age -d -i identity-custodians.age keys.kms

shamir asks for the words of one sheet after the other and prints a master
secret of 32 digits and letters. That is the password that age asks for.
With nskeys (part 3), the words are asked for by: nskeys restore --shares
"""

_OTHERS = """
With the identity file, or the ssh key, of a recipient that is named above:

    unzip ARCHIVE.zip keys.kms
    age -d -i IDENTITY_FILE keys.kms
"""

_SHOWN = """
What it shows is a JWK Set (RFC 7517). In the list "keys", every entry with
"kty": "oct" is a key: "k" is the key itself in base64url, "kid" its name as
listed at the end. Do not leave it in a file: these keys open everything.


2. Without age: Python 3.8 or newer, nothing to install
-------------------------------------------------------
"""

_READER = """
    unzip ARCHIVE.zip open_kms.py {members}
    sha256sum open_kms.py
    python3 -I open_kms.py {members}
"""

_READER_FOR_OTHERS = """
    unzip ARCHIVE.zip open_kms.py keys.kms
    sha256sum open_kms.py
    python3 -I open_kms.py keys.kms IDENTITY_FILE
"""

_CHECKED = """
Run it only if sha256sum prints what your runbook or the README of nskeys
says for format 1; a reader that somebody exchanged could keep the password:

    {reader}
"""

_AGE_ONLY = """
It takes identities of age, under a password or not, and no ssh keys.
"""


_REST = """
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


def restore_text(facts: BackupFacts) -> bytes:
    """Return the whole file, UTF-8 with line feeds. `facts.members` is not used."""
    lines = [_HEAD, *_identity(facts), "", "", "".join(_steps(facts)), _REST]
    for key in facts.keys:
        lines.extend(_key_lines(key))
    return ("\n".join(lines) + "\n").encode("utf-8")


def _identity(facts: BackupFacts) -> Iterator[str]:
    yield from _field("Server", facts.server)
    yield from _field("CMDB", facts.cmdb_id)
    yield from _field("Made", f"{_readable(to_rfc3339(facts.created))}, backup {facts.generation}")
    yield from _field("Credentials", f"{facts.credentials}, under the keys listed at the end")
    name = "Opened by"
    for way in _ways(facts):
        yield from _field(name, way)
        name = "or by"
    if facts.hint or facts.protection is Protection.PASSWORD:
        yield from _field("Hint", facts.hint or "(none was given)")
    name = "Recipients"
    for recipient in facts.recipients:
        yield from _field(name, recipient)
        name = ""
    # In two halves, for a line of 78 columns; joined, they are the number on the runbook.
    yield from _field("Server key", facts.server_key[:32])
    yield from _field("", facts.server_key[32:])


def _ways(facts: BackupFacts) -> Iterator[str]:
    if facts.protection is Protection.PASSWORD:
        yield "a password"
    for identity in facts.identities:
        if identity.kind is IdentityKind.PERSON:
            yield f"the password of recovery identity {identity.number}"
        else:
            shares = f"{identity.threshold} of the {identity.shares} shares"
            yield f"{shares} of custodians' identity {identity.number}"
    if _others(facts):
        yield "the identity of a recipient"


def _steps(facts: BackupFacts) -> Iterator[str]:
    yield _FIRST
    if facts.protection is Protection.PASSWORD:
        yield _PASSWORD
    for identity in facts.identities:
        yield _way(identity)
    if _others(facts):
        yield _OTHERS
    yield _SHOWN
    if facts.protection is Protection.PASSWORD:
        yield _READER.format(members="keys.kms")
    for identity in facts.identities:
        yield _READER.format(members=f"keys.kms {identity.member}")
    if facts.recipients and not facts.identities:
        yield _READER_FOR_OTHERS
    yield _CHECKED.format(reader=READER_SHA256)
    if _others(facts):
        yield _AGE_ONLY


def _way(identity: RecoveryIdentity) -> str:
    if identity.kind is IdentityKind.PERSON:
        return _PERSON.format(number=identity.number)
    return _CUSTODIANS.format(
        number=identity.number,
        shares=identity.shares,
        threshold=identity.threshold,
        words=identity.set_name or "(see the sheets)",
    )


def _others(facts: BackupFacts) -> bool:
    """Return whether the backup is also for a recipient whose identity is not in the archive."""
    ours = {identity.recipient for identity in facts.identities}
    return any(recipient not in ours for recipient in facts.recipients)


def _key_lines(key: KeyFact) -> Iterator[str]:
    """Yield a key of the list at the end."""
    count = "1 credential" if key.credentials == 1 else f"{key.credentials} credentials"
    yield ""
    yield f"  {key.info.kid}"
    yield f"      made {_readable(to_rfc3339(key.info.created))}, seals {count}"
    yield f"      {key.info.state} since {_readable(to_rfc3339(key.info.state_since))}"


def _field(name: str, value: str) -> Iterator[str]:
    """Yield a label and its value, broken into lines where it is too long."""
    for at in range(0, max(1, len(value)), _WIDTH):
        yield f"  {name if at == 0 else '':<14}{value[at : at + _WIDTH]}".rstrip()


def _readable(moment: str) -> str:
    """Return a moment as the text shows it."""
    return moment.replace("T", " ").replace("Z", " UTC")
