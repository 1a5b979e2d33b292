"""What one server key signed in the CMDB, signed anew by the next one.

Only what holds under the key before, in a register and a diary that fit its checkpoint, is signed again: a
row that somebody wrote into the database, or put back, counts for nothing before and after.
"""

from nskeys.crypto.signing import sign, verify
from nskeys.model.checkpoint import Checkpoint, hash_of
from nskeys.model.secret import SecretBytes
from nskeys.model.statements import StatementKind
from nskeys.ports import CmdbChange
from nskeys.services.register.signed_rows import sign_again
from nskeys.services.settling import diary_hashes, register_hashes
from nskeys.services.trail import ACCEPTED

_LABELS = frozenset({*StatementKind, ACCEPTED})
"""What a statement may be signed as. A row with another label, which anybody may have put there, is never
signed: it could be an older checkpoint."""


def sign_history_again(
    change: CmdbChange, before: bytes, checkpoint: Checkpoint, server_key: SecretBytes
) -> None:
    """Sign register, diary and statements anew, as far as the owner of `before` signed them and they are
    those of its `checkpoint`."""
    if hash_of(register_hashes(change)) == checkpoint.register:
        sign_again(change, before, server_key)
    if hash_of(diary_hashes(change)) == checkpoint.diary:
        for line in change.drill_rows():
            document = line.text.encode("utf-8")
            if line.signature is not None and verify(before, "drill", document, line.signature):
                change.resign_drill(line.number, sign(server_key, "drill", document))
    for row in change.statements():
        document = row.text.encode("utf-8")
        if row.label in _LABELS and verify(before, row.label, document, row.signature):
            change.resign_statement(row.number, sign(server_key, row.label, document))
