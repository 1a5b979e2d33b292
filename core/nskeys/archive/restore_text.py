"""RESTORE.txt of a key backup: instructions for a person who has to restore a server and does not know it.

The text is part of the file format. It follows from the facts alone, so a reader writes it again and
compares: nobody can put other instructions beside the keys. Therefore it never changes after a release; a
better text is a new format version (core/decisions/0002-words-of-the-archive.md).
"""

from collections.abc import Sequence

from nskeys.archive.reader import READER_SHA256
from nskeys.archive.templates import KEY_BACKUP, Holes, fill, halves, readable
from nskeys.model.backup import BackupFacts, KeyFact
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.model.register import Protection
from nskeys.model.times import to_rfc3339

_ONCE: Sequence[Holes] = ({},)


def restore_text(facts: BackupFacts) -> bytes:
    """Return the whole file, UTF-8 with line feeds. `facts.members` is not used."""
    begins, ends = halves(facts.server_key)
    holes = {
        "server": facts.server,
        "cmdb_id": facts.cmdb_id,
        "created": readable(to_rfc3339(facts.created)),
        "generation": str(facts.generation),
        "credentials": str(facts.credentials),
        "server_key_begins": begins,
        "server_key_ends": ends,
        "reader_sha256": READER_SHA256,
        "hint": facts.hint,
        "source": facts.source,
    }
    password = facts.protection is Protection.PASSWORD
    others = _others(facts)
    blocks = {
        "password": _ONCE if password else (),
        "person": _of(facts, IdentityKind.PERSON),
        "custodians": _of(facts, IdentityKind.CUSTODIANS),
        "others": _ONCE if others else (),
        "only_others": _ONCE if others and not facts.identities else (),
        "source": _ONCE if facts.source else (),
        "hint": _ONCE if facts.hint else (),
        "no_hint": _ONCE if password and not facts.hint else (),
        "recipients": [{"recipient": recipient} for recipient in facts.recipients],
        "keys": [_key(key) for key in facts.keys],
    }
    return fill(KEY_BACKUP, holes, blocks)


def _of(facts: BackupFacts, kind: IdentityKind) -> Sequence[Holes]:
    return [_identity(identity) for identity in facts.identities if identity.kind is kind]


def _identity(identity: RecoveryIdentity) -> Holes:
    return {
        "number": str(identity.number),
        "shares": str(identity.shares),
        "threshold": str(identity.threshold),
        "words": identity.set_name or "(see the sheets)",
    }


def _others(facts: BackupFacts) -> bool:
    """Return whether the backup is also for a recipient whose identity is not in the archive."""
    ours = {identity.recipient for identity in facts.identities}
    return any(recipient not in ours for recipient in facts.recipients)


def _key(key: KeyFact) -> Holes:
    return {
        "kid": key.info.kid,
        "created": readable(to_rfc3339(key.info.created)),
        "count": "1 credential" if key.credentials == 1 else f"{key.credentials} credentials",
        "state": key.info.state.value,
        "state_since": readable(to_rfc3339(key.info.state_since)),
    }
