"""`nskeys inspect`: what is in a backup, without its password."""

import json
from argparse import Namespace
from typing import TYPE_CHECKING

from nskeys.cli.exits import Exit
from nskeys.cli.parser import Commands
from nskeys.cli.session import Session
from nskeys.errors import NotABackup
from nskeys.model.backup import FORMAT, Manifest
from nskeys.wording.names import key_state_name, kid_name, kind_counts, protection_name
from nskeys.wording.places import location_name
from nskeys.wording.proofs import signer_words
from nskeys.wording.recovery import with_split
from nskeys.wording.sizes import count, number, size
from nskeys.wording.times import when

if TYPE_CHECKING:
    from nskeys.bootstrap import Services
    from nskeys.services.sources import Source

_HEADINGS = ("key", "state", "created", "credentials")


def add(commands: Commands) -> None:
    """Tell the grammar."""
    parser = commands.command(
        "inspect",
        run,
        "say what is in a backup, without its password",
        usage="FILE",
        text="With --json: the manifest of the archive.",
        example="  nskeys inspect /mnt/vault/ns01-5ac19e2b-20261122T140200Z.zip",
    )
    parser.add_argument("file", metavar="FILE", help="the .zip of a backup, or 'latest'")


def run(session: Session, options: Namespace) -> int:
    """Look into it."""
    from nskeys.archive.manifest import manifest_bytes
    from nskeys.services.sources import find_source

    services = session.services()
    source = find_source(services.installation, options.file)
    manifest = source.inspected.manifest
    if manifest is None:
        raise NotABackup(source.address, "bare")
    if session.output.as_json:
        session.output.document(json.loads(manifest_bytes(manifest)))
    else:
        _tell(session, services, source, manifest)
    return Exit.DONE


def _tell(session: Session, services: "Services", source: "Source", manifest: Manifest) -> None:
    from nskeys.archive.opening import signed_by

    facts = manifest.facts
    public = services.installation.server_public()
    ours = public is not None and signed_by(facts, manifest.signature, public)
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
            ("signed", signer_words(manifest.signature is not None, ours, public is not None)),
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
