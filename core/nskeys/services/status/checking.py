"""The look at everything, which the timer takes each week: checkpoint, inventory, trail and every copy."""

from collections.abc import Callable
from dataclasses import dataclass

from nskeys.errors import Mismatch
from nskeys.model.inventory import KeyDifference
from nskeys.model.register import BackupCopy, CopyStatus
from nskeys.ports import Progress, SecretProvider
from nskeys.reasons import MismatchKind
from nskeys.services.checkpoint.looking import compare
from nskeys.services.checkpoint.witnesses import Heard, contradicted, hear_all
from nskeys.services.installation import Installation
from nskeys.services.inventory import differences_of
from nskeys.services.register.service import RegisterService
from nskeys.services.status.audit import AuditService, AuditVerdict
from nskeys.services.trail import broken_line, with_line
from nskeys.services.transaction import Extras


@dataclass(frozen=True, slots=True)
class CheckReport:
    """What a look at everything found."""

    copies: tuple[BackupCopy, ...]
    mismatches: tuple[Mismatch, ...]
    """What contradicts the checkpoint."""
    differences: tuple[KeyDifference, ...]
    """Keys whose credentials are not those of the inventory; every row was read."""
    trail: AuditVerdict

    @property
    def missed(self) -> tuple[BackupCopy, ...]:
        """The copies that are not where and what they should be."""
        return tuple(
            copy for copy in self.copies if copy.retired is None and copy.status is not CopyStatus.GOOD
        )

    @property
    def fits(self) -> bool:
        """Whether everything is what the server key signed."""
        return not (self.mismatches or self.differences) and self.trail.intact


class CheckService:
    """Looks at everything, and writes down that it did."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def execute(self, secrets: SecretProvider, progress: Progress | None = None) -> CheckReport:
        """Look at every copy, row and line; the results go into register and checkpoint, also beside what
        does not fit. Raises ChangeWaits where there is nothing to write them to."""
        look = _Look(self._installation)
        copies = RegisterService(self._installation).check(secrets, progress, look.take)
        return CheckReport(copies, look.mismatches, look.differences, look.trail)


class _Look:
    """Compares everything once the copies were looked at."""

    mismatches: tuple[Mismatch, ...]
    differences: tuple[KeyDifference, ...]
    trail: AuditVerdict

    def __init__(self, installation: Installation) -> None:
        self._installation = installation
        self._heard = Heard()

    def take(self) -> Callable[[], Extras]:
        """Look at everything, and return what says under the lock what goes into the checkpoint."""
        installation = self._installation
        self._heard = hear_all(installation)
        self.mismatches = compare(installation).mismatches
        with installation.cmdb.reading() as view:
            self.differences = differences_of(view, limit=None)
        self.trail = AuditService(installation).verify(self._heard)
        return self._found

    def _found(self) -> Extras:
        """Return what goes into the checkpoint with the results. What archives and lines say is compared
        with what is here now: a person may have accepted it meanwhile."""
        installation, told = self._installation, contradicted(self._installation, self._heard)
        if self.trail.broken_at is not None:
            with installation.cmdb.reading() as view:
                told = with_line(told, broken_line(view, installation.server_public(), limit=None))
        known = {one.what for one in self.mismatches}
        self.mismatches = (*self.mismatches, *(one for one in told if one.what not in known))
        count = len(self.mismatches) + len(self.differences)
        by_itself = any(one.what in _OF_THE_TRAIL for one in self.mismatches)
        count += not (self.trail.intact or by_itself)
        return Extras(findings=count, witnessed=told, generation=self._heard.generation)


_OF_THE_TRAIL = frozenset(
    {MismatchKind.AUDIT, MismatchKind.AUDIT_LINE, MismatchKind.WITNESS, MismatchKind.OTHER_TRAIL}
)
"""What a trail that is not intact is told by."""
