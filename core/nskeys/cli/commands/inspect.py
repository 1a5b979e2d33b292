"""`nskeys inspect`: what is in a backup, without its password."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli.exit_codes import Exit
from nskeys.cli.session import Session
from nskeys.errors import NotABackup
from nskeys.model.backup import FORMAT, Manifest, Signer
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
    source = services.sources.find(options.file)
    manifest = source.inspected.manifest
    if manifest is None:
        raise NotABackup(source.address, Problem.BARE)
    signer = services.sources.signer(manifest)
    if session.output.as_json:
        session.output.document({**json.loads(manifest_bytes(manifest)), "signer": signer.value})
    else:
        _tell(session, source, manifest, signer)
    return Exit.BAD_DATA if signer is Signer.BROKEN else Exit.DONE


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
            ("signed", signer_words(signer, facts.server_key)),
            ("server key", facts.server_key),
            ("opened by", protection_name(facts.protection)),
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
