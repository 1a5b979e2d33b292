"""`nskeys inspect`: what is in a backup, without its password."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.errors import NotABackup
from nskeys.model.backup import FORMAT, Manifest
from nskeys.model.database_copy import COPY_FORMAT, InspectedPart
from nskeys.model.register import Signer
from nskeys.reasons import Problem
from nskeys.wording.destinations import location_name
from nskeys.wording.labels import key_state_name, kid_name, kind_counts, protection_name
from nskeys.wording.proofs import signer_words
from nskeys.wording.recovery import with_split
from nskeys.wording.text.numbers import count, number, size
from nskeys.wording.text.times import when

if TYPE_CHECKING:
    from nskeys.services.open_backup import Source

_HEADINGS = ("key", "state", "created", "credentials")


def run(session: Session, options: Namespace) -> int:
    from nskeys.archive.manifest import manifest_bytes

    services = session.services()
    part = services.database.inspect(options.file)
    if part is not None:
        return _tell_part(session, part)
    source = services.sources.find(options.file)
    manifest = source.inspected.manifest
    if manifest is None:
        raise NotABackup(source.address, Problem.BARE)
    signer = services.sources.signer(manifest.facts)
    if session.output.as_json:
        session.output.document(
            "inspection", {**json.loads(manifest_bytes(manifest)), "signer": signer.value}
        )
    else:
        _tell(session, source, manifest, signer)
    return Exit.DONE


def _tell_part(session: Session, part: InspectedPart) -> int:
    """Tell what a part of a database copy says of itself; its signature was checked."""
    from nskeys.archive.database_copy.facts_json import manifest_bytes

    if session.output.as_json:
        session.output.document("database-part", json.loads(manifest_bytes(part.manifest)))
        return Exit.DONE
    facts = part.facts
    session.output.facts(
        [
            ("file", part.path),
            ("size", size(part.size)),
            ("part", f"{number(part.part)} of {number(len(facts.parts))}"),
            ("server", facts.server),
            ("cmdb id", facts.cmdb_id),
            ("change", number(facts.number)),
            ("format", number(COPY_FORMAT)),
            ("created", when(facts.created)),
            ("database", facts.database),
            ("server key", facts.server_key),
            ("copy key", facts.copy_key.kid),
            ("credentials", f"{number(facts.credentials)}: {', '.join(kind_counts(facts.kinds))}"),
            ("left out", count(facts.left_out.count, "row")),
        ]
    )
    session.output.lines([""])
    session.output.table(
        ("key", "credentials"), ((kid_name(kid), count(rows, "credential")) for kid, rows in facts.keys)
    )
    return Exit.DONE


def _tell(session: Session, source: "Source", manifest: Manifest, signer: Signer) -> None:
    facts = manifest.facts
    session.output.facts(
        [
            ("file", source.address),
            ("size", size(source.inspected.size)),
            ("place", location_name(source.where)),
            ("server", facts.server),
            ("cmdb id", facts.cmdb_id),
            ("backup", number(facts.generation)),
            ("format", number(FORMAT)),
            ("created", when(facts.created)),
            ("signed", signer_words(signer)),
            ("server key", facts.server_key),
            ("opens with", protection_name(facts.protection)),
            *(("", with_split(identity)) for identity in facts.identities),
            *((("hint", facts.hint),) if facts.hint else ()),
            *(("recipient", recipient) for recipient in facts.recipients),
            ("credentials", f"{number(facts.credentials)}: {', '.join(kind_counts(facts.kinds))}"),
            ("kms sha256", source.inspected.kms_sha256),
        ]
    )
    session.output.lines([""])
    session.output.table(
        _HEADINGS,
        (
            (
                kid_name(key.info.kid),
                key_state_name(key.info.state),
                when(key.info.created),
                count(key.credentials, "credential"),
            )
            for key in facts.keys
        ),
    )
