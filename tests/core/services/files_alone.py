"""What key backups and database copies bring back, with nothing else of the server that made them."""

import hashlib
from collections.abc import Sequence
from contextlib import suppress

from nskeys.archive.age.x25519 import X25519Identity
from nskeys.archive.database_copy.inspection import inspect_part, require_all
from nskeys.archive.database_copy.reading import CopyReader
from nskeys.crypto.sealing import Sealer
from nskeys.errors import NskeysError
from nskeys.model.database_copy import InspectedPart, Row, is_part_name
from nskeys.model.keys import Kid
from nskeys.model.secret import SecretBytes
from nskeys.ports import Purpose, SilentProgress
from nskeys.services.open_backup import find_source, opened
from tests.fakes.fixed import Answers
from tests.fakes.memory_site import MemoryServer, MemorySite
from tests.fakes.memory_tables import State
from tests.fakes.servers import IDENTITY_PASSWORD, PASSWORD

BroughtBack = set[tuple[str, int, str, str, str]]
"""Id, number, name, target and account of each credential whose secret opens."""


_Held = dict[Kid, SecretBytes]


def brought_back(server: MemoryServer, site: MemorySite, others: Sequence[State] = ()) -> BroughtBack:
    """What a bare machine gets from the places elsewhere that answer, and from the databases that somebody
    else backed up."""
    survived = site.elsewhere_alone()
    lying = frozenset(
        (address, name, hashlib.sha256(data).digest())
        for address, place in survived.destinations.places.items()
        for name, data in place.files.items()
    )
    known = _KNOWN.get(lying)
    if known is None:
        known = _KNOWN[lying] = _brought_back(server, survived)
    found, keys = known
    return found.union(*(_opening_in(server.cmdb.cmdb_id(), state, keys) for state in others))


_KNOWN: dict[frozenset[tuple[str, str, bytes]], tuple[BroughtBack, _Held]] = {}


def _opening_in(cmdb_id: str, state: State, keys: _Held) -> BroughtBack:
    found: BroughtBack = set()
    for kid, material in keys.items():
        mine = [row for row in state.rows.values() if row.credential.kid == kid]
        failing = set(Sealer(cmdb_id, kid, material).failing([row.row() for row in mine]))
        opening = (row.credential for row in mine if row.credential.credential_id not in failing)
        found |= {
            (one.credential_id, one.number, one.fields.name, one.fields.target, one.fields.account)
            for one in opening
        }
    return found


def _brought_back(server: MemoryServer, survived: MemorySite) -> tuple[BroughtBack, _Held]:
    fresh, parts = survived.server(), list[InspectedPart]()
    keys: dict[Kid, SecretBytes] = {}
    identities: dict[str, X25519Identity] = {}
    for address, place in survived.destinations.places.items():
        for name, data in place.files.items():
            with suppress(NskeysError):
                if is_part_name(name):
                    parts.append(inspect_part(name, data))
                else:
                    _take_keys(fresh, f"{address}/{name}", keys, identities)
    found: BroughtBack = set()
    for facts in {part.manifest.signature: part.facts for part in parts}.values():
        identity = identities.get(facts.copy_key.kid)
        if identity is None or facts.cmdb_id != server.cmdb.cmdb_id():
            continue
        with suppress(NskeysError):
            mine = {part.part: part for part in parts if part.facts == facts}
            wanted = list(mine.values())
            whole = [wanted[at] for at in require_all([(one.path, one.manifest) for one in wanted])]
            found |= _opening(facts.cmdb_id, _rows(whole, identity), keys)
    return found, keys


def _take_keys(
    fresh: MemoryServer, address: str, keys: dict[Kid, SecretBytes], identities: dict[str, X25519Identity]
) -> None:
    source = find_source(fresh.installation, address)
    answers = Answers({Purpose.BACKUP_PASSWORD: [PASSWORD], Purpose.IDENTITY_PASSWORD: [IDENTITY_PASSWORD]})
    with opened(fresh.installation, source, answers, SilentProgress()) as one:
        for key in one.contents.keys:
            keys[key.info.kid] = key.material.copy()
        for held in one.contents.copy_keys:
            identities[held.key.kid] = X25519Identity(held.secret.copy())


def _rows(parts: list[InspectedPart], identity: X25519Identity) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    reader = CopyReader(parts[0].facts, identity)
    for part in parts:
        for table, rows in reader.rows(part):
            found.setdefault(table.name, []).extend(rows)
    reader.finish()
    return found


def _opening(cmdb_id: str, rows: dict[str, list[Row]], keys: dict[Kid, SecretBytes]) -> BroughtBack:
    kids = {row[0]: str(row[1]) for row in rows.get("keys", [])}
    found: BroughtBack = set()
    for kid, material in keys.items():
        mine = [row for row in rows.get("credentials", []) if kids.get(row[1]) == kid]
        sealed = [(row[0], *row[2:]) for row in mine]
        failing = set(Sealer(cmdb_id, kid, material).failing(sealed))  # type: ignore[arg-type]
        found |= {
            (str(row[0]), int(row[7] or 0), str(row[3]), str(row[4]), str(row[5]))
            for row in mine
            if row[0] not in failing
        }
    return found
