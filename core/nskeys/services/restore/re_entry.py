"""What must be re-entered. The list is never stored: a credential is on it for as long as it does not open
here, so re-entering its secret, or bringing its key back, takes it off (core/decisions/0011)."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

from nskeys.model.keys import Kid
from nskeys.model.plans import ProofReport
from nskeys.model.re_entry import ReEntry, ReEntryList
from nskeys.model.register import BackupCopy, CopyStatus, claiming
from nskeys.ports import Progress, SecretProvider, SilentProgress, Stage
from nskeys.reasons import FailureReason
from nskeys.services.credentials.verify import VerifyService
from nskeys.services.installation import Installation
from nskeys.services.register.service import RegisterService


class ReEntryService:
    """Lists the credentials that do not open; changes nothing."""

    def __init__(self, installation: Installation) -> None:
        self._installation = installation

    def collect(self, secrets: SecretProvider, progress: Progress | None = None) -> ReEntryList:
        """Try every credential with this server's keys, and look at every backup that might hold a missing
        one."""
        progress = progress or SilentProgress()
        proof = VerifyService(self._installation).execute(secrets, progress)
        copies = self._copies(proof, progress)
        return ReEntryList(
            server=self._installation.settings.read().server_name,
            items=tuple(_items(proof, copies)),
            opened=proof.opened,
            taken=self._installation.clock.now(),
            differences=proof.differences,
        )

    def without_done(self, known: ReEntryList, looked_after: Iterable[str]) -> ReEntryList:
        """Return the list without the credentials of these ids that were sealed anew or removed since."""
        before = {item.credential.credential_id: item.credential for item in known.items}
        done = set()
        with self._installation.cmdb.reading() as view:
            for credential_id in before.keys() & set(looked_after):
                stored, old = view.credential(credential_id), before[credential_id]
                now = None if stored is None else stored.credential
                if now is None or (now.kid, now.number) != (old.kid, old.number):
                    done.add(credential_id)
        kept = tuple(item for item in known.items if item.credential.credential_id not in done)
        return replace(known, items=kept, opened=known.opened + len(known.items) - len(kept))

    def _copies(self, proof: ProofReport, progress: Progress) -> Sequence[BackupCopy]:
        """Return the copies that may be worth fetching, best first. They are looked at, which can take
        long, only where a key is missing."""
        if all(item.failure is not FailureReason.KEY_MISSING for item in proof.failures):
            return ()
        progress.stage(Stage.LOOKING)
        kept = [copy for copy in RegisterService(self._installation).copies() if copy.retired is None]
        return sorted(kept, key=_worth, reverse=True)


def _items(proof: ProofReport, copies: Sequence[BackupCopy]) -> Iterable[ReEntry]:
    held: dict[Kid, BackupCopy] = {}
    for copy in copies:
        for kid in copy.backup.kids if copy.signed else ():
            held.setdefault(kid, copy)
    claimed: dict[Kid, BackupCopy | None] = {}
    for item in proof.failures:
        if item.failure is FailureReason.KEY_MISSING:
            kid = item.credential.kid
            known = held.get(kid)
            if (known is None or known.status is not CopyStatus.GOOD) and kid not in claimed:
                claimed[kid] = claiming(copies, kid)
            yield ReEntry(item.credential, item.failure, known, claimed.get(kid))
        elif item.failure is not None:
            yield ReEntry(item.credential, item.failure, None)


def _worth(copy: BackupCopy) -> tuple[bool, bool, int, int, str]:
    """Return the sort key: copies that count, then those that were seen whole, then the newer."""
    backup = copy.backup
    return (copy.counts, copy.status is CopyStatus.GOOD, backup.generation, copy.proof.rank, copy.address)
