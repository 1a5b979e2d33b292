"""One credential as JSON, with the copies that it would come back from; a contract as `documents`."""

from nskeys.cli.documents import Document, credential, time
from nskeys.model.credentials import Credential
from nskeys.model.recoverability import CredentialCoverage


def credential_document(item: Credential, coverage: CredentialCoverage) -> Document:
    """`credential show`: the item of the list, and where it would come back from, best proof first."""
    return {
        **credential(item, coverage.state),
        "exposed_since": time(coverage.exposed_since),
        "copies": [
            {
                "path": claim.copy.address,
                "generation": claim.copy.backup.generation,
                "location": claim.copy.where.location.value,
                "proof": claim.proof.value,
                "proven": time(claim.moment),
                "looked": time(claim.copy.look_moment),
            }
            for claim in coverage.copies
        ],
    }
