"""Opening a backup for a restore or a drill: what it wants is asked until it opens, or given up."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from nskeys.archive.opening import signature_holds, signer_inside
from nskeys.crypto.signing import public_of, verify
from nskeys.crypto.thumbprint import server_thumbprint
from nskeys.model.backup import Facts, Inspected, KmsContents, Signer
from nskeys.model.opening import BY_ITS_OWN, Opening
from nskeys.model.places import Whereabouts
from nskeys.model.texts import is_text
from nskeys.ports import Progress, SecretProvider, Stage
from nskeys.services.installation import Installation, head_document
from nskeys.services.listening import Listening
from nskeys.services.opening import open_by
from nskeys.services.register.service import RegisterService

_UNPROVEN = {
    Signer.NOBODY: "unsigned",
    Signer.CLAIMED: "unproven_signature",
    Signer.OTHER_SERVER: "broken_signature",
    Signer.BROKEN: "broken_signature",
}
"""Reasons where the key inside does not show that it signed what is inside."""


@dataclass(frozen=True, slots=True)
class Source:
    """A backup file, inspected: what it says without a password, and where it lies."""

    inspected: Inspected
    where: Whereabouts
    destination: str
    address: str

    @property
    def recordable(self) -> bool:
        """Whether a register row can be about it: a bare `.kms` is no archive that a later look could
        compare, and an address with bytes that are no text cannot be written down."""
        return not self.inspected.bare and is_text(self.address)

    @property
    def facts(self) -> Facts | None:
        """What it says of itself; None for a bare `.kms`."""
        return self.inspected.manifest.facts if self.inspected.manifest else None


@dataclass(frozen=True, slots=True)
class OpenSource:
    """A backup whose password was given; its keys are wiped when the context that made it ends."""

    source: Source
    contents: KmsContents
    foreign: tuple[str, ...]
    """Reasons for a plain confirmation: `unsigned`, `broken_signature`, `unproven_signature`,
    `other_signer`, `other_cmdb`."""
    typed: bool = False
    """Whether a person typed what opened it."""

    @property
    def facts(self) -> Facts:
        """What the `.kms` itself says, which its keys vouch for."""
        return self.contents.facts


def find_source(installation: Installation, address: str, most: bool = False) -> Source:
    """Read and inspect a backup; `latest` is the newest one that the register can reach, with `most` the
    newest of those that bring back most credentials."""
    return Source(*RegisterService(installation).read(address, most))


@contextmanager
def opened(
    installation: Installation,
    source: Source,
    secrets: SecretProvider,
    progress: Progress,
    opening: Opening = BY_ITS_OWN,
) -> Iterator[OpenSource]:
    """The keys of a backup. Changes nothing, whatever is typed."""
    progress.stage(Stage.OPENING)
    heard = Listening(secrets)
    contents = open_by(source.inspected, opening, heard)
    try:
        yield OpenSource(source, contents, _foreign(installation, contents), heard.typed)
    finally:
        contents.wipe()


def _foreign(installation: Installation, contents: KmsContents) -> tuple[str, ...]:
    reasons = []
    other_cmdb = installation.cmdb.exists() and installation.cmdb.cmdb_id() != contents.facts.cmdb_id
    public = installation.server_public()
    if not signature_holds(contents):
        reasons.append(_UNPROVEN[signer_inside(contents)])
    elif public is not None:
        if server_thumbprint(public) != contents.facts.server_key:
            reasons.append("other_signer")
    elif not other_cmdb and not _signed_its_trail(installation, contents):
        reasons.append("other_signer")
    if other_cmdb:
        reasons.append("other_cmdb")
    return tuple(reasons)


def _signed_its_trail(installation: Installation, contents: KmsContents) -> bool:
    """Whether the CMDB's audit trail was last signed by the server key of this backup, or by nobody. On
    new hardware no key tells whose a backup is, and everybody who saw one can encrypt another to the same
    recipients: a stranger's would bring back the stranger's recovery identities."""
    if not installation.cmdb.exists() or contents.server_key is None:
        return True
    with installation.cmdb.reading() as view:
        signed = view.audit_signature()
    if signed is None:
        return True
    head, signature = signed
    document = head_document(installation.cmdb.cmdb_id(), head)
    return verify(public_of(contents.server_key), "audit", document, signature)
