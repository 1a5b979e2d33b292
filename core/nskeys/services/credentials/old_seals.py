"""Opens the seal that a change is about to replace or remove, so that nobody's writing is signed away.

What something else than nskeys did to a row stays in the inventory as a difference; taking the row itself
away would leave nothing to look at. A row that does not open may go only where the signed inventory has it
exactly as it is: a person accepted it, or it was like this before there was an inventory.
"""

from nskeys.crypto.inventory import RowSums
from nskeys.crypto.sealing import Sealer
from nskeys.errors import CredentialWaits, NoSuchKey
from nskeys.model.credentials import SealedCredential, UnreadableCredential
from nskeys.model.inventory import ROW_SUM_MASK, compare
from nskeys.model.keys import Kid
from nskeys.ports import CmdbView, OpenKeyStore

_PAGE = 5_000


class OldSeals:
    """The seals of the rows that one change edits or removes."""

    def __init__(self, view: CmdbView, keys: OpenKeyStore) -> None:
        self._view = view
        self._keys = keys
        self._sealers: dict[Kid, Sealer | None] = {}
        self._counted: dict[Kid, bool] = {}

    def require(self, stored: SealedCredential) -> None:
        """Raise CredentialWaits where the row's key is here and does not open it, unless it is as the
        inventory counts it. A row whose key is not here cannot be told apart from what was sealed."""
        credential = stored.credential
        unreadable = isinstance(credential, UnreadableCredential)
        kid = credential.key if isinstance(credential, UnreadableCredential) else credential.kid
        sealer = None if kid is None else self._sealer(kid)
        if kid is None or sealer is None or (not unreadable and sealer.opens(stored)):
            return
        if not self._is_counted(kid):
            kind, _, name = credential.reference.partition("/")
            raise CredentialWaits(credential.credential_id, kind, name)

    def _sealer(self, kid: Kid) -> Sealer | None:
        """Return what opens rows of a key; None where it is not here."""
        if kid not in self._sealers:
            try:
                with self._keys.key(kid) as material:
                    self._sealers[kid] = Sealer(self._view.cmdb_id, kid, material)
            except NoSuchKey:
                self._sealers[kid] = None
        return self._sealers[kid]

    def _is_counted(self, kid: Kid) -> bool:
        """Return whether all rows of a key are those of the inventory. Earlier rows of this change do not
        matter: the inventory follows them by differences."""
        if kid not in self._counted:
            view, sums, row_sum, after = self._view, RowSums(self._view.cmdb_id, kid), 0, ""
            while rows := view.sealed_rows(kid, after, _PAGE):
                row_sum, after = row_sum + sums.of(rows), rows[-1][0]
            known = [one for one in view.inventory() if one[0] == kid]
            off = compare(known, view.tallies(), {kid: row_sum & ROW_SUM_MASK})
            self._counted[kid] = bool(known) and not off
        return self._counted[kid]
