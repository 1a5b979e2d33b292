"""What is asked of custodians."""

from dataclasses import dataclass

from nskeys.errors import ShareRefused
from nskeys.model.custodians import NOTHING_YET, ShareProgress
from nskeys.ports.interaction import SecretRequest


@dataclass(frozen=True, slots=True)
class ShareRequest(SecretRequest):
    """A request for one more custodian's share: which were given before, and why the last one was
    refused."""

    refused: ShareRefused | None = None
    gathered: ShareProgress = NOTHING_YET
