"""Whether the keys that are here open on this machine, as far as that can be told without a person."""

from dataclasses import dataclass

from nskeys.errors import KeyStoreUnreached
from nskeys.ports import KeyStore


@dataclass(frozen=True, slots=True)
class Binding:
    """Of a key store that asks nobody."""

    elsewhere: bool
    """It is bound to another machine."""
    unreached: str = ""
    """The reason's token where the TPM that it is bound to cannot be asked: it is away for now, or this is
    another machine."""

    @property
    def replaceable(self) -> bool:
        """Whether a restore may put the keys of a backup in its place; where it is `unreached`, only a
        person can say so."""
        return self.elsewhere or bool(self.unreached)


def binding(key_store: KeyStore) -> Binding:
    """It is tried. KeyStoreDamaged; ProtectorUnavailable where nothing speaks for another machine and it
    does not open now."""
    try:
        return Binding(key_store.elsewhere())
    except KeyStoreUnreached as error:
        return Binding(elsewhere=False, unreached=error.reason)
