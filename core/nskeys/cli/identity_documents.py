"""Recovery identities as one JSON document."""

from nskeys.cli.documents import Document, time
from nskeys.model.recovery import Recovery


def recovery_document(known: Recovery) -> Document:
    """Those in force, and those before them, the newest first."""
    return {
        "identities": [
            {
                "kind": one.kind.value,
                "number": one.number,
                "recipient": one.recipient,
                "created": time(one.created),
                "sha256": one.sha256,
                "shares": one.shares,
                "threshold": one.threshold,
                "weak_password": one.weak,
            }
            for one in known.identities
        ],
        "earlier": [
            {"kind": one.kind.value, "number": one.number, "recipient": one.recipient}
            for one in known.earlier
        ],
    }
