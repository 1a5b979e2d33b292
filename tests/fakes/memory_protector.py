"""A protector that binds to a machine which the test can exchange."""

from nskeys.errors import KeyStoreDamaged, KeyStoreElsewhere
from nskeys.model.secret import SecretBytes
from nskeys.ports import SecretProvider, Wrapped
from nskeys.reasons import Problem


class MachineProtector:
    """ports.Protector; what one machine wrapped, another does not open (KeyStoreElsewhere)."""

    name = "machine"
    asks = False
    wants = None

    def __init__(self, machine: str = "old hardware") -> None:
        self.machine = machine

    def require(self) -> None:
        """It can always be used."""

    def wrap(self, kek: SecretBytes, store_id: str, secrets: SecretProvider) -> Wrapped:
        if len(kek) != 32:
            raise ValueError("a KEK is 32 bytes")
        return Wrapped({"machine": self.machine, "store": store_id, "kek": kek.reveal().hex()})

    def unwrap(self, wrapped: Wrapped, store_id: str, secrets: SecretProvider) -> SecretBytes:
        parameters = wrapped.parameters
        kek = parameters.get("kek")
        if parameters.get("store") != store_id or not isinstance(kek, str):
            raise KeyStoreDamaged("protector.json", Problem.PARAMETERS)
        if parameters.get("machine") != self.machine:
            raise KeyStoreElsewhere(self.name)
        return SecretBytes(bytes.fromhex(kek))

    def opens_with(self, wrapped: Wrapped, store_id: str, candidate: SecretBytes) -> bool:
        return False
