"""Who signed the checkpoint of a database: this server, one before it, or somebody else.

The checkpoint here names the server keys before this one by their thumbprints alone. The public half of an
earlier one stands in every archive that it signed.
"""

from contextlib import suppress
from enum import StrEnum

from nskeys.archive.heads import HEAD, LONGEST_HEAD, head_of
from nskeys.crypto.keys import server_thumbprint
from nskeys.crypto.signing import verify
from nskeys.errors import NskeysError
from nskeys.model.checkpoint import Checkpoint, SignedCheckpoint, is_void
from nskeys.services.installation import Installation
from nskeys.services.register.predecessors import checkpoint_by
from nskeys.services.register.signed_rows import SignedRegister, read_register
from nskeys.services.settling import LABEL


class Signature(StrEnum):
    """Whose signature a checkpoint has."""

    HOLDS = "holds"
    """This server's, or that of one before it as far as it counts here."""
    OTHER = "other"
    UNKNOWN = "unknown"
    """It should be that of an earlier server key, whose public half is nowhere to be had."""
    ABANDONED = "abandoned"
    """It holds, for a change that does not count any more."""


def signature_of(installation: Installation, stored: SignedCheckpoint, checkpoint: Checkpoint) -> Signature:
    """Return whose signature the checkpoint of another database of this CMDB has. `checkpoint` is what
    `stored` says."""
    public = installation.server_public()
    if public is None:
        return Signature.OTHER
    with installation.cmdb.reading() as view:
        here = checkpoint_by(view, public)
        register = read_register(view, public)
    if checkpoint.server_key == server_thumbprint(public):
        counts = here is None or not is_void(here.void, checkpoint.number)
    else:
        earlier = {one.server_key: one.upto for one in here.predecessors} if here is not None else {}
        if checkpoint.server_key not in earlier:
            return Signature.OTHER
        found = _public_half(installation, register, checkpoint.server_key)
        if found is None:
            return Signature.UNKNOWN
        public, counts = found, checkpoint.number <= earlier[checkpoint.server_key]
    if not verify(public, LABEL, stored.text.encode("utf-8", "replace"), stored.signature):
        return Signature.OTHER
    return Signature.HOLDS if counts else Signature.ABANDONED


def _public_half(installation: Installation, register: SignedRegister, thumbprint: str) -> bytes | None:
    """Return the public half of an earlier server key, from an archive that it signed and that can be read
    now."""
    keys = (one.address for one in register.copies if one.signed and one.backup.server_key == thumbprint)
    for address in keys:
        with suppress(NskeysError):
            place, name = installation.destinations.source(address)
            head = head_of(address, place.beginning(name, HEAD))
            head = head or head_of(address, place.beginning(name, LONGEST_HEAD))
            if head is not None and server_thumbprint(head.facts.server_public) == thumbprint:
                return head.facts.server_public
    return None
