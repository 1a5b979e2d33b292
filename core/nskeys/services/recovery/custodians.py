"""Custodians: a password that nobody knows, split into shares, and used only after every share was proven.

The identity under it is made with the split and waits in a folder of its own. It replaces the one before as
a recipient of backups when all its shares were typed in again from their sheets. A sheet that was never
copied, or copied wrongly, then costs a new split and no backup.
"""

from pathlib import Path

from nskeys.crypto.slip39 import check_split, combine, new_split_secret, split
from nskeys.errors import NoCustodians, PlanOutdated
from nskeys.model.audit import Action
from nskeys.model.custodians import (
    CheckReport,
    Custodians,
    ShareProgress,
    Shares,
    SheetFacts,
    Split,
    SplitPlan,
)
from nskeys.model.recovery import IdentityKind, RecoveryIdentity
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import Operation
from nskeys.services.copy_keys import make_copy_key
from nskeys.services.installation import Installation
from nskeys.services.passwords.shares import collect_shares, password_of
from nskeys.services.recovery.identities import (
    NewIdentity,
    make_identity,
    prove_identity,
    seen_recovery,
    set_recovery,
    told_number,
)
from nskeys.services.recovery.record import custodians_of, identity_file, known_recovery
from nskeys.services.recovery.sheet_files import check_folder
from nskeys.services.transaction import signed_changes

_KIND = IdentityKind.CUSTODIANS


class CustodiansService:
    """Shows, splits and checks. Shares are returned as values and kept nowhere."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def show(self) -> Custodians:
        """Return the custodians' identity in force and the one that waits. Raises RecoveryDamaged."""
        installation = self._installation
        installation.require()
        return custodians_of(known_recovery(installation))

    def sheets_folder(self, folder: str) -> Path:
        """Return the real path of a folder where sheets may be written. Raises SheetsRefused,
        CannotCreate."""
        return check_folder(folder, self._installation.home.path)

    # --- a split ----------------------------------------------------------------------------------------

    def plan(self, shares: int, threshold: int) -> SplitPlan:
        """Return what a split would do. Raises SplitRefused."""
        check_split(shares, threshold)
        installation = self._installation
        installation.require()
        recovery = known_recovery(installation)
        state = custodians_of(recovery)
        # No two sets of sheets have the same number.
        number = max(recovery.next_number(_KIND), told_number(installation, _KIND) + 1)
        return SplitPlan(
            number, shares, threshold, state.in_force, state.waiting, seen_recovery(installation)
        )

    def split(self, plan: SplitPlan, secrets: SecretProvider, progress: Progress | None = None) -> Split:
        """Make the password, its shares and the identity under it, which waits for `check`. The caller
        wipes the shares. Raises PlanOutdated, with nothing changed."""
        installation, progress = self._installation, progress or SilentProgress()
        others = [known.set_name for known in (plan.drops, plan.replaces) if known is not None]
        progress.stage(Stage.MAKING_IDENTITY)
        shares = Shares()
        try:
            with new_split_secret() as secret, password_of(secret) as password:
                shares.extend(split(secret, plan.shares, plan.threshold, others))
                combine(shares.held).wipe()  # all of them lie on one polynomial, or this raises
                set_name = shares.held[0].label.set_name
                wanted = NewIdentity(_KIND, plan.number, plan.shares, plan.threshold, set_name)
                made, file = make_identity(installation, wanted, password)
                progress.checkpoint()
                progress.stage(Stage.TRYING_IDENTITY)
                prove_identity(made, file, password, installation.identity_files.path_of(made.sha256))
            progress.checkpoint()
            progress.stage(Stage.UNLOCKING)
            self._keep_waiting(plan, made, file, secrets)
            return Split(self._facts(made), shares)
        except BaseException:
            shares.wipe()
            raise

    def _keep_waiting(
        self, plan: SplitPlan, made: RecoveryIdentity, file: bytes, secrets: SecretProvider
    ) -> None:
        installation = self._installation
        with signed_changes(installation, secrets, "splitting among custodians") as changes:
            if seen_recovery(installation) != plan.fingerprint:
                raise PlanOutdated(Operation.CUSTODIANS)
            event = installation.event(
                Action.CUSTODIANS_SPLIT,
                made.recipient,
                number=made.number,
                shares=made.shares,
                threshold=made.threshold,
            )
            waiting = known_recovery(installation)._replace(waiting=made)
            installation.identity_files.write(file)
            with changes.signed(event) as change:
                set_recovery(change, waiting, changes.server_key)

    def _facts(self, made: RecoveryIdentity) -> SheetFacts:
        return SheetFacts(
            server=self._installation.settings.read().server_name,
            cmdb_id=self._installation.cmdb.cmdb_id(),
            set_name=made.set_name,
            shares=made.shares,
            threshold=made.threshold,
            number=made.number,
            recipient=made.recipient,
            created=made.created,
        )

    # --- the proof --------------------------------------------------------------------------------------

    def check(self, secrets: SecretProvider, progress: Progress | None = None) -> CheckReport:
        """Ask for every share, and open the identity and a test file with every choice of as many as are
        needed; then put an identity that waits in force. Raises NoCustodians, ShareRefused,
        SharesIncomplete, SharesDisagree, IdentityNotProven, each with nothing changed."""
        installation, progress = self._installation, progress or SilentProgress()
        state = self.show()
        wanted = state.to_check
        if wanted is None:
            raise NoCustodians
        waits = state.waiting is not None
        file = identity_file(installation, wanted)
        gathered = ShareProgress(wanted.set_name, wanted.threshold, wanted.shares, every=True)
        with (
            collect_shares(str(wanted.number), gathered, secrets) as shares,
            combine(shares.held) as secret,
            password_of(secret) as password,
        ):
            progress.stage(Stage.TRYING_IDENTITY)
            prove_identity(wanted, file, password, installation.identity_files.path_of(wanted.sha256))
        progress.stage(Stage.UNLOCKING)
        self._believe(wanted, waits, secrets)
        return CheckReport(wanted, first=waits, replaced=state.in_force if waits else None)

    def _believe(self, proven: RecoveryIdentity, waits: bool, secrets: SecretProvider) -> None:
        installation = self._installation
        with signed_changes(installation, secrets, "checking the shares") as changes:
            if self.show().to_check != proven:
                raise PlanOutdated(Operation.CUSTODIANS)
            event = installation.event(
                Action.CUSTODIANS_CHECKED, proven.recipient, number=proven.number, shares=proven.shares
            )
            if waits:
                make_copy_key(installation, changes.keys)
            with changes.signed(event) as change:
                if waits:
                    in_force = known_recovery(installation).with_identity(proven)
                    set_recovery(change, in_force, changes.server_key)
