"""What changes in tests say of themselves."""

from datetime import datetime

from nskeys.model.audit import Action, AuditEvent
from tests.fakes.fixed import AFTERNOON, OPERATOR


def an_event(subject: str = "a test", moment: datetime = AFTERNOON) -> AuditEvent:
    """A change's own account of itself."""
    return AuditEvent(Action.CREDENTIAL_ADDED, subject, OPERATOR, moment, (("count", "1"),))
